"""The overview in a browser: nothing for axe to find, followed by the second, paused on wish, complete without JavaScript."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, current_app
from playwright.sync_api import Browser, Page, expect

from app.config import Config
from app.database.tenancy import use_store
from app.demo.accounts import DEMO_ACCOUNTS, PASSWORD, seed_accounts
from app.recovery import revenue
from app.web.live import publish_staff
from tests import measuring
from tests.conftest import NOW, TestStore
from tests.e2e.conftest import context_at, violations, web_server
from tests.factories import make_customer
from tests.live import LiveServer, live_server

ANALYST = next(account.email for account in DEMO_ACCOUNTS if account.role == "analyst")


@pytest.fixture(scope="session")
def staff_live(app: Flask, config: Config, tmp_path_factory: Any) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("staff-live") / "log") as server:
        yield server


@pytest.fixture(scope="session")
def staff_port(app: Flask, config: Config, staff_live: LiveServer, tmp_path_factory: Any) -> Iterator[int]:
    log = tmp_path_factory.mktemp("staff-web") / "log"
    yield from web_server(log, LIVE_URL=f"http://{{host}}:{staff_live.port}/live")


@pytest.fixture
def at_work(app: Flask, store: TestStore, staff_port: int) -> str:
    """The address of a store in which two carts were left, one in each campaign's arm."""
    with app.app_context(), use_store(store.id):
        seed_accounts(NOW)
        campaign, now = measuring.make_campaign(), current_app.config["CLOCK"].now()
        for number in range(2):
            customer = make_customer(f"left{number}@example.com")
            measuring.make_episode(customer, campaign_id=campaign, opened_at=now - timedelta(days=number, minutes=5))
    return f"http://{store.host}:{staff_port}"


def sign_in(page: Page) -> None:
    page.goto("/console/sign-in")
    page.locator("input[type=email]").fill(ANALYST)
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("input[type=password]").press("Enter")
    page.wait_for_url("**/console")


@pytest.mark.parametrize(
    ("language", "scheme", "width"), [("en", "light", 1280), ("fa", "dark", 390)], ids=["en-light", "fa-dark"]
)
def test_axe_finds_nothing_and_nothing_overflows(
    browser: Browser, at_work: str, language: str, scheme: Any, width: int
) -> None:
    with context_at(browser, at_work, color_scheme=scheme, viewport={"width": width, "height": 900}) as page:
        sign_in(page)
        page.goto(f"/console?lang={language}")
        page.locator("summary", has_text="How this is measured" if language == "en" else "چگونه").click()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_happens_is_seen_and_pause_holds_it(app: Flask, browser: Browser, store: TestStore, at_work: str) -> None:
    with context_at(browser, at_work, viewport={"width": 1280, "height": 900}) as page:
        sign_in(page)
        expect(page.locator("#live-state")).to_have_text("Live")
        expect(page.locator("#live-refresh")).to_be_hidden()
        order(app, store, 4_200)
        expect(page.locator("#feed")).to_contain_text("€42.00")
        page.get_by_role("button", name="Pause").click()
        expect(page.locator("#live-state")).to_contain_text("Paused, ")
        order(app, store, 5_300)
        fresh = page.locator("#feed-new")
        expect(fresh).to_have_text("1 new")
        expect(page.locator("#feed")).not_to_contain_text("€53.00")
        fresh.click()
        expect(page.locator("#feed")).to_contain_text("€53.00")
        expect(page.locator("#feed")).to_be_focused()
        page.get_by_role("button", name="Pause").click()
        expect(page.locator("#live-state")).to_have_text("Live")


def test_it_is_complete_without_javascript(browser: Browser, at_work: str) -> None:
    with context_at(browser, at_work, java_script_enabled=False) as page:
        sign_in(page)
        expect(page.locator("#live-pause")).to_be_hidden()
        page.get_by_role("link", name="Refresh").click()
        page.get_by_role("link", name="7 days").click()
        expect(page.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "true")
        page.locator("summary", has_text="As a table").click()
        expect(page.get_by_role("table", name="Funnel")).to_contain_text("Cart filled")
        page.locator(".reasons a").first.click()
        expect(page.get_by_text("Only: Just left.")).to_be_visible()


def order(app: Flask, store: TestStore, total: int) -> None:
    """Somebody orders, and staff are told."""
    with app.app_context(), use_store(store.id):
        now = current_app.config["CLOCK"].now()
        revenue.credit(measuring.make_order(make_customer(f"o{total}@example.com"), total, at=now))
        publish_staff()
