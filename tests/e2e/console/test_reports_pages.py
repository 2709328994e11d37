"""Reports and exports in a real browser: axe, the width of a phone, and a file made without JavaScript."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, current_app
from playwright.sync_api import Browser, expect

from app.database.tenancy import use_store
from app.demo.accounts import seed_accounts
from app.recovery import revenue
from tests import measuring
from tests.conftest import NOW, TestStore
from tests.e2e.conftest import context_at, violations
from tests.e2e.console.coming_in import come_in
from tests.factories import make_customer
from tests.looks import in_each_window

PAGES = [
    "/console/reports", "/console/reports?by=day", "/console/reports?by=product", "/console/exports",
    "/console/funnel?language=en",
    "/console/exports/new?of=report&by=day",
]  # fmt: skip


@pytest.fixture
def sold(app: Flask, store: TestStore) -> None:
    """A store where messages brought some orders."""
    with app.app_context(), use_store(store.id):
        seed_accounts(NOW)
        campaign, now = measuring.make_campaign(), current_app.config["CLOCK"].now()
        for at in range(4):
            customer, moment = make_customer(f"shopper{at}@example.com"), now - timedelta(days=at + 1)
            episode = measuring.make_episode(customer, campaign_id=campaign, opened_at=moment - timedelta(hours=5))
            message = measuring.make_message(episode, customer, at=moment - timedelta(hours=4))
            measuring.happen(message, "clicked", moment - timedelta(hours=2))
            order = measuring.make_order(customer, 7_003, at=moment)
            measuring.close_episode(episode, "recovered", moment, order)
            revenue.credit(order)


@in_each_window
def test_pages_are_sound(browser: Browser, site: str, sold: None, language: str, options: dict[str, Any]) -> None:
    with context_at(browser, site, **options) as page:
        come_in(page, "analyst", language)
        for path in PAGES:
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == 200, path
            assert violations(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_a_file_is_made_without_javascript(browser: Browser, site: str, sold: None) -> None:
    with context_at(browser, site, java_script_enabled=False) as page:
        come_in(page, "analyst")
        page.goto("/console/reports?by=day")
        page.get_by_role("link", name="Export", exact=True).click()
        page.locator("#why").fill("For the meeting")
        page.get_by_role("button", name="Make the file").click()
        expect(page.get_by_text("rows, for: ")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="Download the CSV file").click()
        assert download.value.suggested_filename.endswith(".csv")
