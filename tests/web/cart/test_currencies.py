"""A store that sells in euros and in tomans: what the pages show, how a cart is switched, what is parked, what it costs."""

import re
from typing import Any

import pytest
from flask import Flask

from app.accounts import passwords
from app.config import Config
from app.database.tenancy import use_store
from tests.conftest import TestStore
from tests.factories import MadeProduct, make_customer, make_product, sell_also_in, set_further_price
from tests.web.browser import Browser
from tests.web.cart.test_costs import counted
from tests.web.cart.test_sign_in import EMAIL, PASSWORD, signs_in


@pytest.fixture
def shop(app: Flask, store: TestStore, config: Config) -> dict[str, MadeProduct]:
    with app.app_context(), use_store(store.id):
        sell_also_in("IRR")
        make_customer(EMAIL, password_hash=passwords.hash_password(PASSWORD, config))
        return {
            "throw": make_product("Wool throw", price=5900, further={"IRR": 25_000_000}),
            "pen": make_product("Fountain pen", price=4500, fa="خودنویس"),
        }


@pytest.fixture(params=["guest", "customer"])
def shopper(request: pytest.FixtureRequest, app: Flask, store: TestStore, shop: Any) -> Browser:
    browser = Browser(app, store)
    browser.get("/cart")
    if request.param == "customer":
        signs_in(browser)
    return browser


def switch(browser: Browser, currency: str, back: str = "/cart") -> Any:
    return browser.post("/currency", currency=currency, next=back)


def test_a_store_of_one_currency_shows_no_menu(app: Flask, store: TestStore) -> None:
    browser = Browser(app, store)
    assert "/currency" not in browser.get("/").text
    assert switch(browser, "IRR").status_code == 422
    assert browser.client.get_cookie("currency", domain=store.host) is None


def test_prices_follow_the_choice_everywhere(app: Flask, store: TestStore, shop: dict[str, MadeProduct]) -> None:
    browser = Browser(app, store)
    assert "€59.00" in browser.get("/products").text
    answer = switch(browser, "IRR", "/products?sort=price")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/products?sort=price&switched=1")
    page = browser.get(answer.headers["Location"]).text
    assert "Prices are now in Toman. The total is worked out again at checkout." in page
    assert "2,500,000\xa0Toman" in page
    assert "Not sold in Toman" in page
    assert "€" not in page
    assert "2,500,000\xa0Toman" in browser.get(f"/products/{shop['throw'].handle}").text
    pen = browser.get(f"/products/{shop['pen'].handle}").text
    assert "Not sold in Toman" in pen
    assert "Add to cart" not in pen
    assert 'value="next_purchase"' in pen


def test_typed_prices_are_in_what_is_shown(app: Flask, store: TestStore, shop: dict[str, MadeProduct]) -> None:
    browser = Browser(app, store)
    switch(browser, "IRR")
    found = browser.get("/products?price_min=2000000&price_max=۳۰۰۰۰۰۰").text
    assert "Wool throw" in found
    assert "Fountain pen" not in found
    assert 'value="2000000"' in found
    assert "Wool throw" not in browser.get("/products?price_min=3000000").text
    # Bounds of one currency mean nothing in another.
    assert re.findall(r'name="next" value="([^"]+)"', found) == ["/products"] * 2


def test_the_language_may_suggest_a_currency(app: Flask, store: TestStore, shop: Any) -> None:
    with app.app_context(), use_store(store.id):
        sell_also_in("IRR", by_language={"fa": "IRR"})
    browser = Browser(app, store)
    assert "€59.00" in browser.get("/products").text
    assert "۲٬۵۰۰٬۰۰۰\xa0تومان" in browser.get("/products?lang=fa").text
    switch(browser, "EUR")
    assert "€\xa0۵۹٫۰۰" in browser.get("/products").text.replace("\u200e", "")


def test_switching_prices_the_cart_and_parks_what_is_not_sold(shopper: Browser, shop: dict[str, MadeProduct]) -> None:
    shopper.adds(shop["throw"].variant_id, 2)
    shopper.adds(shop["pen"].variant_id)
    answer = switch(shopper, "IRR", "/products")
    assert re.fullmatch(r"/cart\?done=\d+", answer.headers["Location"])
    page = shopper.get(answer.headers["Location"]).text
    assert shopper.counts() == (1, 1)
    assert "1 item is not sold in Toman and waits in your next purchase." in page
    assert "Not sold in Toman. Switch to euros to buy it." in page
    assert "5,000,000\xa0Toman" in page
    assert "€45.00" in page
    assert "have changed" not in page  # no nod is asked for
    refused = shopper.post(f"/cart/items/{shopper.line_ids()[1]}/pane", pane="active", seen=1)
    assert refused.status_code == 409
    switch(shopper, "EUR")
    assert shopper.counts() == (1, 1)
    shopper.post(f"/cart/items/{shopper.line_ids()[1]}/pane", pane="active", seen=1)
    assert "€163.00" in shopper.get("/cart").text


def test_a_switch_can_be_undone_and_the_browser_follows(shopper: Browser, shop: dict[str, MadeProduct]) -> None:
    shopper.adds(shop["throw"].variant_id)
    shopper.adds(shop["pen"].variant_id)
    version = switch(shopper, "IRR").headers["Location"].rpartition("=")[2]
    undone = shopper.post("/cart/undo", htmx=True, version=version)
    assert "€104.00" in undone.text
    assert 'id="currency-menu" hx-swap-oob="true"' in undone.text
    assert shopper.counts() == (2, 0)
    assert "€59.00" in shopper.get("/products").text


def test_pages_follow_the_cart_though_the_browser_remembers_otherwise(
    app: Flask, store: TestStore, shop: dict[str, MadeProduct]
) -> None:
    phone, laptop = Browser(app, store), Browser(app, store)
    for browser in (phone, laptop):
        browser.get("/cart")
        signs_in(browser)
    laptop.get("/products")
    phone.adds(shop["throw"].variant_id)
    switch(phone, "IRR")
    assert "2,500,000\xa0Toman" in laptop.get("/products").text
    cookie = laptop.client.get_cookie("currency", domain=store.host)
    assert cookie
    assert cookie.value == "IRR"
    laptop.adds(shop["throw"].variant_id)
    assert "5,000,000\xa0Toman" in laptop.get("/cart").text


def test_a_guests_cart_comes_into_an_account_of_another_currency(
    app: Flask, store: TestStore, shop: dict[str, MadeProduct]
) -> None:
    account, guest = Browser(app, store), Browser(app, store)
    account.get("/cart")
    signs_in(account)
    account.adds(shop["throw"].variant_id)
    switch(account, "IRR")
    guest.adds(shop["throw"].variant_id, 2)
    guest.adds(shop["pen"].variant_id)
    signs_in(guest)
    page = guest.get("/cart").text
    assert guest.counts() == (1, 1)
    assert "1 item is not sold in Toman and waits in your next purchase." in page
    assert "5,000,000\xa0Toman" in page
    guest.post("/cart/merge/undo")
    guest.post("/account/sign-out")
    guest._token = ""
    assert "€163.00" in guest.get("/cart").text  # the device's cart is in its own currency again


def test_an_account_without_a_cart_takes_the_currency_of_the_guests(
    app: Flask, store: TestStore, shop: dict[str, MadeProduct]
) -> None:
    guest = Browser(app, store)
    switch(guest, "IRR")
    guest.adds(shop["throw"].variant_id)
    signs_in(guest)
    assert guest.counts() == (1, 0)
    assert "2,500,000\xa0Toman" in guest.get("/cart").text


def test_what_is_no_longer_sold_in_the_currency_stands_in_the_way(
    app: Flask, store: TestStore, shop: dict[str, MadeProduct]
) -> None:
    browser = Browser(app, store)
    switch(browser, "IRR")
    browser.adds(shop["throw"].variant_id)
    with app.app_context(), use_store(store.id):
        set_further_price(shop["throw"], "IRR", 30_000_000)
    assert "Price went up 500,000\xa0Toman since you added it" in browser.get("/cart").text
    with app.app_context(), use_store(store.id):
        set_further_price(shop["throw"], "IRR", None)
    page = browser.get("/cart").text
    assert "No longer sold in Toman. It is not in your total." in page
    assert "Not counted" in page


@pytest.mark.parametrize("wanted", ["USD", "", "irr", "TOMAN", "\x00"], ids=["foreign", "none", "small", "word", "nul"])
def test_another_currency_is_refused_and_changes_nothing(
    app: Flask, store: TestStore, shop: dict[str, MadeProduct], wanted: str
) -> None:
    browser = Browser(app, store)
    browser.adds(shop["throw"].variant_id)
    answer = switch(browser, wanted)
    assert answer.status_code == 422
    assert "This shop does not sell in that currency." in answer.text
    assert "€59.00" in browser.get("/cart").text


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil"], ids=["full", "short", "slash"])
def test_one_stays_on_this_site(app: Flask, store: TestStore, shop: Any, back: str) -> None:
    assert switch(Browser(app, store), "IRR", back).headers["Location"] == "/?switched=1"


def test_currencies_cost_no_round_trip(shopper: Browser, app: Flask, shop: dict[str, MadeProduct]) -> None:
    shopper.adds(shop["throw"].variant_id)
    guest = shopper.client.get_cookie("cart", domain=shopper.client.host) is not None
    switch(shopper, "IRR")
    shopper.get("/products")
    expected = {
        "/cart": (1, 1) if guest else (1, None),
        "/products": (2, 1) if guest else (3, None),
        f"/products/{shop['throw'].handle}": (2, 1) if guest else (3, None),
    }
    for path, (sql, commands) in expected.items():
        with counted(app) as seen:
            shopper.get(path)
        assert len(seen["sql"]) == sql, (path, seen)
        assert commands is None or len(seen["redis"]) == commands, (path, seen)
    with counted(app) as seen:
        shopper.adds(shop["throw"].variant_id, htmx=True)
    assert (len(seen["sql"]), len(seen["redis"])) == ((1, 2) if guest else (3, len(seen["redis"]))), seen
