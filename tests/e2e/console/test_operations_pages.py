"""Jobs, review and integrations in a real browser: nothing for axe to find, keys that decide and can be switched off."""

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from app.database.tenancy import use_store
from app.demo.accounts import seed_accounts
from app.webhooks import publishing
from tests.conftest import NOW, TestStore
from tests.e2e.conftest import context_at, violations
from tests.e2e.console.coming_in import come_in
from tests.hearing import deliver, receiving, tell
from tests.integration.orders.test_reviewing import hold
from tests.looks import in_each_look

PATHS = (
    "/console/jobs",
    "/console/jobs/recovery.salvage",
    "/console/integrations",
    "/console/integrations/webhooks/new",
)


@pytest.fixture
def busy(app: Flask, store: TestStore, monkeypatch: pytest.MonkeyPatch) -> str:
    """Staff, two held orders, and an endpoint that failed; where that is in the console."""
    monkeypatch.setattr(publishing, "_wake", None)
    with app.app_context(), use_store(store.id):
        seed_accounts(NOW)
        hold("shirin@example.com"), hold("leila@example.com")
        with receiving() as receiver:
            receiver.server.fault = "500"
            tell()
            deliver()
        return f"/console/integrations/webhooks/{receiver.endpoint_id}"


@in_each_look
def test_axe_finds_nothing(browser: Browser, site: str, busy: str, language: str, scheme: str) -> None:
    with context_at(browser, site, color_scheme=scheme, viewport={"width": 1280, "height": 1600}) as page:
        come_in(page, language=language)
        for path in (*PATHS, busy, "/console/review"):
            page.goto(path)
            assert violations(page) == [], path


def test_keys_decide_unless_they_are_switched_off(browser: Browser, site: str, busy: str) -> None:
    with context_at(browser, site, viewport={"width": 390, "height": 800}) as page:
        come_in(page)
        page.goto("/console/review")
        switch = page.locator("[data-keys]")
        switch.click()
        expect(switch).to_have_attribute("aria-pressed", "false")
        page.keyboard.press("b")
        expect(page.locator("#cause-block")).not_to_be_visible()
        switch.click()
        page.keyboard.press("b")
        expect(page.locator("#cause-block")).to_be_focused()
        page.locator("#cause-block").select_option("robot")
        page.locator("details[open] button").click()
        expect(page.locator(".reminded")).to_contain_text("Blocked")
        expect(page.locator("#order")).to_have_text("Order 1002")
        page.locator(".reminded button").click()
        expect(page.locator(".flag-ok")).to_contain_text("Undone.")


def test_the_changing_part_is_refreshed(browser: Browser, site: str, busy: str) -> None:
    with context_at(browser, site, viewport={"width": 1280, "height": 900}) as page:
        page.clock.install()
        come_in(page)
        page.goto("/console/jobs")
        page.evaluate("document.querySelector('#tasks').textContent = 'Old'")
        page.clock.run_for(16_000)
        expect(page.locator("#tasks")).to_have_text("Tasks")
