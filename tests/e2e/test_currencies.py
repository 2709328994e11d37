"""A person switches the currency, on a phone and at a desk, in both languages, with JavaScript and without; axe finds nothing."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.database.tenancy import use_store
from tests.conftest import TestStore
from tests.e2e.conftest import context_at, violations
from tests.factories import MadeProduct, make_product, sell_also_in

WORDS = {
    "en": ("Toman", "Prices are now in Toman.", "1 item is not sold in Toman", "5,000,000\xa0Toman", "Euro"),
    "fa": ("تومان", "قیمت‌ها به تومان شد.", "به تومان فروخته نمی‌شود", "۵٬۰۰۰٬۰۰۰\xa0تومان", "یورو"),
}


@pytest.fixture
def products(app: Flask, store: TestStore) -> dict[str, MadeProduct]:
    with app.app_context(), use_store(store.id):
        sell_also_in("IRR")
        return {
            "throw": make_product("Wool throw", price=5900, further={"IRR": 25_000_000}),
            "pen": make_product("Fountain pen", price=4500, fa="خودنویس"),
        }


def put(page: Page, product: MadeProduct, quantity: int = 1) -> None:
    page.goto(f"/products/{product.handle}?quantity={quantity}")
    page.locator("#buy .btn-primary").click()
    if "/products/" in page.url:  # with JavaScript the page stays
        page.locator("#added .flag-ok").first.wait_for()


def choose(page: Page, currency: str) -> None:
    """Through the menu that this window shows."""
    wide = (page.viewport_size or {"width": 0})["width"] > 900
    page.locator("#currency-menu summary" if wide else "details.menu > summary").click()
    page.locator(f"{'#currency-menu' if wide else '#currency-item'} button[value={currency}]").click()


def check(page: Page, javascript: bool) -> None:
    """axe finds nothing (it needs JavaScript to look)."""
    if javascript:
        assert violations(page) == []


@pytest.mark.parametrize("locale", ["en", "fa"])
@pytest.mark.parametrize("width", [390, 1280], ids=["phone", "desk"])
def test_switching_the_currency(
    browser: Browser, site: str, javascript: bool, products: dict[str, MadeProduct], locale: str, width: int
) -> None:
    toman, now_in, parked, total, euro = WORDS[locale]
    size = {"width": width, "height": 844}
    with context_at(browser, site, java_script_enabled=javascript, viewport=size) as page:
        page.goto(f"/products?lang={locale}")
        choose(page, "IRR")
        expect(page).to_have_url(re.compile("/products"))
        expect(page.locator(".switched")).to_contain_text(now_in)
        expect(page.locator(".product").filter(has=page.locator(".flag-out"))).to_contain_text(toman)
        check(page, javascript)
        choose(page, "EUR")
        put(page, products["throw"], 2)
        put(page, products["pen"])
        page.goto("/cart")
        choose(page, "IRR")
        expect(page.locator("#toast")).to_contain_text(now_in)
        expect(page.locator("#toast")).to_contain_text(parked)
        expect(page.locator(".total strong")).to_have_text(total)
        expect(page.locator(".later .flag-out")).to_contain_text(euro if locale == "fa" else "euros")
        expect(page.locator(".later .to-cart")).to_have_count(0)
        check(page, javascript)

        page.locator("#toast [data-undo]").click()
        expect(page.locator(".now .line")).to_have_count(2)
        expect(page.locator(".later .line")).to_have_count(0)
        expect(page.locator("#currency-menu summary")).to_contain_text(euro)
        check(page, javascript)


def test_a_store_of_one_currency_shows_no_menu(shopper: Page) -> None:
    shopper.goto("/")
    expect(shopper.locator("#currency-menu, #currency-item")).to_have_count(0)
