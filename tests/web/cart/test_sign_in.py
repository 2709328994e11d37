"""A guest's cart becomes the customer's at sign-in, once; signing out leaves it in the account."""

import pytest
from flask import Flask

from app.accounts import passwords
from app.config import Config
from app.database.tenancy import use_store
from tests.conftest import TestStore
from tests.factories import MadeProduct, make_customer, make_product
from tests.web.browser import Browser
from tests.web.cart.test_costs import counted

EMAIL, PASSWORD = "shirin@example.com", "walnut teapot on a saffron shelf"


@pytest.fixture
def throw(app: Flask, store: TestStore, config: Config) -> MadeProduct:
    with app.app_context(), use_store(store.id):
        make_customer(EMAIL, password_hash=passwords.hash_password(PASSWORD, config))
        return make_product(available=None)


def signs_in(browser: Browser) -> None:
    response = browser.post("/account/sign-in", email=EMAIL, password=PASSWORD)
    assert response.status_code == 303
    browser._token = ""


def test_the_guests_cart_comes_along(app: Flask, store: TestStore, throw: MadeProduct) -> None:
    guest = Browser(app, store)
    guest.adds(throw.variant_id, 2)
    signs_in(guest)
    page = guest.get("/cart").text
    assert "We added the 1 item from this device to your account." in page
    assert guest.counts() == (1, 0)
    assert guest.client.get_cookie("cart", domain=store.host) is None


def test_same_lines_take_the_larger_quantity(app: Flask, store: TestStore, throw: MadeProduct) -> None:
    phone, laptop = Browser(app, store), Browser(app, store)
    phone.adds(throw.variant_id, 2)
    laptop.adds(throw.variant_id, 3)
    signs_in(phone)
    signs_in(laptop)
    assert "€30.00" in phone.get("/cart").text
    assert "€30.00" in laptop.get("/cart").text


def test_signing_out_leaves_the_cart_in_the_account(app: Flask, store: TestStore, throw: MadeProduct) -> None:
    browser = Browser(app, store)
    signs_in(browser)
    browser.adds(throw.variant_id)
    browser.post("/account/sign-out")
    browser._token = ""
    assert browser.counts() == (0, 0)
    signs_in(browser)
    assert browser.counts() == (1, 0)


def test_the_session_gets_a_new_id(app: Flask, store: TestStore, throw: MadeProduct) -> None:
    browser = Browser(app, store)
    browser.get("/cart")
    before = browser.client.get_cookie("dualcart", domain=store.host)
    signs_in(browser)
    after = browser.client.get_cookie("dualcart", domain=store.host)
    assert before
    assert after
    assert before.value.split(".")[0] != after.value.split(".")[0]


def test_what_a_customers_requests_cost(app: Flask, store: TestStore, throw: MadeProduct) -> None:
    browser = Browser(app, store)
    signs_in(browser)
    browser.adds(throw.variant_id)
    browser.get("/cart")
    with counted(app) as page:
        browser.get("/cart")
    with counted(app) as adding:
        browser.adds(throw.variant_id, htmx=True)
    assert (len(page["sql"]), len(page["redis"])) == (1, 1), page
    assert (len(adding["sql"]), len(adding["redis"])) == (3, 1), adding


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_a_merge_can_be_undone(app: Flask, store: TestStore, throw: MadeProduct, htmx: bool) -> None:
    browser = Browser(app, store)
    signs_in(browser)
    browser.adds(throw.variant_id, 1)
    browser.post("/account/sign-out")
    browser._token = ""
    browser.adds(throw.variant_id, 5)
    signs_in(browser)
    assert "€50.00" in browser.get("/cart").text

    response = browser.post("/cart/merge/undo", htmx=htmx)

    assert response.status_code == (200 if htmx else 303)
    page = browser.get("/cart").text
    assert "€10.00" in page
    assert 'id="merged-h"' not in page
    assert browser.post("/cart/merge/undo").status_code == 409
    browser.post("/account/sign-out")
    browser._token = ""
    assert "€50.00" in browser.get("/cart").text
    signs_in(browser)
    assert "€50.00" in browser.get("/cart").text


def test_a_merge_can_be_kept(app: Flask, store: TestStore, throw: MadeProduct) -> None:
    browser = Browser(app, store)
    browser.adds(throw.variant_id, 5)
    signs_in(browser)
    assert 'id="merged-h"' in browser.get("/cart").text
    assert browser.post("/cart/merge/keep").status_code == 303
    assert 'id="merged-h"' not in browser.get("/cart").text


def test_undoing_a_merge_twice_at_once_makes_one_guest_cart(app: Flask, store: TestStore, throw: MadeProduct) -> None:
    browser = Browser(app, store)
    browser.adds(throw.variant_id, 5)
    signs_in(browser)
    op_id = "01a1fc41-fc94-7007-8b2b-2fd99e48bfc2"
    browser.get("/cart")
    assert browser.post("/cart/merge/undo", op_id=op_id).status_code == 303
    first = browser.client.get_cookie("cart", domain=store.host)
    assert browser.post("/cart/merge/undo", op_id=op_id).status_code == 303
    assert browser.client.get_cookie("cart", domain=store.host) == first
