"""Redis flushed, full or gone in the middle of everything: account carts and orders go on, guests are
told, nothing is an error of ours, and what was acknowledged in PostgreSQL is there afterwards."""

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask

from app.accounts import passwords
from app.config import Config
from app.database.tenancy import use_store
from app.embedded.valkey import Valkey
from tests.applications import another_application
from tests.conftest import TestStore
from tests.factories import MadeProduct, make_customer, make_product
from tests.shop import open_checkout
from tests.web.browser import Browser
from tests.web.orders.conftest import Buyer

EMAIL, PASSWORD = "shirin@example.com", "walnut teapot on a saffron shelf"
AWAY = "Carts are not available right now."
PAGES = ("/", "/products", "/cart", "/account", "/account/sign-in", "/account/register/code", "/console", "/readyz")
CART_FORMS = ("undo", "panes/active/lines", "panes/active/emptying", "note/keep", "merge/undo", "prices")
ACCOUNT_FORMS = (
    "sign-in", "register", "register/code", "register/code/again", "language", "sign-out/everywhere", "sign-out",
)  # fmt: skip


@dataclass
class Shop:
    """An application with a Redis of its own, and whoever was in it before the fault: a member and a guest, each with a cart."""

    app: Flask
    store: TestStore
    valkey: Valkey
    throw: MadeProduct
    member: Buyer
    guest: Browser

    def ask(self, *command: str) -> Any:
        """Have its Redis do something."""
        with redis.Redis.from_url(self.valkey.url()) as client:
            return client.execute_command(*command)


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    """A Redis of these tests' own: its faults are nobody else's."""
    folder = Path(tempfile.mkdtemp(prefix="dualcart-faults-"))
    server = Valkey(folder, durable=False)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def faulty_app(config: Config, app: Flask, valkey: Valkey) -> Iterator[Flask]:
    """The application as production builds it, rate limits and all, on that Redis."""
    with another_application(config, redis_url=valkey.url(), rate_limits=True) as faulty:
        yield faulty


@pytest.fixture
def shop(faulty_app: Flask, valkey: Valkey, store: TestStore, config: Config) -> Iterator[Shop]:
    if valkey.child is None or not valkey.child.running:
        valkey.start()
    with faulty_app.app_context(), use_store(store.id):
        make_customer(EMAIL, password_hash=passwords.hash_password(PASSWORD, config))
        open_checkout()
        throw = make_product(available=None)
    member, guest = Buyer(faulty_app, store), Browser(faulty_app, store)
    shop = Shop(faulty_app, store, valkey, throw, member, guest)
    shop.ask("CONFIG", "SET", "maxmemory", "0")
    shop.ask("FLUSHALL")
    assert signs_in(member) == 303
    for browser in (member, guest):
        assert browser.adds(throw.variant_id, 2).status_code == 303
    yield shop
    if valkey.child and valkey.child.running:
        shop.ask("CONFIG", "SET", "maxmemory", "0")


def full(shop: Shop) -> None:
    """Every command that needs memory is refused."""
    shop.ask("CONFIG", "SET", "maxmemory", "1")
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        shop.ask("SET", "one", "more")


def flushed(shop: Shop) -> None:
    """Everything is gone at once."""
    shop.ask("FLUSHALL")


def gone(shop: Shop) -> None:
    """The server is away."""
    shop.valkey.stop()


def signs_in(browser: Browser) -> int:
    status = browser.post("/account/sign-in", email=EMAIL, password=PASSWORD).status_code
    browser._token = ""
    return status


def units(browser: Browser) -> int:
    """How many pieces the cart page shows in its first line."""
    found = re.search(r'name="typed"[^>]* value="(\d+)"', browser.get("/cart").text)
    return int(found[1]) if found else 0


def everything(browser: Browser, throw: MadeProduct) -> Iterator[tuple[str, int]]:
    """Open every page and send every form: where, and the answer's status."""
    for path in (*PAGES, f"/products/{throw.handle}"):
        yield path, browser.get(path).status_code
    for htmx in (False, True):
        yield "/cart/items", browser.adds(throw.variant_id, htmx=htmx).status_code
        for path in CART_FORMS:
            yield path, browser.post(f"/cart/{path}", version=3, htmx=htmx).status_code
    for path in ACCOUNT_FORMS:
        fields = {"email": EMAIL, "password": PASSWORD, "code": "123456", "locale": "en"}
        yield path, browser.post(f"/account/{path}", **fields).status_code


@pytest.mark.parametrize("fault", [full, flushed, gone], ids=["full", "flushed", "gone"])
def test_nothing_is_an_error_of_ours(shop: Shop, fault: Callable[[Shop], None]) -> None:
    newcomer = Browser(shop.app, shop.store)
    newcomer.get("/cart")
    fault(shop)
    answers = [answer for browser in (shop.member, shop.guest, newcomer) for answer in everything(browser, shop.throw)]
    assert {status for _, status in answers} <= {200, 303, 403, 404, 409, 422, 503}, answers


def test_full_a_members_cart_goes_on(shop: Shop) -> None:
    full(shop)
    assert shop.member.get("/cart").status_code == 200
    assert shop.member.adds(shop.throw.variant_id, 3).status_code == 303
    line = shop.member.line_ids()[0]
    assert shop.member.post(f"/cart/items/{line}/quantity", quantity=7, htmx=True).status_code == 200
    assert units(shop.member) == 7


def test_full_a_guest_sees_the_cart_and_is_told_that_it_cannot_change(shop: Shop) -> None:
    full(shop)
    assert units(shop.guest) == 2
    for htmx in (False, True):
        refused = shop.guest.adds(shop.throw.variant_id, htmx=htmx)
        assert refused.status_code == 503
        assert AWAY in refused.text
    shop.ask("CONFIG", "SET", "maxmemory", "0")
    assert units(shop.guest) == 2
    assert shop.guest.adds(shop.throw.variant_id).status_code == 303
    assert units(shop.guest) == 3


def test_full_nobody_is_half_signed_in(shop: Shop) -> None:
    full(shop)
    assert signs_in(shop.guest) == 503
    assert units(shop.guest) == 2
    shop.ask("CONFIG", "SET", "maxmemory", "0")
    assert signs_in(shop.guest) == 303
    shop.guest.get("/cart")
    assert 'id="merged-h"' in shop.guest.get("/cart").text


def test_a_sign_in_just_before_it_filled_up_merges_later(shop: Shop) -> None:
    cookie = shop.guest.client.get_cookie("cart", domain=shop.store.host)
    assert cookie
    full(shop)
    shop.member.client.set_cookie("cart", cookie.value, domain=shop.store.host)
    assert units(shop.member) == 2
    shop.ask("CONFIG", "SET", "maxmemory", "0")
    assert 'id="merged-h"' in shop.member.get("/cart").text


def test_flushed_a_member_signs_in_again_and_a_guest_is_told_once(shop: Shop) -> None:
    flushed(shop)
    assert units(shop.member) == 0
    assert signs_in(shop.member) == 303
    assert units(shop.member) == 2
    told = "The cart from this device is no longer there."
    assert told in shop.guest.get("/cart").text
    assert told not in shop.guest.get("/cart").text
    assert shop.guest.adds(shop.throw.variant_id).status_code == 303
    assert units(shop.guest) == 1


def test_gone_a_members_cart_goes_on(shop: Shop) -> None:
    gone(shop)
    assert units(shop.member) == 2
    assert shop.member.adds(shop.throw.variant_id, 3).status_code == 303
    line = shop.member.line_ids()[0]
    assert shop.member.post(f"/cart/items/{line}/quantity", quantity=7, htmx=True).status_code == 200
    assert units(shop.member) == 7
    assert shop.member.get("/account").status_code == 503  # the account itself waits
    shop.valkey.start()  # empty: signed out, as after every loss of all sessions
    assert units(shop.member) == 0
    assert shop.member.client.get_cookie("known", domain=shop.store.host) is None
    assert signs_in(shop.member) == 303
    assert units(shop.member) == 7


def test_gone_a_member_orders(shop: Shop) -> None:
    gone(shop)
    assert shop.member.delivers().location == "/checkout/payment"
    assert shop.member.pays().location == "/checkout/review"
    placed = shop.member.orders()
    assert placed.status_code == 303
    assert "Thank you, your order is placed" in shop.member.get(str(placed.location)).text
    assert units(shop.member) == 0


def test_gone_nobody_is_believed_without_the_session_it_stands_in_for(shop: Shop) -> None:
    cookie = shop.member.client.get_cookie("known", domain=shop.store.host)
    assert cookie
    thief = Browser(shop.app, shop.store)
    thief.get("/cart")
    thief.client.set_cookie("known", cookie.value, domain=shop.store.host)
    gone(shop)
    assert units(thief) == 0


def test_gone_who_signed_out_stays_signed_out(shop: Shop) -> None:
    names = ("known", "dualcart")
    stolen = {name: shop.member.client.get_cookie(name, domain=shop.store.host) for name in names}
    assert shop.member.post("/account/sign-out/everywhere").status_code == 303
    shop.member.get("/")
    assert shop.member.client.get_cookie("known", domain=shop.store.host) is None
    gone(shop)
    thief = Browser(shop.app, shop.store)
    for name, cookie in stolen.items():
        assert cookie
        thief.client.set_cookie(name, cookie.value, domain=shop.store.host)
    assert units(thief) == 0


def test_gone_and_back_again(shop: Shop) -> None:
    gone(shop)
    for browser in (shop.member, shop.guest):
        assert browser.get("/").status_code == 200
    told = shop.guest.get("/cart")
    assert told.status_code == 503
    assert AWAY in told.text
    assert shop.guest.adds(shop.throw.variant_id).status_code == 503
    assert signs_in(shop.guest) == 503
    shop.valkey.start()  # empty: it kept nothing on disk
    assert signs_in(shop.member) == 303
    assert units(shop.member) == 2
