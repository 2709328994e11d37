"""A person with a phone buys, is refused, waits, buys again and cancels: with JavaScript and without, axe at every step."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.database.tenancy import use_store
from tests.conftest import TestStore
from tests.e2e.conftest import context_at, violations
from tests.factories import MadeProduct, make_product, set_stock
from tests.shop import open_checkout

GOOD, DECLINED, HANGING = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0000 0000 0101"


@pytest.fixture
def products(app: Flask, store: TestStore) -> dict[str, MadeProduct]:
    with app.app_context(), use_store(store.id):
        open_checkout()
        return {
            "throw": make_product("Wool throw", price=5900, available=10),
            "kettle": make_product("Kettle", price=6400, fa="کتری"),
        }


def check(page: Page, javascript: bool) -> None:
    """axe finds nothing (it needs JavaScript to look), and nothing scrolls sideways."""
    if javascript:
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def put(page: Page, product: MadeProduct) -> None:
    page.goto(f"/products/{product.handle}")
    page.locator("form button[value=active]").first.click()
    if "/products/" in page.url:
        page.locator("#added .flag-ok").first.wait_for()


def onwards(page: Page) -> None:
    page.locator("form.sheet > button.btn-primary").click()


def deliver(page: Page) -> None:
    page.fill("#email", "shirin@example.com")
    page.fill("#name", "Shirin Karimi")
    page.fill("#phone", "030 1234567")
    page.fill("#street", "Lindenstraße 5")
    page.fill("#postcode", "۱۰۹۶۹")
    page.fill("#city", "Berlin")
    onwards(page)
    page.wait_for_url("**/checkout/payment*")


def pay(page: Page, number: str) -> None:
    page.set_default_timeout(30_000)  # without a worker the request that places an order makes its receipt, too
    page.fill("#number", number)
    page.fill("#expiry", "12/30")
    page.fill("#code", "123")
    onwards(page)
    page.wait_for_url("**/checkout/review")


def test_from_the_cart_to_the_order(shopper: Page, javascript: bool, products: dict[str, MadeProduct]) -> None:
    page = shopper
    put(page, products["throw"])
    page.goto("/cart")
    check(page, javascript)
    page.locator(".bar").get_by_role("link", name="Checkout").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Delivery")
    expect(page.locator("#summary > summary strong")).to_have_text("€63.90")
    expect(page.locator("#summary .sum")).to_be_hidden()
    check(page, javascript)

    onwards(page)
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    expect(page.locator(".problems")).to_be_focused()
    expect(page).to_have_title(re.compile("^Error:"))
    check(page, javascript)
    page.get_by_role("link", name="Enter a postcode, like 10115").click()
    expect(page.locator("#postcode")).to_be_focused()

    deliver(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment")
    check(page, javascript)
    onwards(page)
    expect(page.locator(".problems a")).to_have_text("Enter a card number.")
    check(page, javascript)
    pay(page, DECLINED)
    expect(page.locator("address")).to_contain_text("10969 Berlin")
    check(page, javascript)
    page.get_by_role("button", name="Pay €63.90").click()
    expect(page.get_by_role("alert")).to_contain_text("Your bank declined the payment.")
    check(page, javascript)
    pay(page, GOOD)
    page.get_by_role("button", name="Pay €63.90").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, your order is placed")
    check(page, javascript)
    address = page.url
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, your order is placed")

    page.get_by_role("button", name="Buy it all again").click()
    expect(page.locator("#again")).to_contain_text("1 item is in your cart.")
    check(page, javascript)
    page.locator("#again").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Your cart is empty.")).to_be_visible()

    page.goto("/orders")
    expect(page.locator(".order-card")).to_have_count(1)
    check(page, javascript)
    page.goto(address)
    page.get_by_role("link", name="Cancel the order").click()
    check(page, javascript)
    page.get_by_role("button", name="Cancel the order").click()
    expect(page.locator(".page-head .chip")).to_have_text(re.compile("Cancelled|Refunded"))
    check(page, javascript)


def test_going_back_loses_nothing(shopper: Page, products: dict[str, MadeProduct]) -> None:
    page = shopper
    put(page, products["throw"])
    page.goto("/checkout")
    deliver(page)
    page.get_by_role("link", name="Delivery").click()
    expect(page.locator("#street")).to_have_value("Lindenstraße 5")
    expect(page.locator("#email")).to_have_value("shirin@example.com")


def test_another_country(shopper: Page, javascript: bool, products: dict[str, MadeProduct]) -> None:
    page = shopper
    put(page, products["throw"])
    page.goto("/checkout/delivery")
    page.fill("#city", "Tehran")
    page.select_option("#country", "IR")
    if not javascript:
        page.get_by_role("button", name="Change country").click()
    expect(page.locator("#delivery").get_by_text("By post")).to_be_visible()
    expect(page.locator("#region")).to_be_visible()
    expect(page.locator("#city")).to_have_value("Tehran")
    expect(page.locator("#summary > summary strong")).to_have_text("€68.90")
    check(page, javascript)


def test_sold_out_at_the_last_moment(
    shopper: Page, javascript: bool, app: Flask, store: TestStore, products: dict[str, MadeProduct]
) -> None:
    page = shopper
    put(page, products["throw"])
    put(page, products["kettle"])
    page.goto("/checkout")
    deliver(page)
    pay(page, GOOD)
    with app.app_context(), use_store(store.id):
        set_stock(products["kettle"], 0)
    page.locator("form.pay button").click()
    expect(page.get_by_role("alert")).to_contain_text("Kettle is sold out.")
    check(page, javascript)
    page.get_by_role("button", name=re.compile("Go on without it")).click()
    page.get_by_role("button", name="Pay €63.90").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, your order is placed")
    expect(page.get_by_role("heading", name="1 item is still saved for your next purchase.")).to_be_visible()
    check(page, javascript)


def test_waiting_for_the_bank(shopper: Page, javascript: bool, products: dict[str, MadeProduct]) -> None:
    page = shopper
    put(page, products["throw"])
    page.goto("/checkout")
    deliver(page)
    pay(page, HANGING)
    page.locator("form.pay button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We are waiting for the bank")
    check(page, javascript)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)], ids=["desk", "phone"])
def test_in_persian(browser: Browser, site: str, products: dict[str, MadeProduct], scheme: str, width: int) -> None:
    size = {"width": width, "height": 844}
    with context_at(browser, site, viewport=size, color_scheme=scheme) as page:
        page.goto("/?lang=fa")
        put(page, products["throw"])
        page.goto("/checkout/delivery")
        assert page.locator("html").get_attribute("dir") == "rtl"
        onwards(page)
        expect(page.locator(".problems")).to_contain_text("چند مورد را درست کنید")
        check(page, True)
        deliver(page)
        check(page, True)
        pay(page, "۴۲۴۲ ۴۲۴۲ ۴۲۴۲ ۴۲۴۲")
        check(page, True)
        page.locator("form.pay button").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("ممنون، سفارشتان ثبت شد")
        check(page, True)
        page.goto("/orders")
        check(page, True)
