"""Two windows side by side: what is done in one shows in the other, and nobody's typing, focus or form is disturbed."""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import update

from app.accounts.passwords import hash_password
from app.catalog.models import Variant
from app.config import Config
from app.database.tenancy import use_store
from app.database.transaction import after_commit, transaction
from app.inventory.service import StockLevel, set_levels
from app.web.live import publish_catalogue
from tests.conftest import NOW, TestStore
from tests.e2e.conftest import context_at, violations
from tests.factories import MadeProduct, make_customer, make_product
from tests.live import LiveServer, until

CHANGED = "Your cart was changed on another device."
CHANGED_FA = "سبدتان روی دستگاه دیگری تغییر کرد."
EMAIL, PASSWORD = "shirin@example.com", "walnut teapot on a saffron shelf"


@pytest.fixture
def products(app: Flask, store: TestStore, config: Config) -> dict[str, MadeProduct]:
    with app.app_context(), use_store(store.id):
        make_customer(EMAIL, password_hash=hash_password(PASSWORD, config))
        return {
            "throw": make_product("Wool throw", price=5900, available=10),
            "kettle": make_product("Kettle", price=6400, fa="کتری"),
        }


@contextmanager
def two_tabs(browser: Browser, site: str, live: LiveServer, product: MadeProduct) -> Iterator[tuple[Page, Page]]:
    """A guest's browser with the cart in two tabs."""
    with context_at(browser, site) as first:
        add(first, product)
        second = first.context.new_page()
        opens(live, first)
        opens(live, second)
        yield first, second


def add(page: Page, product: MadeProduct) -> None:
    page.goto(f"/products/{product.handle}")
    page.get_by_role("button", name=re.compile("Add to cart|افزودن به سبد")).first.click()
    page.locator("#added .flag-ok").first.wait_for()


def opens(live: LiveServer, page: Page, path: str = "/cart") -> None:
    """Go to the cart, and wait until it listens."""
    before = live.opened
    page.goto(path)
    until(lambda: live.opened > before)


def signs_in(page: Page) -> None:
    page.goto("/account/sign-in")
    form = page.locator("form", has=page.get_by_role("button", name="Sign in")).first
    form.get_by_label("Email address").fill(EMAIL)
    form.get_by_label("Password").fill(PASSWORD)
    form.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out", exact=True).wait_for()


def total(page: Page) -> str:
    return page.locator(".total strong").inner_text()


def test_a_guest_with_two_tabs(browser: Browser, site: str, live: LiveServer, products: dict[str, MadeProduct]) -> None:
    with two_tabs(browser, site, live, products["throw"]) as (first, second):
        second.get_by_role("button", name="One more").click()
        expect(first.locator(".total strong")).to_have_text("€118.00")
        expect(first.locator(".stepper input")).to_have_value("2")
        expect(first.locator("#announce")).to_have_text(CHANGED)
        expect(second.locator("#announce")).not_to_have_text(CHANGED)
        assert first.evaluate("document.activeElement === document.body"), "nothing takes the focus"
        assert violations(first) == []
        first.get_by_role("button", name="One more").click()  # and back: what was swapped in works
        expect(second.locator(".total strong")).to_have_text("€177.00")


def test_a_guests_first_item(browser: Browser, site: str, live: LiveServer, products: dict[str, MadeProduct]) -> None:
    with context_at(browser, site) as first:
        first.goto("/cart")
        second = first.context.new_page()
        before = live.opened
        add(second, products["throw"])
        expect(first.locator(".now .line")).to_have_count(1)
        until(lambda: live.opened > before)  # now there is something to listen to
        add(second, products["throw"])
        expect(first.locator(".total strong")).to_have_text("€118.00")


def test_a_customer_on_two_devices(
    browser: Browser, site: str, live: LiveServer, products: dict[str, MadeProduct]
) -> None:
    with context_at(browser, site) as phone, context_at(browser, site) as laptop:
        for page in (phone, laptop):
            signs_in(page)
        add(phone, products["throw"])
        opens(live, laptop)
        opens(live, phone, "/cart?lang=fa")
        add(laptop, products["kettle"])
        expect(phone.locator(".now .line h3")).to_have_text(["شال مبل پشمی", "کتری"])
        expect(phone.locator("#announce")).to_have_text(CHANGED_FA)
        assert violations(phone) == []


def test_what_is_typed_focused_and_unfolded_stays(
    browser: Browser, site: str, live: LiveServer, products: dict[str, MadeProduct]
) -> None:
    with two_tabs(browser, site, live, products["throw"]) as (first, second):
        add(second, products["kettle"])
        expect(first.locator(".now .line")).to_have_count(2)
        first.get_by_role("button", name="One more").first.click()
        expect(first.locator(".total strong")).to_have_text("€182.00")
        first.locator("details.part summary").first.click()
        box = first.locator(".stepper input").first
        box.fill("7")
        opens(live, second)
        second.get_by_role("button", name=re.compile("Remove ?: Kettle")).click()
        expect(first.locator(".now .line")).to_have_count(1)
        expect(box).to_be_focused()
        expect(box).to_have_value("7")
        assert first.locator("details.part").first.get_attribute("open") is not None


def test_price_and_stock_show_on_an_open_page(
    app: Flask, store: TestStore, browser: Browser, site: str, live: LiveServer, products: dict[str, MadeProduct]
) -> None:
    throw = products["throw"]
    with context_at(browser, site) as page:
        add(page, throw)
        add(page, products["kettle"])
        opens(live, page)
        with app.app_context(), use_store(store.id), transaction() as session:
            session.execute(update(Variant).where(Variant.id == throw.variant_id).values(price=5000))
            after_commit(lambda: publish_catalogue([throw.variant_id]))
        expect(page.locator(".now .cost s").first).to_contain_text("€59.00")
        expect(page.locator(".total strong")).to_have_text("€114.00")
        expect(page.locator("#announce")).to_have_text("Prices or stock in your cart have changed.")
        assert violations(page) == []
        with app.app_context(), use_store(store.id), transaction():
            set_levels([StockLevel(throw.variant_id, 0, tracked=True, oversell=False)], now=NOW)
        expect(page.locator(".now .line.out")).to_have_count(1)
        expect(page.locator(".total strong")).to_have_text("€64.00")
        assert violations(page) == []


def test_a_form_on_its_way_is_not_disturbed(
    browser: Browser, site: str, live: LiveServer, products: dict[str, MadeProduct]
) -> None:
    with two_tabs(browser, site, live, products["throw"]) as (first, second):
        held: list[Route] = []
        first.route("**/quantity", lambda route: held.append(route))
        first.get_by_role("button", name="One more").click()
        until(lambda: (first.wait_for_timeout(10), held)[1])
        asked: list[str] = []
        first.on("request", lambda request: asked.append(request.url))
        second.get_by_role("button", name=re.compile("Save for next purchase ?: Wool throw")).click()
        expect(second.locator(".later .line")).to_have_count(1)
        first.wait_for_timeout(300)
        assert asked == [], "it waits for the form's answer"
        held[0].continue_()
        expect(first.locator(".later .line")).to_have_count(1)


def test_reopening_a_sleeping_page_shows_what_it_missed(
    browser: Browser, site: str, live: LiveServer, products: dict[str, MadeProduct]
) -> None:
    with two_tabs(browser, site, live, products["throw"]) as (first, second):
        first.evaluate("dispatchEvent(new Event('pagehide'))")  # as before a freeze: the stream is closed
        until(lambda: live.health()["pages"] == 1)
        second.get_by_role("button", name="One more").click()
        expect(second.locator(".total strong")).to_have_text("€118.00")
        assert total(first) == "€59.00"
        first.wait_for_timeout(1_100)
        first.evaluate("dispatchEvent(new Event('pageshow'))")
        expect(first.locator(".total strong")).to_have_text("€118.00")


def test_signing_in_in_another_tab(
    browser: Browser, site: str, live: LiveServer, products: dict[str, MadeProduct]
) -> None:
    with two_tabs(browser, site, live, products["throw"]) as (first, second):
        signs_in(second)  # the guest's cart becomes the customer's: the first tab follows it there
        add(second, products["kettle"])
        expect(first.locator(".now .line")).to_have_count(2)


def test_the_live_process_dies_and_comes_back(
    browser: Browser, site: str, live: LiveServer, products: dict[str, MadeProduct]
) -> None:
    with browser.new_context(base_url=site) as context:  # browsers write lost connections to the console
        first, second = context.new_page(), context.new_page()
        add(first, products["throw"])
        opens(live, first)
        second.goto("/cart")
        live.stop(signal.SIGKILL)
        second.get_by_role("button", name="One more").click()
        expect(second.locator(".total strong")).to_have_text("€118.00")
        first.wait_for_timeout(1_100)
        first.evaluate("dispatchEvent(new Event('focus'))")
        expect(first.locator(".total strong")).to_have_text("€118.00")
        live.start()
        until(lambda: (first.wait_for_timeout(50), live.health()["pages"] == 2)[1])
        second.get_by_role("button", name="One more").click()
        expect(first.locator(".total strong")).to_have_text("€177.00")


def test_the_policy_names_the_live_process_and_nobody_else(
    browser: Browser, site: str, live: LiveServer, store: TestStore
) -> None:
    with context_at(browser, site) as page:
        answer = page.goto("/cart")
        assert answer
        policy = answer.headers["content-security-policy"]
        assert f"connect-src 'self' http://{store.host}:{live.port};" in policy
        answer = page.goto("/")
        assert answer
        assert "connect-src 'self';" in answer.headers["content-security-policy"]
