"""The same wishes give the same cart in PostgreSQL and in Redis: one set of rules behind both."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.cart import history, queries, repository, service
from app.cart.commands import AddItem, AnswerNote, ChangeQuantity, ChangeVariant, MoveLine, RemoveLine, Undo
from app.cart.errors import LineNotFound, NothingToUndo, StockShort, VariantNotFound
from app.cart.events import replay
from app.cart.policy import Policy
from app.cart.service import Changed, Shopper
from app.cart.state import Pane
from app.database.base import db
from app.ids import LineId, VariantId, new_id
from tests.conftest import NOW
from tests.factories import make_customer, make_other, make_product

ACTIVE, NEXT = Pane.ACTIVE, Pane.NEXT_PURCHASE


@pytest.fixture(params=["customer", "guest"])
def shopper(request: pytest.FixtureRequest, in_store: Any) -> Shopper:
    if request.param == "customer":
        return Shopper(customer_id=make_customer())
    return Shopper(guest_cart_id=uuid4())


def does(shopper: Shopper, command: Any, op_id: Any = None) -> Changed:
    return service.change(shopper, command, op_id=op_id or new_id(), currency="EUR", policy=Policy(), days=30, now=NOW)


def add(variant_id: VariantId, quantity: int = 1, pane: Pane = ACTIVE) -> AddItem:
    return AddItem(LineId(new_id()), variant_id, quantity, pane)


def shown(shopper: Shopper) -> list[tuple[Pane, VariantId, int]]:
    cart = queries.get_cart(shopper, days=30).cart
    return [(line.pane, line.variant_id, line.quantity) for line in cart.lines]


def test_what_is_done_is_there_afterwards(shopper: Shopper) -> None:
    throw, kettle = make_product("Wool throw"), make_product("Kettle")
    line = does(shopper, add(throw.variant_id, 2)).cart.lines[0]
    does(shopper, add(kettle.variant_id))
    does(shopper, ChangeQuantity(line.id, 5))
    does(shopper, MoveLine(line.id, NEXT, LineId(new_id()), 2))

    assert shown(shopper) == [
        (ACTIVE, throw.variant_id, 3),
        (ACTIVE, kettle.variant_id, 1),
        (NEXT, throw.variant_id, 2),
    ]


def test_auto_activation_message_and_undo(shopper: Shopper) -> None:
    throw, kettle, lamp = make_product("Wool throw"), make_product("Kettle"), make_product("Lamp")
    does(shopper, add(throw.variant_id, 2, NEXT))
    does(shopper, add(kettle.variant_id, 1, NEXT))

    changed = does(shopper, add(lamp.variant_id))

    assert changed.next_purchase_activated
    assert queries.get_cart(shopper, days=30).cart.note is not None
    does(shopper, AnswerNote(keep=False))
    assert shown(shopper) == [
        (NEXT, throw.variant_id, 2),
        (NEXT, kettle.variant_id, 1),
        (ACTIVE, lamp.variant_id, 1),
    ]


def test_removing_can_be_undone_once(shopper: Shopper) -> None:
    throw = make_product()
    line = does(shopper, add(throw.variant_id, 3)).cart.lines[0]
    removed = does(shopper, RemoveLine(line.id))
    does(shopper, Undo(removed.cart.version))
    assert shown(shopper) == [(ACTIVE, throw.variant_id, 3)]
    with pytest.raises(NothingToUndo):
        does(shopper, Undo(removed.cart.version))


def test_a_line_becomes_another_variant_under_its_own_id(shopper: Shopper) -> None:
    throw = make_product()
    indigo = make_other(throw)
    line = does(shopper, add(throw.variant_id, 3)).cart.lines[0]
    changed = does(shopper, ChangeVariant(line.id, indigo))
    assert shown(shopper) == [(ACTIVE, indigo, 3)]
    does(shopper, Undo(changed.cart.version))
    assert shown(shopper) == [(ACTIVE, throw.variant_id, 3)]


def test_the_same_operation_twice_is_done_once(shopper: Shopper) -> None:
    throw, op_id = make_product(), new_id()
    first = does(shopper, add(throw.variant_id), op_id)
    again = does(shopper, add(throw.variant_id), op_id)
    assert again.cart == first.cart
    assert shown(shopper) == [(ACTIVE, throw.variant_id, 1)]


@pytest.mark.parametrize("wish", ["unknown variant", "foreign line", "too many"])
def test_a_refusal_changes_nothing(shopper: Shopper, wish: str) -> None:
    throw = make_product(available=2)
    does(shopper, add(throw.variant_id))
    before = queries.get_cart(shopper, days=30).cart
    command, refusal = {
        "unknown variant": (add(VariantId(new_id())), VariantNotFound),
        "foreign line": (RemoveLine(LineId(new_id())), LineNotFound),
        "too many": (add(throw.variant_id, 2), StockShort),
    }[wish]
    with pytest.raises(refusal):
        does(shopper, command)
    assert queries.get_cart(shopper, days=30).cart == before


def test_replaying_the_log_gives_the_stored_state(in_store: Any) -> None:
    customer_id = make_customer()
    shopper = Shopper(customer_id=customer_id)
    products = [make_product(f"Product {n}") for n in range(4)]
    for product in products:
        does(shopper, add(product.variant_id, 2, NEXT))
    does(shopper, add(products[0].variant_id))
    does(shopper, AnswerNote(keep=False))

    stored = repository.find_open(customer_id)

    assert stored is not None
    assert replay([logged.event for logged in history.list_events(stored.id)]) == stored.cart


def test_the_log_cannot_be_changed_by_the_application(in_store: Any) -> None:
    shopper = Shopper(customer_id=make_customer())
    does(shopper, add(make_product().variant_id))
    for statement in ("UPDATE cart_events SET kind = 'x'", "DELETE FROM cart_events"):
        with pytest.raises(Exception, match="permission denied"):
            db.session.execute(text(statement))
        db.session.rollback()
