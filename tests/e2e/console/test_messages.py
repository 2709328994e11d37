"""Carts, templates, the list of who is not written to, and a campaign's review in a browser: axe finds nothing, keys work, so does no script."""

import re
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect
from sqlalchemy import text

from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.demo.accounts import seed_accounts
from app.recovery import campaigns, suppression
from app.recovery.links import make_links
from app.recovery.values import SuppressionReason
from tests.conftest import NOW, TestStore
from tests.e2e.conftest import context_at, violations
from tests.e2e.console.coming_in import come_in
from tests.recovering import consents, make_message
from tests.web.console.messages.conftest import decide
from tests.web.console.test_console_carts import abandoned, filled


@pytest.fixture
def pages(app: Flask, store: TestStore) -> dict[str, str]:
    """The addresses of the pages, with something on each."""
    with app.app_context(), use_store(store.id):
        seed_accounts(NOW)
        draft = campaigns.create_from_preset("cart_reminder", actor="test", now=NOW)
        customer, cart_id = filled()
        consents(customer, "email")
        abandoned(customer, cart_id)
        with transaction() as session:
            episode = session.execute(text("SELECT id FROM episodes")).scalar_one()
        sent, not_sent = make_message(episode, customer), make_message(episode, customer, state="scheduled", step=2)
        decide(sent, "send", "all_clear")
        decide(not_sent, "end", "no_consent", consent=None)
        make_links(sent, NOW)
        abandoned(*filled("leila@example.com"))
        suppression.suppress("email", "roya@example.com", SuppressionReason.BOUNCED, now=NOW)
    return {
        "list": "/console/carts?consent=yes",
        "cart": f"/console/carts/{cart_id}",
        "templates": "/console/templates",
        "template": f"/console/templates/{draft}/steps/2",
        "suppressions": "/console/suppressions",
        "review": f"/console/campaigns/{draft}/review",
    }


@pytest.mark.parametrize(
    ("language", "scheme", "width"), [("en", "light", 1280), ("fa", "dark", 390)], ids=["en-light", "fa-dark"]
)
def test_axe_finds_nothing_and_nothing_overflows(
    browser: Browser, site: str, pages: dict[str, str], language: str, scheme: Any, width: int
) -> None:
    with context_at(browser, site, color_scheme=scheme, viewport={"width": width, "height": 900}) as page:
        come_in(page, "admin")
        for name, address in pages.items():
            page.goto(f"{address}{'&' if '?' in address else '?'}lang={language}")
            page.evaluate("document.querySelectorAll('main details:not(.menu)').forEach(one => one.open = true)")
            page.evaluate(
                "document.querySelectorAll('iframe').forEach(one => one.remove())"
            )  # axe cannot look into them
            assert violations(page) == [], name
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_what_is_typed_is_seen_by_itself(browser: Browser, site: str, pages: dict[str, str]) -> None:
    with context_at(browser, site, viewport={"width": 1280, "height": 900}) as page:
        come_in(page, "admin")
        page.goto(f"{pages['template']}?lang=en")
        page.locator("#lead-en").fill("A brand new beginning")
        frame = page.frame_locator("iframe[name^='preview-en-']:not(.is-coming)")
        expect(frame.get_by_text("A brand new beginning")).to_be_visible()
        page.locator("#lead-en").fill("{{ first_itme }}")
        expect(frame.get_by_text("Did you mean first_item?")).to_be_visible()


def test_without_script_a_button_shows_it(browser: Browser, site: str, pages: dict[str, str]) -> None:
    with context_at(browser, site, java_script_enabled=False, viewport={"width": 1280, "height": 900}) as page:
        come_in(page, "admin")
        page.goto(f"{pages['template']}?lang=en")
        page.locator("#heading-en").fill("A brand new heading")
        page.get_by_role("button", name=re.compile("^Preview – English")).click()
        expect(page.frame_locator("iframe[name='preview-en']").get_by_text("A brand new heading")).to_be_visible()
        page.locator(".savebar button").click()
        expect(page.get_by_role("status")).to_contain_text("Saved in the draft.")


def test_keys_go_through_the_list(browser: Browser, site: str, pages: dict[str, str]) -> None:
    with context_at(browser, site, viewport={"width": 1280, "height": 900}) as page:
        come_in(page, "admin")
        page.goto("/console/carts?lang=en")
        rows = page.locator("tbody tr")
        rows.nth(0).locator("a").focus()
        page.keyboard.press("j")
        expect(rows.nth(1).locator("a")).to_be_focused()
        page.keyboard.press("x")
        expect(rows.nth(1).locator("[type=checkbox]")).to_be_checked()
        page.keyboard.press("k")
        page.keyboard.press("Enter")
        page.wait_for_url("**/console/carts/*")
