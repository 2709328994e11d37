"""A person looks for something, chooses and adds it, with JavaScript and without, in both languages."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import context_at, violations
from tests.looks import in_each_look


def test_searching_filtering_and_paging(shopper: Page, javascript: bool) -> None:
    page = shopper
    page.goto("/products")
    expect(page.locator(".product")).to_have_count(24)
    page.get_by_role("link", name="Show more").click()
    if javascript:
        expect(page.locator(".product")).to_have_count(33)
        expect(page.locator("#announce")).to_have_text("9 more products")
        expect(page.locator(".product").nth(24).locator(".name a")).to_be_focused()
    else:
        expect(page.locator(".product")).to_have_count(9)
    expect(page).to_have_url(re.compile(r"\?page=2$"))

    page.goto("/products")
    box = page.get_by_role("searchbox")
    box.click()
    if javascript:
        box.press_sequentially("bowl 2", delay=20)
        expect(box).to_be_focused()
        expect(page.locator("#announce")).to_have_text("11 products")
    else:
        box.fill("bowl 2")
        box.press("Enter")
    expect(page.locator(".count")).to_have_text("11 products")
    expect(page).to_have_url(re.compile(r"q=bowl"))

    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("to", exact=True).fill("۲۱٫۵")
    page.get_by_role("button", name=re.compile("^Show ")).click()
    expect(page.locator(".product .name")).to_have_text(["Bowl 2", "Bowl 20"])
    page.get_by_role("link", name="Remove “Up to €21.50”").first.click()
    expect(page.locator(".count")).to_have_text("11 products")


def test_a_typing_error(shopper: Page) -> None:
    page = shopper
    page.goto("/products?q=ketle")
    page.get_by_role("link", name="kettle", exact=True).click()
    expect(page.locator(".product .name")).to_have_text(["Pour-over kettle, 1 l"])


def test_choosing_options_and_adding(shopper: Page, javascript: bool) -> None:
    page = shopper
    page.goto("/products/throw")
    page.get_by_role("link", name="Indigo").click()
    expect(page.get_by_role("link", name=re.compile("Indigo"))).to_have_attribute("aria-current", "true")
    expect(page.locator(".value", has_text="Large")).to_contain_text("not made")
    page.get_by_role("link", name="Saffron").click()
    expect(page.get_by_role("radio")).to_have_count(2)
    page.get_by_role("button", name="Add to cart").click()  # nothing chosen: the browser asks for it
    expect(page).to_have_url(re.compile("/products/throw"))
    expect(page.locator("#cart-link b")).to_have_count(0)

    if javascript:
        page.get_by_role("radio", name=re.compile("Small")).focus()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("radio", name=re.compile("Large"))).to_be_checked()
        expect(page.locator(".buy > .price")).to_have_text("€79.00")
        expect(page.get_by_role("radio", name=re.compile("Large"))).to_be_focused()
        page.get_by_role("button", name="One more").click()
        expect(page.get_by_label("Quantity", exact=True).last).to_have_value("2")
        expect(page.get_by_role("radio", name=re.compile("Large"))).to_be_checked()
    else:
        page.get_by_role("radio", name=re.compile("Large")).check(force=True)
        page.locator("#quantity").fill("2")
    page.get_by_role("button", name="Add to cart").click()
    if javascript:
        expect(page.locator("#added")).to_contain_text("€158.00")
        expect(page.locator("#cart-link b")).to_have_text("2")
        page.get_by_role("button", name="Save for next purchase").click()
        expect(page.locator("#added")).to_contain_text("saved for your next purchase")
    page.goto("/cart")
    expect(page.locator(".now .line h3")).to_have_text(["Wool throw"])
    expect(page.locator(".now .line .opts")).to_contain_text("Large")
    expect(page.locator(".later .line h3")).to_have_text(["Wool throw"] if javascript else [])


@pytest.mark.parametrize("javascript", [True])
def test_adding_twice_from_the_list_adds_twice(shopper: Page, javascript: bool) -> None:
    page = shopper
    page.goto("/categories/living")
    add = page.get_by_role("button", name=re.compile("Add to cart"))
    add.click()
    expect(page.locator(".answer")).to_contain_text("2 items")
    add.click()
    expect(page.locator(".answer")).to_contain_text("4 items")
    expect(page.locator("#cart-link b")).to_have_text("4")
    expect(add).to_be_focused()


PAGES = [
    "/",
    "/products",
    "/products?q=ketle",
    "/products?category=kitchen&price_max=1",
    "/products/kettle",
    "/products/throw",
]


@in_each_look
def test_axe_finds_nothing_and_nothing_overflows(browser: Browser, site: str, language: str, scheme: str) -> None:
    with context_at(browser, site, color_scheme=scheme, locale=f"{language}-IR") as page:
        for address in PAGES if scheme == "light" else PAGES[1:3] + PAGES[-1:]:
            page.set_viewport_size({"width": 320, "height": 800})
            page.goto(address)
            overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert overflow <= 0, address
            assert violations(page) == [], address
