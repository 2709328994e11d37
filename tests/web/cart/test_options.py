"""Changing a line's options in place: a page of its own without JavaScript, swapped into the line with it."""

from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import insert, text

from app.catalog.models import Variant
from app.database.tenancy import current_store_id, use_store
from app.database.transaction import transaction
from app.ids import new_id
from tests.conftest import TestStore
from tests.factories import MadeProduct, make_product
from tests.web.browser import Browser

INDIGO = {"en": "Indigo", "fa": "نیلی"}


@pytest.fixture
def throw(app: Flask, store: TestStore) -> tuple[MadeProduct, str]:
    """A product in two colours, and the id of the second."""
    with app.app_context(), use_store(store.id), transaction() as session:
        made, other = make_product(), new_id()
        session.execute(text("""UPDATE products SET option_names = '[{"en": "Colour", "fa": "رنگ"}]'"""))
        session.execute(text("""UPDATE variants SET options = '[{"en": "Saffron", "fa": "زعفرانی"}]'"""))
        session.execute(
            insert(Variant).values(
                store_id=current_store_id(),
                id=other,
                product_id=made.id,
                sku="indigo",
                options=[INDIGO],
                price=1500,
                currency="EUR",
                position=2,
            )
        )
        return made, str(other)


def test_from_link_to_changed_line(app: Flask, store: TestStore, throw: tuple[MadeProduct, str]) -> None:
    visitor = Browser(app, store)
    visitor.adds(throw[0].variant_id, 2)
    line = visitor.line_ids()[0]
    assert f"/cart/items/{line}/options" in visitor.get("/cart").text
    page = visitor.get(f"/cart/items/{line}/options")
    assert page.status_code == 200
    assert "Indigo" in page.text
    assert "<html" in page.text
    part = visitor.get(f"/cart/items/{line}/options", headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert visitor.post(f"/cart/items/{line}/options", variant_id=throw[1], seen=2).status_code == 303
    cart = visitor.get("/cart?done=3").text
    assert "Wool throw is now Indigo." in cart
    assert "€30.00" in cart
    visitor.post("/cart/undo", version=3)
    assert "€20.00" in visitor.get("/cart").text


def test_what_is_not_there(app: Flask, store: TestStore, throw: tuple[MadeProduct, str]) -> None:
    visitor = Browser(app, store)
    visitor.adds(throw[0].variant_id, 2)
    line = visitor.line_ids()[0]
    assert visitor.get(f"/cart/items/{uuid4()}/options").status_code == 404
    assert visitor.get("/cart/items/abc/options").status_code == 404
    for variant_id, status in (("", 422), ("abc", 422), (str(uuid4()), 404)):
        assert visitor.post(f"/cart/items/{line}/options", variant_id=variant_id).status_code == status
    with app.app_context(), use_store(store.id):
        other = make_product("Kettle")
    refused = visitor.post(f"/cart/items/{line}/options", variant_id=other.variant_id)
    assert refused.status_code == 422
    assert "Choose one of the options shown." in refused.text
