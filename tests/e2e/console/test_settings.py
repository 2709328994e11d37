"""The settings in a browser: axe finds nothing on any of their pages, nothing is wider than a phone; / leads to the search."""

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.database.tenancy import use_store
from app.demo.accounts import seed_accounts
from app.stores.service import change_setting
from tests.conftest import NOW, TestStore
from tests.e2e.conftest import context_at, violations
from tests.e2e.console.coming_in import come_in
from tests.looks import in_each_look
from tests.shop import open_checkout

GUESTS = {"key": "guests", "title": {"en": "Guests", "fa": "مهمان‌ها"}, "kind": "guest"}
PAGES = (
    "",
    "?q=a",
    "/cart",
    "/messages?level=segment:guests",
    "/checkout",
    "/prices",
    "/segments",
    "/seller",
    "/history",
)


@pytest.fixture
def furnished(app: Flask, store: TestStore) -> None:
    """A store with staff, terms, a segment, and something in its history."""
    with app.app_context(), use_store(store.id):
        seed_accounts(NOW)
        open_checkout(further_currencies=["IRR"], segments=[GUESTS])
        change_setting(key="salvage_days", value=9, actor="operator:test", now=NOW)


def sound(page: Page) -> None:
    """axe finds nothing, and the page is no wider than a phone."""
    assert violations(page) == [], page.url
    before = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    assert before
    page.set_viewport_size(before)


@in_each_look
def test_every_page_is_sound(browser: Browser, site: str, furnished: None, language: str, scheme: str) -> None:
    with context_at(browser, site, color_scheme=scheme, viewport={"width": 1280, "height": 800}) as page:
        come_in(page, language=language)
        page.goto("/console/store")
        sound(page)
        for path in PAGES:
            page.goto(f"/console/settings{path}")
            sound(page)
        page.goto("/console/settings/recovery")
        page.keyboard.press("/")
        expect(page.locator("#q")).to_be_focused()
        page.locator("#salvage_days").fill("many")
        page.locator("form .savebar .btn-primary").click()
        expect(page.locator(".problems")).to_be_focused()
        sound(page)
        page.locator("#salvage_days").fill("5")
        page.locator("form .savebar .btn-primary").click()
        expect(page.locator("#why")).to_be_visible()
        sound(page)
        page.locator("#why").fill("Because")
        page.locator(".savebar .btn-primary").click()
        expect(page.locator(".kept")).to_be_visible()
        sound(page)
