"""A person with a phone does everything the cart offers, with JavaScript and without, and axe finds nothing on the way."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.database.tenancy import use_store
from tests.conftest import TestStore
from tests.e2e.conftest import context_at, violations
from tests.factories import MadeProduct, make_product
from tests.looks import in_each_look


@pytest.fixture
def products(app: Flask, store: TestStore) -> dict[str, MadeProduct]:
    with app.app_context(), use_store(store.id):
        return {
            "throw": make_product("Wool throw", price=5900, available=10),
            "kettle": make_product("Kettle", price=6400, fa="کتری"),
            "lamp": make_product("Shab table lamp", price=11800, fa="چراغ رومیزی شب"),
        }


def put(page: Page, product: MadeProduct, button: str) -> None:
    """Put a product into a pane from its page."""
    page.goto(f"/products/{product.handle}")
    page.get_by_role("button", name=re.compile(button)).first.click()
    if "/products/" in page.url:  # with JavaScript the page stays
        page.locator("#added .flag-ok").first.wait_for()


def names(page: Page, pane: str) -> list[str]:
    """The names of the lines in a pane."""
    return [name.strip() for name in page.locator(f".{pane} .line h3").all_inner_texts()]


def check(page: Page, javascript: bool) -> None:
    """axe finds nothing (it needs JavaScript to look)."""
    if javascript:
        assert violations(page) == []


def test_the_whole_of_the_cart(shopper: Page, javascript: bool, products: dict[str, MadeProduct]) -> None:
    page = shopper
    put(page, products["throw"], "Add to cart")
    put(page, products["kettle"], "Add to cart")
    page.goto("/cart")
    expect(page.locator(".total strong")).to_have_text("€123.00")

    page.get_by_role("button", name="One more").first.click()
    expect(page.locator(".total strong")).to_have_text("€182.00")
    check(page, javascript)

    box = page.locator(".stepper input").first
    box.fill("۳")
    box.press("Enter")
    expect(page.locator(".total strong")).to_have_text("€241.00")

    page.get_by_role("button", name=re.compile("Save for next purchase ?: Wool throw")).click()
    expect(page.locator(".later .line h3")).to_have_text(["Wool throw"])
    expect(page.locator("#toast")).to_contain_text("Wool throw saved for your next purchase.")
    check(page, javascript)

    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".now .line h3")).to_have_text(["Wool throw", "Kettle"])
    expect(page.locator(".stepper input").first).to_have_value("3")

    page.get_by_role("button", name=re.compile("Remove ?: Kettle")).click()
    expect(page.locator(".now .line h3")).to_have_text(["Wool throw"])
    page.get_by_role("button", name=re.compile("Save for next purchase ?: Wool throw")).click()
    expect(page.get_by_role("heading", name="Nothing in this order yet")).to_be_visible()
    check(page, javascript)

    put(page, products["lamp"], "Add to cart")
    page.goto("/cart")
    expect(page.locator(".now .line h3")).to_have_text(["Wool throw", "Shab table lamp"])
    expect(page.locator(".note h2")).to_contain_text("back in your cart")
    expect(page.locator(".chip")).to_have_count(1)
    check(page, javascript)

    page.get_by_role("button", name="Undo, keep them saved").click()
    expect(page.locator(".now .line h3")).to_have_text(["Shab table lamp"])
    expect(page.locator(".later .line h3")).to_have_text(["Wool throw"])
    expect(page.locator(".note")).to_have_count(0)

    page.get_by_role("button", name=re.compile("Move to cart ?: Wool throw")).click()
    expect(page.locator(".now .line h3")).to_have_text(["Shab table lamp", "Wool throw"])
    assert page.locator("html").get_attribute("dir") == "ltr"


def test_in_persian(shopper: Page, javascript: bool, products: dict[str, MadeProduct]) -> None:
    page = shopper
    page.goto("/?lang=fa")
    put(page, products["kettle"], "بماند برای خرید بعدی")
    put(page, products["lamp"], "افزودن به سبد")
    page.goto("/cart")
    assert page.locator("html").get_attribute("dir") == "rtl"
    expect(page.locator(".note h2")).to_contain_text("به سبدتان برگرداندیم")
    expect(page.locator(".total strong")).to_contain_text("۱۸۲٫۰۰")
    check(page, javascript)
    page.get_by_role("button", name="خوب است").click()
    expect(page.locator(".note")).to_have_count(0)
    assert names(page, "now") == ["کتری", "چراغ رومیزی شب"]


def test_what_is_refused_is_said(shopper: Page, javascript: bool, products: dict[str, MadeProduct]) -> None:
    page = shopper
    put(page, products["throw"], "Add to cart")
    page.goto("/cart")
    box = page.locator(".stepper input").first
    box.fill("11")
    box.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Only 10 left.")
    expect(page.locator(".total strong")).to_have_text("€59.00")
    check(page, javascript)


def test_nothing_scrolls_sideways(shopper: Page, products: dict[str, MadeProduct]) -> None:
    page = shopper
    put(page, products["throw"], "Add to cart")
    put(page, products["kettle"], "Save for next purchase")
    page.set_viewport_size({"width": 320, "height": 640})
    for path in ("/cart", "/cart?lang=fa"):
        page.goto(path)
        box = page.locator("main").bounding_box()
        assert box
        assert box["width"] <= 320


@in_each_look
def test_the_empty_cart(browser: Browser, site: str, language: str, scheme: str) -> None:
    with context_at(browser, site, color_scheme=scheme) as page:
        page.goto(f"/cart?lang={language}")
        assert violations(page) == []


def test_focus_and_keyboard(browser: Browser, site: str, products: dict[str, MadeProduct]) -> None:
    with context_at(browser, site) as page:
        put(page, products["throw"], "Add to cart")
        put(page, products["kettle"], "Add to cart")
        page.goto("/cart")
        more = page.get_by_role("button", name="One more").first
        more.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".total strong")).to_have_text("€182.00")
        expect(more).to_be_focused()
        page.get_by_role("button", name=re.compile("Remove ?: Wool throw")).focus()
        page.keyboard.press("Enter")
        expect(page.locator(".now .line")).to_have_count(1)
        assert page.evaluate("document.activeElement !== document.body")
        page.keyboard.press("Control+z")
        expect(page.locator(".now .line")).to_have_count(2)


def test_two_tabs_and_a_conflict(shopper: Page, javascript: bool, products: dict[str, MadeProduct]) -> None:
    page = shopper
    put(page, products["throw"], "Add to cart")
    page.route(re.compile("region="), lambda route: route.fulfill(status=304))  # a page that has not followed yet
    page.goto("/cart")
    other = page.context.new_page()
    other.goto("/cart")
    other.get_by_role("button", name="One more").click()
    expect(other.locator(".total strong")).to_have_text("€118.00")
    other.close()

    box = page.locator(".stepper input").first
    box.fill("3")
    box.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Your cart was changed somewhere else.")
    check(page, javascript)
    page.get_by_role("button", name="Set Wool throw to 3").click()
    expect(page.locator(".total strong")).to_have_text("€177.00")


def test_part_of_a_line_and_all_of_a_pane(shopper: Page, javascript: bool, products: dict[str, MadeProduct]) -> None:
    page = shopper
    put(page, products["throw"], "Add to cart")
    put(page, products["throw"], "Add to cart")
    page.goto("/cart")
    page.locator(".part summary").click()
    check(page, javascript)
    page.locator(".part").get_by_role("button", name="Save for next purchase").click()
    expect(page.locator(".later .line")).to_have_count(1)
    expect(page.locator(".total strong")).to_have_text("€59.00")
    page.get_by_role("button", name="Remove all").click()
    expect(page.get_by_role("heading", name="Nothing in this order yet")).to_be_visible()
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".now .line")).to_have_count(1)
