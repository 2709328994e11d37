"""The overview: what messages add first, no range before there are carts enough, every figure with its table."""

from datetime import timedelta

import pytest
from flask import Flask, current_app

from app.console import overview
from app.database.tenancy import use_store
from app.demo.accounts import DEMO_ACCOUNTS, PASSWORD
from app.recovery.uplift import Difference, Verdict
from tests import measuring
from tests.conftest import TestStore
from tests.factories import make_customer
from tests.web.accounts.visitor import Visitor

EMAILS = {account.role: account.email for account in DEMO_ACCOUNTS}


def at_work(app: Flask, store: TestStore, role: str) -> Visitor:
    visitor = Visitor(app, store)
    assert visitor.sign_in_to_console(EMAILS[role], PASSWORD).status_code == 303
    return visitor


@pytest.fixture
def abandoned(app: Flask, staffed: TestStore) -> None:
    with app.app_context(), use_store(staffed.id):
        campaign, now = measuring.make_campaign(), current_app.config["CLOCK"].now()
        for number in range(3):
            customer = make_customer(f"shopper{number}@example.com")
            measuring.make_episode(customer, campaign_id=campaign, opened_at=now - timedelta(days=number + 1))


def test_an_empty_store_gets_steps_not_zeros(app: Flask, staffed: TestStore) -> None:
    page = at_work(app, staffed, "owner").get("/console").text
    assert "Three steps to the first recovered cart" in page
    assert '<svg class="chart' not in page


@pytest.mark.parametrize("language", ["en", "fa"])
def test_carts_that_were_left_are_shown(app: Flask, staffed: TestStore, abandoned: None, language: str) -> None:
    analyst = at_work(app, staffed, "analyst")
    for days in ("7", "28", "90", "nonsense"):
        page = analyst.get(f"/console?days={days}&lang={language}").text
        assert '<svg class="chart"' in page
        assert "shopper0@example.com" not in page
    if language == "en":
        assert "Not enough carts yet for a range" in page
        assert "Just left" in page
        assert page.count("€50.00") >= 3, "each day's value in the table"


def test_a_seller_sees_none_of_it(app: Flask, staffed: TestStore, abandoned: None) -> None:
    page = at_work(app, staffed, "seller").get("/console").text
    assert "What messages added" not in page
    assert "Why they left" not in page


@pytest.mark.parametrize("verdict", [one for one in Verdict if one is not Verdict.TOO_LITTLE])
def test_every_verdict_has_its_words_and_its_picture(app: Flask, staffed: TestStore, verdict: Verdict) -> None:
    with app.test_request_context(base_url=f"http://{staffed.host}"), use_store(staffed.id):
        app.preprocess_request()
        added = overview._added(Difference(41.0, -2.0, 84.0, verdict, 900, 200), 500, "EUR", "en")
    assert (added.total, added.low, added.high) == ("€205.00", "-€10.00", "€420.00")
    assert added.verdict
    assert added.picture is not None
    assert "Between" in added.picture
