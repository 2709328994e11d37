"""A store that delivers, things to buy, and somebody who goes through a checkout page by page."""

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.database.tenancy import use_store
from tests.conftest import TestStore
from tests.factories import MadeProduct, make_product
from tests.shop import open_checkout
from tests.web.browser import Browser

ENTRIES = {
    "email": "Shirin@Example.com",
    "name": "Shirin Karimi",
    "phone": "030 1234567",
    "country": "DE",
    "street": "Lindenstraße 5",
    "postcode": "10969",
    "city": "Berlin",
    "delivery": "standard",
}
CARD = {"way": "demo_bank", "number": "4242 4242 4242 4242", "expiry": "12/30", "code": "123"}
DECLINED = {**CARD, "number": "4000 0000 0000 0002"}
HANGING = {**CARD, "number": "4000 0000 0000 0101"}


class Buyer(Browser):
    """A browser on the way to an order."""

    def delivers(self, **entries: Any) -> TestResponse:
        """Send the delivery page."""
        return self.post("/checkout/delivery", **{**ENTRIES, **entries})

    def pays(self, **entries: Any) -> TestResponse:
        """Send the payment page."""
        return self.post("/checkout/payment", **(entries or CARD))

    def orders(self, review: TestResponse | None = None, **fields: Any) -> TestResponse:
        """Press the button of the review page."""
        page = (review or self.get("/checkout/review")).text
        seen = {name: hidden(page, name) for name in ("fingerprint", "total")}
        return self.post("/checkout/order", **{**seen, **fields})

    def buys(self, product: MadeProduct, quantity: int = 1, **card: str) -> str:
        """The whole way; returns the order's address."""
        self.adds(product.variant_id, quantity)
        assert self.delivers().location == "/checkout/payment"
        assert self.pays(**card).location == "/checkout/review"
        answer = self.orders()
        assert answer.status_code == 303, answer.text
        return str(answer.location)


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return unescape(found[1])


@pytest.fixture(autouse=True)
def terms(app: Flask, store: TestStore) -> None:
    with app.app_context(), use_store(store.id):
        open_checkout()


@pytest.fixture
def throw(app: Flask, store: TestStore) -> MadeProduct:
    with app.app_context(), use_store(store.id):
        return make_product("Wool throw", price=5900, available=5)


@pytest.fixture
def kettle(app: Flask, store: TestStore) -> MadeProduct:
    with app.app_context(), use_store(store.id):
        return make_product("Kettle", price=6400, available=5, fa="کتری")


@pytest.fixture
def buyer(app: Flask, store: TestStore) -> Buyer:
    return Buyer(app, store)
