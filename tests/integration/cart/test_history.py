"""The log is the truth: past states, rebuilding, and a check that sees every kind of damage."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.cart import history, repository, service
from app.cart.commands import AddItem, RemoveLine
from app.cart.errors import OperationDiffers
from app.cart.history import CartNotFound, Fault
from app.cart.policy import Policy
from app.cart.repository import StoredCart
from app.cart.service import Shopper
from app.cart.state import Pane
from app.database.base import db
from app.database.transaction import transaction
from app.ids import CartId, LineId, new_id
from tests.conftest import NOW, TestStore
from tests.factories import make_customer, make_product


def stored_of(shopper: Shopper) -> StoredCart:
    assert shopper.customer_id
    stored = repository.find_open(shopper.customer_id)
    db.session.rollback()
    assert stored
    return stored


def does(shopper: Shopper, command: Any, minutes: int = 0, op_id: Any = None) -> None:
    service.change(
        shopper,
        command,
        op_id=op_id or new_id(),
        currency="EUR",
        policy=Policy(),
        days=30,
        now=NOW + timedelta(minutes=minutes),
    )


@pytest.fixture
def shopper(in_store: TestStore) -> Shopper:
    shopper = Shopper(customer_id=make_customer())
    for minute in range(5):
        pane = Pane.NEXT_PURCHASE if minute < 2 else Pane.ACTIVE
        does(shopper, AddItem(LineId(new_id()), make_product(f"Item {minute}").variant_id, minute + 1, pane), minute)
    return shopper


def faults() -> list[Any]:
    return [result for result in history.verify() if isinstance(result, Fault)]


def damage(owner_engine: Engine, store: TestStore, statement: str) -> None:
    """What the application's role may not do, somebody with the owner's rights can."""
    with Session(owner_engine) as session, session.begin():
        session.execute(text(f"SET LOCAL app.store = '{store.id}'"))
        assert session.execute(text(statement)).rowcount  # type: ignore[attr-defined]


def test_an_untouched_log_is_in_order(shopper: Shopper) -> None:
    assert faults() == []
    assert list(history.verify()) == [stored_of(shopper).id]


def test_the_state_after_any_event_and_at_any_moment(shopper: Shopper) -> None:
    cart_id = stored_of(shopper).id
    assert [history.cart_at(cart_id, version=n).units() for n in range(1, 8)] == [0, 1, 3, 3, 6, 10, 15]
    assert history.cart_at(cart_id, moment=NOW + timedelta(minutes=1, seconds=30)).units() == 3
    assert history.cart_at(cart_id) == stored_of(shopper).cart
    for wrong in ({"version": 99}, {"moment": NOW - timedelta(days=1)}):
        with pytest.raises(CartNotFound):
            history.cart_at(cart_id, **wrong)  # type: ignore[arg-type]
    with pytest.raises(CartNotFound):
        history.cart_at(CartId(new_id()))


@pytest.mark.parametrize(
    ("statement", "kind", "version"),
    [
        ("UPDATE cart_events SET payload = jsonb_set(payload, '{line,quantity}', '9') WHERE version = 2", "chain", 2),
        ("UPDATE cart_events SET actor = 'customer:somebody' WHERE version = 3", "chain", 3),
        ("UPDATE cart_events SET occurred_at = occurred_at + interval '1 us' WHERE version = 5", "chain", 5),
        ("DELETE FROM cart_events WHERE version = 4", "gap", 4),
        ("DELETE FROM cart_events WHERE version = 7", "chain", 6),
        ("UPDATE cart_lines SET quantity = quantity + 1 WHERE position = 0", "state", 7),
        ("DELETE FROM cart_lines WHERE position = 0", "state", 7),
        ("UPDATE carts SET note = NULL", "state", 7),
    ],
)
def test_every_damage_is_seen(
    shopper: Shopper, in_store: TestStore, owner_engine: Engine, statement: str, kind: str, version: int
) -> None:
    damage(owner_engine, in_store, statement)
    assert faults() == [Fault(stored_of(shopper).id, kind, version)]


def test_rebuilding_gives_the_state_back(shopper: Shopper, in_store: TestStore, owner_engine: Engine) -> None:
    before = stored_of(shopper)
    damage(owner_engine, in_store, "UPDATE cart_lines SET quantity = 999")
    damage(owner_engine, in_store, "UPDATE carts SET note = NULL, currency = 'USD', last = NULL")
    history.rebuild(before.id, NOW)
    assert stored_of(shopper) == before
    assert faults() == []
    does(shopper, RemoveLine(before.cart.lines[0].id))
    assert faults() == []


def test_the_commands(shopper: Shopper, in_store: TestStore, app: Flask, owner_engine: Engine) -> None:
    cart_id, run = str(stored_of(shopper).id), app.test_cli_runner().invoke
    store = ["--store", in_store.slug]
    assert run(args=["carts", "verify", *store]).output == "1 carts are in order, 0 are not\n"
    damage(owner_engine, in_store, "UPDATE cart_lines SET quantity = 999 WHERE position = 0")
    failed = run(args=["carts", "verify", *store])
    assert (failed.exit_code, failed.output.splitlines()[0]) == (
        1,
        f"{cart_id}: the state is not what the log gives at version 7",
    )
    assert run(args=["carts", "rebuild", cart_id, *store]).output == "rebuilt at version 7\n"
    assert run(args=["carts", "verify", *store]).exit_code == 0
    assert "version 3" in run(args=["carts", "show", cart_id, "--version", "3", *store]).output
    for wrong in (["show", "abc"], ["show", str(new_id())], ["rebuild", str(new_id())], ["show", cart_id, "--at", "x"]):
        refused = run(args=["carts", *wrong, *store])
        assert (refused.exit_code, refused.output.count("\n")) == (2, 1)


def test_one_operation_id_cannot_mean_two_things(in_store: TestStore) -> None:
    throw, op_id = make_product(), new_id()
    for shopper in (Shopper(customer_id=make_customer()), Shopper(guest_cart_id=new_id())):
        does(shopper, AddItem(LineId(new_id()), throw.variant_id, 1), op_id=op_id)
        does(shopper, AddItem(LineId(new_id()), throw.variant_id, 1), op_id=op_id)
        with pytest.raises(OperationDiffers):
            does(shopper, AddItem(LineId(new_id()), throw.variant_id, 2), op_id=op_id)


def test_the_log_is_locked_in_the_documented_order(in_store: TestStore) -> None:
    with transaction():
        list(history.verify())
