"""Answers that are late, lost or no answer: said where it was pressed, nothing typed is lost, trying again does it once."""

import re
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Route, expect

from app.database.tenancy import use_store
from tests.conftest import TestStore
from tests.e2e.conftest import context_at, violations
from tests.e2e.test_cart import put
from tests.factories import MadeProduct, make_product

QUANTITY = re.compile(r"/cart/items/[^/]+/quantity")


@pytest.fixture
def products(app: Flask, store: TestStore) -> list[MadeProduct]:
    with app.app_context(), use_store(store.id):
        return [make_product("Wool throw", price=5900), make_product("Kettle", price=6400, fa="کتری")]


@pytest.fixture
def cart(browser: Browser, site: str, products: list[MadeProduct]) -> Iterator[Page]:
    """The cart page with two lines. What the browser says about lost requests is expected here."""
    context = context_at(browser, site)
    with context as page:
        for product in products:
            put(page, product, "Add to cart")
        page.goto("/cart")
        yield page
        context.messages = [text for text in context.messages if "Failed to load" not in text and "fetch" not in text]


def ops(page: Page) -> list[str]:
    """The operation ids of the quantity forms sent from now on."""
    sent: list[str] = []

    def note(request: object) -> None:
        data = getattr(request, "post_data", None)
        if data and QUANTITY.search(getattr(request, "url", "")):
            sent.extend(re.findall(r"op_id=([\w-]+)", data))

    page.on("request", note)
    return sent


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_request_that_does_not_arrive(cart: Page, language: str) -> None:
    page = cart
    page.goto(f"/cart?lang={language}")
    sent = ops(page)
    page.route(QUANTITY, lambda route: route.abort())
    box = page.locator(".stepper input").first
    box.fill("4")
    box.press("Enter")
    lost = page.locator(".line").first.locator(".lost")
    expect(lost).to_contain_text(
        "That change did not reach us. Your cart is as it was before."
        if language == "en"
        else "این تغییر به ما نرسید. سبدتان همان است که بود."
    )
    expect(box).to_have_value("4")
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    expect(page.locator("#cart[data-slow]")).to_have_count(0)
    assert violations(page) == []

    other = page.locator(".line").nth(1)
    other.locator("button.to-later").click()  # something else goes well meanwhile
    expect(page.locator(".later .line")).to_have_count(1)
    expect(box).to_have_value("4")
    expect(lost).to_be_visible()

    page.unroute(QUANTITY)
    lost.get_by_role("button").click()
    expect(page.locator(".total strong")).to_contain_text("236" if language == "en" else "۲۳۶")
    expect(page.locator(".lost")).to_have_count(0)
    assert len(sent) >= 2
    assert len(set(sent)) == 1
    assert violations(page) == []


def test_a_change_whose_answer_is_lost_is_made_once(cart: Page, port: int) -> None:
    page = cart

    def carried_out_but_not_said(route: Route) -> None:
        asked, address = route.request, urlsplit(route.request.url)
        cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in page.context.cookies())
        headers = {**asked.headers, "host": address.netloc, "cookie": cookies}
        request = urllib.request.Request(f"http://127.0.0.1:{port}{address.path}", asked.post_data_buffer, headers)
        assert urllib.request.urlopen(request, timeout=5).status == 200
        route.abort()

    page.route(QUANTITY, carried_out_but_not_said)
    page.route(re.compile("region="), lambda route: route.fulfill(status=304))  # nor does the page hear of it otherwise
    page.get_by_role("button", name="One more").first.click()
    lost = page.locator(".line").first.locator(".lost")
    expect(lost).to_be_visible()
    page.unroute(QUANTITY)
    lost.get_by_role("button", name="Try again").click()
    expect(page.locator(".stepper input").first).to_have_value("2")
    expect(page.locator(".total strong")).to_have_text("€182.00")


def test_what_is_typed_after_a_loss_is_another_wish(cart: Page) -> None:
    page = cart
    sent = ops(page)
    page.route(QUANTITY, lambda route: route.abort())
    box = page.locator(".stepper input").first
    box.fill("4")
    box.press("Enter")
    expect(page.locator(".lost")).to_be_visible()
    page.unroute(QUANTITY)
    box.fill("3")
    box.press("Enter")
    expect(page.locator(".total strong")).to_have_text("€241.00")
    expect(page.locator(".lost")).to_have_count(0)
    assert len(set(sent)) == 2


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_late_answer(cart: Page, language: str) -> None:
    page = cart
    page.goto(f"/cart?lang={language}")
    page.clock.install()
    held: list[Route] = []
    page.route(QUANTITY, lambda route: route.continue_() if held else held.append(route))
    more = page.locator(".stepper button").nth(1)
    busy = more.evaluate("e => { e.click(); return e.getAttribute('aria-busy'); }")
    assert busy == "true"  # in the same frame
    expect(page.locator("#cart[data-slow]")).to_have_count(0)
    page.clock.run_for(450)
    expect(page.locator("#cart[data-slow]")).to_have_count(1)
    expect(page.locator("#announce")).to_have_text(
        "Updating your cart" if language == "en" else "در حال به‌روزرسانی سبد"
    )
    page.clock.run_for(8_000)
    late = page.locator(".line").first.locator(".lost")
    expect(late).to_contain_text("longer than usual" if language == "en" else "بیشتر از معمول")
    assert len(held) == 1
    late.get_by_role("button").click()
    page.clock.run_for(100)
    page.clock.resume()
    expect(page.locator(".total strong")).to_contain_text("182" if language == "en" else "۱۸۲")
    expect(page.locator(".lost, [data-slow], [aria-busy=true]")).to_have_count(0)
    assert violations(page) == []


def test_an_answer_that_is_none_leaves_the_page(cart: Page) -> None:
    page = cart
    page.route(QUANTITY, lambda route: route.fulfill(status=502, body="<html><body><h1>Bad gateway</h1></body></html>"))
    page.get_by_role("button", name="One more").first.click()
    expect(page.locator(".lost")).to_contain_text("Something went wrong on our side.")
    expect(page.locator(".line")).to_have_count(2)
    assert violations(page) == []
    page.unroute(QUANTITY)
    page.evaluate("document.querySelectorAll('[name=csrf_token]').forEach(e => { e.value = 'x' })")
    page.evaluate("document.body.removeAttribute('hx-headers:inherited')")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".lost")).to_contain_text("This page was open for too long.")
    expect(page.locator(".line")).to_have_count(2)


def test_adding_from_the_product_page(browser: Browser, site: str, products: list[MadeProduct]) -> None:
    context = context_at(browser, site)
    with context as page:
        page.goto(f"/products/{products[0].handle}")
        page.route("**/cart/items", lambda route: route.abort())
        page.get_by_role("button", name="Add to cart").click()
        expect(page.locator(".lost")).to_contain_text("That change did not reach us.")
        assert violations(page) == []
        page.unroute("**/cart/items")
        page.get_by_role("button", name="Try again").click()
        expect(page.locator("#added")).to_contain_text("1 item, €59.00.")
        expect(page.locator(".lost")).to_have_count(0)
        context.messages = [text for text in context.messages if "Failed to load" not in text and "fetch" not in text]
