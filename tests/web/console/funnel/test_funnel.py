"""The funnel looked at closely: of some carts only, with the same carts behind every number."""

import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import text

from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.recovery import funnels
from app.recovery.rollups import rolling
from app.stores import directory
from tests.conftest import TestStore
from tests.web.console.overview.test_overview import abandoned, at_work

__all__ = ["abandoned"]


@pytest.fixture
def mixed(app: Flask, staffed: TestStore, abandoned: None) -> None:
    """Of the three who left a cart one reads Persian, and one has an account."""
    with app.app_context(), use_store(staffed.id), transaction() as session:
        session.execute(text("UPDATE customers SET locale = 'fa' WHERE email = 'shopper0@example.com'"))
        session.execute(text("UPDATE customers SET password_hash = 'x' WHERE email = 'shopper1@example.com'"))


def numbers(page: str) -> list[str]:
    return re.findall(r'data-label="Carts">([0-9,]+)<', page)


@pytest.mark.parametrize(
    ("asked", "carts"),
    [
        ("", ["4", "3", "2", "2"]),
        ("&language=fa", ["1", "0", "0", "0"]),
        ("&language=en", ["3", "3", "2", "2"]),
        ("&account=yes", ["1", "1", "0", "0"]),
        ("&account=no&language=en", ["2", "2", "2", "2"]),
        ("&currency=EUR", ["4", "3", "2", "2"]),
        ("&language=xx&account=maybe&currency=ZZZ", ["4", "3", "2", "2"]),
    ],
    ids=["everybody", "persian", "english", "account", "both", "currency", "nonsense"],
)
def test_of_whom(app: Flask, staffed: TestStore, mixed: None, asked: str, carts: list[str]) -> None:
    assert numbers(at_work(app, staffed, "analyst").get(f"/console/funnel?days=28{asked}").text) == carts


def test_numbers_lead_to_these_carts(app: Flask, staffed: TestStore, mixed: None) -> None:
    analyst = at_work(app, staffed, "analyst")
    page = analyst.get("/console/funnel?days=7&account=yes").text
    links = [unescape(link) for link in re.findall(r'href="(/console/carts\?[^"]+)"', page)]
    assert links
    for link in links:
        assert "account=yes" in link
        assert "reached=checkout" in link
        assert analyst.get(link).text.count('<td class="r num">') == 1, link


def test_everybody_is_told_from_the_sums_too(app: Flask, staffed: TestStore, mixed: None) -> None:
    with app.app_context(), use_store(staffed.id):
        rolling.roll(directory.get(staffed.id), app.config["CLOCK"].now())
    analyst = at_work(app, staffed, "analyst")
    for asked in ("?days=90", "?days=28&currency=EUR"):
        assert numbers(analyst.get(f"/console/funnel{asked}").text) == ["4", "3", "2", "2"]


def test_of_some_no_further_back_than_rows_are_read(
    app: Flask, staffed: TestStore, mixed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyst = at_work(app, staffed, "analyst")
    page = analyst.get("/console/funnel?days=90&language=en").text
    assert "only the last 28 days" in page
    assert re.search(r"days=28[^>]*aria-current", page)
    monkeypatch.setattr(funnels, "CARTS_AT_MOST", 1)
    page = analyst.get("/console/funnel?days=28&language=en").text
    assert "only those since" in page
    assert numbers(page)[0] == "2", "the two newest; one of them reads Persian, and one ordered straight away"


def test_it_is_not_for_sellers(app: Flask, staffed: TestStore) -> None:
    assert at_work(app, staffed, "seller").get("/console/funnel").status_code == 403


def test_in_persian_without_anything(app: Flask, staffed: TestStore) -> None:
    page = at_work(app, staffed, "analyst").get("/console/funnel?lang=fa").text
    assert "قیف خرید" in page
    assert numbers(page.replace('data-label="سبدها"', 'data-label="Carts"').replace("۰", "0")) == ["0"] * 4
