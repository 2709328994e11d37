"""Addresses that lead somewhere: with a slash too many, and from the page that answers a form."""

import re
from html import unescape

import pytest
from flask import Flask

from app.web import addresses
from tests.conftest import TestStore, browser_at
from tests.web.accounts.visitor import Visitor


def other_language(page: str) -> str:
    """Where the link to the other language leads."""
    found = re.search(r'href="([^"]+)" lang="fa" hreflang="fa"', page)
    assert found
    return unescape(found[1])


@pytest.mark.parametrize(
    ("typed", "leads_to"),
    [("/console/", "/console"), ("/cart/?a=b%20c&d", "/cart?a=b%20c&d"), ("/console/carts/", "/console/carts")],
    ids=["console", "query", "room"],
)
def test_a_slash_at_the_end_is_forgiven(app: Flask, store: TestStore, typed: str, leads_to: str) -> None:
    answer = browser_at(app, store).get(typed)
    assert (answer.status_code, answer.location) == (308, leads_to)


@pytest.mark.parametrize("typed", ["/nowhere/", "/%5Cexample.com/", "/console/sign-out/"])
def test_it_leads_nowhere_else(app: Flask, store: TestStore, typed: str) -> None:
    answer = browser_at(app, store).get(typed)
    assert answer.status_code in (404, 405) or answer.location.startswith(f"http://{store.host}/"), answer.location


def test_forms_keep_their_address(app: Flask, store: TestStore) -> None:
    assert Visitor(app, store).post("/account/sign-in/").status_code == 404


@pytest.mark.parametrize(
    ("path", "came_from", "leads_to"),
    [
        ("/account/sign-in", "/cart", ("/account/sign-in", "")),
        ("/console/campaigns/7/steps/1", "/console/campaigns/7?step=1", ("/console/campaigns/7", "step=1")),
        ("/console/campaigns/7/steps/1", "https://elsewhere.example/cart", ("/console/campaigns/7", "")),
        ("/console/campaigns/7/steps/1", None, ("/console/campaigns/7", "")),
        ("/console/sign-out", "/console/campaigns/7/steps/1", ("/console", "")),
    ],
    ids=["its own", "where it was filled in", "foreign", "above", "an answer, too"],
)
def test_an_answer_to_a_form_leads_to_a_page(
    app: Flask, store: TestStore, path: str, came_from: str | None, leads_to: tuple[str, str]
) -> None:
    origin = f"http://{store.host}"
    headers = {"Referer": came_from if came_from.startswith("https") else origin + came_from} if came_from else {}
    with app.test_request_context(path, base_url=origin, method="POST", headers=headers):
        assert addresses.readable() == leads_to


def test_the_link_to_the_other_language_leads_there(app: Flask, store: TestStore) -> None:
    page = Visitor(app, store).post("/account/sign-in", {"email": "nobody@example.com", "password": "x"})
    assert page.status_code == 422
    assert other_language(page.text) == "/account/sign-in?lang=fa"
