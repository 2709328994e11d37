"""Every page that links in messages lead to, in both languages, both themes, on a phone and at a desk; axe finds nothing.

SHOTS=<folder> keeps a picture of each.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from app.cart.state import Pane
from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.ids import CustomerId
from app.recovery.links import make_links
from app.recovery.message_models import LinkRow
from tests.conftest import TestStore
from tests.e2e.conftest import context_at, violations
from tests.factories import MadeProduct, hide, make_customer, make_product, set_stock
from tests.ordering import put
from tests.recovering import close_episode, consents, make_episode, make_message, message_of, path_of
from tests.shop import open_checkout

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
LOOKS = [
    (locale, theme, width)
    for locale in ("en", "fa")
    for theme in ("light", "dark")
    for width in (390, 1280)
    if os.environ.get("SHOTS") or (theme == "dark") == ((locale == "fa") == (width == 390))
]


class Written:
    """Somebody who left things behind and was written to."""

    def __init__(self, app: Flask, store: TestStore) -> None:
        self.app, self.store, now = app, store, datetime.now(UTC)
        with app.app_context(), use_store(store.id):
            open_checkout()
            self.customer_id: CustomerId = make_customer()
            self.products: list[MadeProduct] = [
                make_product("Wool throw with a long name that does not fit", price=5900),
                make_product("Kettle", price=6400, fa="کتری"),
                make_product("Walnut serving board", price=7900, fa="تختهٔ سرو گردو"),
            ]
            put(self.customer_id, self.products[0].variant_id, 2)
            put(self.customer_id, self.products[1].variant_id)
            put(self.customer_id, self.products[2].variant_id, 1, Pane.NEXT_PURCHASE)
            consents(self.customer_id, "email", now=now - timedelta(days=9))
            self.episode_id = make_episode(self.customer_id, left=now - timedelta(days=2))
            self.message_id: UUID = make_message(self.episode_id, self.customer_id, sent_at=now - timedelta(days=1))
            links = make_links(self.message_id, now)
        self.recover, self.preferences = path_of(links.recover), path_of(links.preferences)

    def inside(self, do: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Do something in the store."""
        with self.app.app_context(), use_store(self.store.id):
            return do(*args, **kwargs)

    def expire(self) -> None:
        """Have the link be too old."""
        with self.app.app_context(), use_store(self.store.id), transaction() as session:
            session.execute(update(LinkRow).values(expires_at=datetime.now(UTC) - timedelta(minutes=1)))


@pytest.fixture
def written(app: Flask, store: TestStore) -> Written:
    return Written(app, store)


def prepared(written: Written, state: str) -> str:
    """Bring the link into a state; the path to look at."""
    match state:
        case "used":
            written.inside(close_episode, written.episode_id, "recovered")
        case "expired":
            written.expire()
        case "sent":
            written.expire()
            return f"{written.recover}?sent=1"
        case "unknown":
            return "/r/AAAAAAAAAAAAAAAAAAAAAA"
        case "sold_out":
            written.inside(set_stock, written.products[0], 0)
            written.inside(hide, written.products[1])
        case "gone":
            for product in written.products:
                written.inside(hide, product)
        case "stop":
            return written.preferences
        case "choices":
            return f"{written.preferences}/choices"
    return written.recover


@pytest.mark.parametrize(
    "state", ["open", "used", "expired", "sent", "unknown", "sold_out", "gone", "stop", "choices"]
)  # fmt: skip
def test_how_they_look(browser: Browser, site: str, written: Written, state: str) -> None:
    path = prepared(written, state)
    for locale, theme, width in LOOKS:
        looks: dict[str, Any] = {"color_scheme": theme, "viewport": {"width": width, "height": 844}, "locale": locale}
        with context_at(browser, site, user_agent=FIREFOX, **looks) as page:
            page.goto(path)
            look(page, f"{state}-{locale}-{theme}-{width}")


def look(page: Page, name: str) -> None:
    """axe finds nothing, nothing scrolls sideways; keep a picture if pictures are wanted."""
    assert violations(page) == [], name
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=str(Path(folder, f"{name}.png")), full_page=True)


def test_a_phone_brings_the_cart_back_and_takes_it_back(
    browser: Browser, site: str, written: Written, javascript: bool
) -> None:
    with context_at(browser, site, java_script_enabled=javascript, user_agent=FIREFOX, locale="en") as page:
        page.goto(f"/products/{written.products[2].handle}")
        page.locator("form button[value=active]").first.click()
        if javascript:
            page.locator("#added .flag-ok").first.wait_for()
        page.goto(written.recover)
        for _stop in range(12):  # by keyboard alone
            page.keyboard.press("Tab")
            if page.locator(".back-go:focus").count():
                break
        page.keyboard.press("Enter")
        page.wait_for_url("**/cart")
        expect(page.locator("#merged-h")).to_have_text(
            "You already had 1 item here, so we kept both. Prices are today's."
        )
        expect(page.locator(".now .line")).to_have_count(3)
        if javascript:
            look(page, "merged")
        page.get_by_role("button", name="Undo, only show what I had here").click()
        expect(page.locator(".now .line")).to_have_count(1)
    assert written.inside(message_of, written.message_id).state == "clicked"


def test_whoever_moves_on_the_page_is_a_person(browser: Browser, site: str, written: Written) -> None:
    with context_at(browser, site, user_agent=FIREFOX, locale="en") as page:
        page.goto(written.recover)
        assert written.inside(message_of, written.message_id).state == "sent"
        told: list[int] = []
        page.on("response", lambda response: told.append(response.status) if response.url.endswith("/seen") else None)
        # Chromium hears of no movement before it has painted the page: whoever moves, goes on.
        for step in range(1, 200):
            page.mouse.move(step, step)
            page.wait_for_timeout(40)
            if told:
                break
        assert told == [204]
    assert written.inside(message_of, written.message_id).state == "clicked"


def test_stopping_and_going_on(browser: Browser, site: str, written: Written, javascript: bool) -> None:
    with context_at(browser, site, java_script_enabled=javascript, user_agent=FIREFOX, locale="en") as page:
        page.goto(written.preferences)
        page.get_by_role("button", name="Stop cart reminders").click()
        expect(page.get_by_role("heading", name="Done. No more cart reminders.")).to_be_visible()
        if javascript:
            look(page, "stopped")
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("heading", name="Stop cart reminders?")).to_be_visible()
        page.get_by_role("link", name="Choose what you get").click()
        page.locator("#email").get_by_role("button", name="Turn off").click()
        expect(page.locator("#email").get_by_role("button", name="Turn on")).to_be_visible()
