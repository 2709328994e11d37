"""The page was changed elsewhere, or the prices were: the shopper sees what is there now and has one button for each way on."""

import re

import pytest
from flask import Flask

from app.database.tenancy import use_store
from tests.conftest import TestStore
from tests.factories import MadeProduct, hide, make_product, set_price, set_stock
from tests.web.browser import Browser


@pytest.fixture
def visitor(app: Flask, store: TestStore) -> Browser:
    return Browser(app, store)


@pytest.fixture
def throw(app: Flask, store: TestStore) -> MadeProduct:
    with app.app_context(), use_store(store.id):
        return make_product(available=9)


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_a_quantity_changed_elsewhere(visitor: Browser, throw: MadeProduct, htmx: bool) -> None:
    visitor.adds(throw.variant_id, 2)
    line = visitor.line_ids()[0]
    response = visitor.post(f"/cart/items/{line}/quantity", typed="۳", seen=1, htmx=htmx)
    assert response.status_code == 409
    assert "Your cart was changed somewhere else." in response.text
    assert "Your last change was not saved: Wool throw, 3." in response.text
    assert "Set Wool throw to 3" in response.text
    assert "€20.00" in response.text
    again = dict(re.findall(r'name="(typed|seen)" value="([^"]*)"', response.text.split('role="alert"')[1]))
    assert visitor.post(f"/cart/items/{line}/quantity", **again).status_code == 303
    assert "€30.00" in visitor.get("/cart").text


def test_removing_and_moving_what_changed_elsewhere(visitor: Browser, throw: MadeProduct) -> None:
    visitor.adds(throw.variant_id, 2)
    line = visitor.line_ids()[0]
    assert "Remove Wool throw" in visitor.post(f"/cart/items/{line}/removal", seen=1).text
    moved = visitor.post(f"/cart/items/{line}/pane", pane="next_purchase", seen=7)
    assert "Save Wool throw for next purchase" in moved.text
    assert visitor.counts() == (1, 0)


def test_a_price_is_shown_old_and_new_until_accepted(
    app: Flask, store: TestStore, visitor: Browser, throw: MadeProduct
) -> None:
    visitor.adds(throw.variant_id, 2)
    with app.app_context(), use_store(store.id):
        set_price(throw, 800)
    page = visitor.get("/cart").text
    assert "€2.00 less than when you added it" in page
    assert "€16.00" in page
    assert "€20.00" in page
    shown = re.search(r'name="shown" value="([^"]+)"', page)
    assert shown
    with app.app_context(), use_store(store.id):
        set_price(throw, 1500)
    assert visitor.post("/cart/prices", shown=shown[1]).status_code == 409
    page = visitor.get("/cart").text
    assert "Price went up €5.00 since you added it" in page
    shown = re.search(r'name="shown" value="([^"]+)"', page)
    assert shown
    assert visitor.post("/cart/prices", shown=shown[1]).status_code == 303
    assert 'name="shown"' not in visitor.get("/cart").text


@pytest.mark.parametrize("shown", ["", "x", "a:b,c", "01a1fc41-fc94-7007-8b2b-2fd99e48bfc1:5", "," * 20_000, ":" * 9])
def test_nonsense_for_prices(visitor: Browser, throw: MadeProduct, shown: str) -> None:
    visitor.adds(throw.variant_id)
    assert visitor.post("/cart/prices", shown=shown).status_code == 409


def test_what_cannot_be_bought_is_not_counted(
    app: Flask, store: TestStore, visitor: Browser, throw: MadeProduct
) -> None:
    visitor.adds(throw.variant_id, 3)
    with app.app_context(), use_store(store.id):
        kettle = make_product("Kettle")
    visitor.adds(kettle.variant_id)
    with app.app_context(), use_store(store.id):
        set_stock(throw, 2)
    assert "Only 2 left." in visitor.get("/cart").text
    with app.app_context(), use_store(store.id):
        set_stock(throw, 0)
    page = visitor.get("/cart").text
    assert "Sold out since you added it. It is not in your total." in page
    assert "€40.00" not in page
    with app.app_context(), use_store(store.id):
        hide(throw)
    page = visitor.get("/cart").text
    assert "No longer sold. It is not in your total." in page
    assert "Wool throw" in page


def test_an_operation_id_sent_with_another_wish(visitor: Browser, throw: MadeProduct) -> None:
    op_id = "01a1fc41-fc94-7007-8b2b-2fd99e48bfc1"
    assert visitor.adds(throw.variant_id, 1, op_id=op_id).status_code == 303
    assert visitor.adds(throw.variant_id, 1, op_id=op_id).status_code == 303
    refused = visitor.adds(throw.variant_id, 2, op_id=op_id)
    assert refused.status_code == 422
    assert "sent twice with different contents" in refused.text
    assert "€10.00" in visitor.get("/cart").text
