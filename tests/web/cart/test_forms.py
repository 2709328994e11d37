"""Every form of the cart answers a browser with 303 and HTMX with the region, and both do the same."""

from typing import Any

import pytest
from flask import Flask

from app.database.tenancy import use_store
from tests.conftest import TestStore
from tests.factories import MadeProduct, make_product
from tests.web.browser import Browser


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def htmx(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def visitor(app: Flask, store: TestStore) -> Browser:
    return Browser(app, store)


@pytest.fixture
def products(app: Flask, store: TestStore) -> list[MadeProduct]:
    with app.app_context(), use_store(store.id):
        return [make_product(title) for title in ("Wool throw", "Kettle", "Lamp")]


def answered(response: Any, htmx: bool) -> None:
    if htmx:
        assert response.status_code == 200
        assert response.text.lstrip().startswith("<div")
        assert "<html" not in response.text
        assert 'id="announce" hx-swap-oob="true"' in response.text
        assert 'id="cart-link" hx-swap-oob="true"' in response.text
    else:
        assert response.status_code == 303
        assert response.location.startswith("/cart?done=")


def test_adding(visitor: Browser, products: list[MadeProduct], htmx: bool) -> None:
    answered(visitor.adds(products[0].variant_id, 2, htmx=htmx), htmx)
    page = visitor.get("/cart").text
    assert "Wool throw" in page
    assert "€20.00" in page


def test_saving_for_next_purchase(visitor: Browser, products: list[MadeProduct], htmx: bool) -> None:
    answered(visitor.adds(products[0].variant_id, 1, "next_purchase", htmx=htmx), htmx)
    assert visitor.counts() == (0, 1)


def test_changing_the_quantity_by_button(visitor: Browser, products: list[MadeProduct], htmx: bool) -> None:
    visitor.adds(products[0].variant_id)
    line = visitor.line_ids()[0]
    answered(visitor.post(f"/cart/items/{line}/quantity", quantity=3, typed="1", htmx=htmx), htmx)
    assert "€30.00" in visitor.get("/cart").text


@pytest.mark.parametrize("typed", ["4", "۴", "٤", " 4 "])
def test_changing_the_quantity_by_typing(visitor: Browser, products: list[MadeProduct], htmx: bool, typed: str) -> None:
    visitor.adds(products[0].variant_id)
    line = visitor.line_ids()[0]
    answered(visitor.post(f"/cart/items/{line}/quantity", typed=typed, htmx=htmx), htmx)
    assert "€40.00" in visitor.get("/cart").text


def test_zero_removes_and_undo_brings_back(visitor: Browser, products: list[MadeProduct], htmx: bool) -> None:
    visitor.adds(products[0].variant_id)
    visitor.adds(products[1].variant_id)
    line = visitor.line_ids()[0]
    answered(visitor.post(f"/cart/items/{line}/quantity", quantity=0, htmx=htmx), htmx)
    assert visitor.counts() == (1, 0)
    answered(visitor.post("/cart/undo", version=4, htmx=htmx), htmx)
    assert visitor.line_ids()[0] == line


def test_removing(visitor: Browser, products: list[MadeProduct], htmx: bool) -> None:
    visitor.adds(products[0].variant_id)
    answered(visitor.post(f"/cart/items/{visitor.line_ids()[0]}/removal", htmx=htmx), htmx)
    assert "Your cart is empty." in visitor.get("/cart").text


def test_moving_a_line_and_a_part(visitor: Browser, products: list[MadeProduct], htmx: bool) -> None:
    visitor.adds(products[0].variant_id, 3)
    line = visitor.line_ids()[0]
    answered(visitor.post(f"/cart/items/{line}/pane", pane="next_purchase", quantity="۲", htmx=htmx), htmx)
    assert visitor.counts() == (1, 1)
    answered(visitor.post(f"/cart/items/{line}/pane", pane="next_purchase", htmx=htmx), htmx)
    assert visitor.counts() == (0, 1)


def test_moving_all_and_emptying(visitor: Browser, products: list[MadeProduct], htmx: bool) -> None:
    for product in products:
        visitor.adds(product.variant_id, 1, "next_purchase")
    answered(visitor.post("/cart/panes/active/lines", htmx=htmx), htmx)
    assert visitor.counts() == (3, 0)
    answered(visitor.post("/cart/panes/active/emptying", htmx=htmx), htmx)
    assert visitor.counts() == (0, 0)


@pytest.mark.parametrize(("answer", "counts"), [("undo", (1, 2)), ("keep", (3, 0))])
def test_auto_activation_and_its_note(
    visitor: Browser, products: list[MadeProduct], htmx: bool, answer: str, counts: tuple[int, int]
) -> None:
    visitor.adds(products[0].variant_id, 1, "next_purchase")
    visitor.adds(products[1].variant_id, 1, "next_purchase")
    answered(visitor.adds(products[2].variant_id, htmx=htmx), htmx)
    page = visitor.get("/cart").text
    assert "We put the 2 items you saved for your next purchase back in your cart." in page
    assert page.count("From next purchase") == 2
    answered(visitor.post(f"/cart/note/{answer}", htmx=htmx), htmx)
    assert visitor.counts() == counts
    assert 'id="note-h"' not in visitor.get("/cart").text


def test_switching_auto_activation_off(visitor: Browser, products: list[MadeProduct], htmx: bool) -> None:
    visitor.adds(products[0].variant_id, 1, "next_purchase")
    answered(visitor.post("/cart/auto-activation", htmx=htmx), htmx)
    visitor.adds(products[1].variant_id)
    assert visitor.counts() == (1, 1)
    answered(visitor.post("/cart/auto-activation", enabled="on", htmx=htmx), htmx)
    assert 'name="enabled" checked' in visitor.get("/cart").text


def test_the_page_speaks_persian(visitor: Browser, products: list[MadeProduct], htmx: bool) -> None:
    visitor.get("/cart?lang=fa")
    visitor.adds(products[0].variant_id, 2, htmx=htmx)
    page = visitor.get("/cart").text
    assert '<html lang="fa" dir="rtl">' in page
    assert "شال مبل پشمی" in page
    assert "۲۰٫۰۰" in page
