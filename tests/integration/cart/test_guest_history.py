"""What is kept of a guest's cart besides its state: any past version, whose cart it was, and how much room it takes."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from app.cache.client import client, store_key
from app.cart import guest_repository, history, queries, service
from app.cart.commands import AddItem, ChangeQuantity, Undo
from app.cart.errors import StockShort
from app.cart.history import CartNotFound
from app.cart.policy import Policy
from app.cart.service import Changed, Shopper
from app.cart.state import Cart, Pane
from app.ids import LineId, new_id
from app.web.visitors import Visitor
from tests.conftest import NOW, TestStore
from tests.factories import make_customer, make_product

GUEST = Policy()


def does(
    guest: UUID, command: Any, minutes: int = 0, op_id: UUID | None = None, by: Visitor = Visitor.PERSON
) -> Changed:
    moment = NOW + timedelta(minutes=minutes)
    shopper = Shopper(guest_cart_id=guest, by=by)
    return service.change(shopper, command, op_id=op_id or new_id(), currency="EUR", policy=GUEST, days=30, now=moment)


def now(guest: UUID) -> Cart:
    return queries.get_cart(Shopper(guest_cart_id=guest), days=30).cart


@pytest.fixture
def guest(in_store: TestStore) -> UUID:
    """A guest who saved something, then added something else, which brought it back."""
    guest = uuid4()
    does(guest, AddItem(LineId(new_id()), make_product("Kettle").variant_id, 2, Pane.NEXT_PURCHASE), 0)
    does(guest, AddItem(LineId(new_id()), make_product("Throw").variant_id, 3), 1)
    return guest


def test_any_version_and_any_moment(guest: UUID) -> None:
    assert [history.guest_cart_at(guest, version=n).units() for n in (1, 2, 3, 4)] == [0, 2, 2, 5]
    assert history.guest_cart_at(guest, version=3).activation == 1
    assert history.guest_cart_at(guest, moment=NOW + timedelta(seconds=30)).units() == 2
    assert history.guest_cart_at(guest) == now(guest)
    for wrong in ({"version": 99}, {"moment": NOW - timedelta(days=1)}):
        with pytest.raises(CartNotFound):
            history.guest_cart_at(guest, **wrong)  # type: ignore[arg-type]
    with pytest.raises(CartNotFound):
        history.guest_cart_at(uuid4())


def test_what_was_refused_or_sent_twice_is_not_in_it(guest: UUID) -> None:
    scarce, op_id = make_product("Lamp", available=1), new_id()
    for _ in range(2):
        does(guest, AddItem(LineId(new_id()), scarce.variant_id, 1), op_id=op_id)
    with pytest.raises(StockShort):
        does(guest, AddItem(LineId(new_id()), scarce.variant_id, 1))
    entries = guest_repository.list_entries(guest)
    assert [(entry.version, len(entry.events)) for entry in entries] == [(2, 2), (4, 2), (5, 1)]
    assert entries[-1].op_id == op_id


def test_a_long_history_ends_somewhere(guest: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest_repository, "HISTORY_KEPT", 25)
    monkeypatch.setattr(guest_repository, "WHOLE_EVERY", 5)
    line = now(guest).lines[0]
    for quantity in range(3, 63):
        does(guest, ChangeQuantity(line.id, quantity))
    assert len(guest_repository.list_entries(guest)) == 25
    last = now(guest)
    assert history.guest_cart_at(guest) == last
    for back in range(20):
        past = history.guest_cart_at(guest, version=last.version - back)
        assert (past.version, past.units()) == (last.version - back, last.units() - back)
    with pytest.raises(CartNotFound):
        history.guest_cart_at(guest, version=10)


def test_it_lives_and_goes_with_the_cart(guest: UUID) -> None:
    keys = [store_key("guest-cart", guest), store_key("guest-cart", guest, "history")]
    for key in keys:
        client().expire(key, 5)
    now(guest)
    assert all(client().ttl(key) > 29 * 86_400 for key in keys)  # type: ignore[operator]
    service.merge_guest_cart(guest, make_customer(), currency="EUR", policy=GUEST, now=NOW)
    assert client().exists(*keys) == 0


def test_a_cart_that_begins_anew_has_a_history_of_its_own(guest: UUID) -> None:
    client().delete(store_key("guest-cart", guest))
    does(guest, AddItem(LineId(new_id()), make_product("Lamp").variant_id, 1))
    assert history.guest_cart_at(guest) == now(guest)
    assert len(guest_repository.list_entries(guest)) == 1


def test_the_cart_remembers_the_most_doubtful_visitor(guest: UUID) -> None:
    lamp = make_product("Lamp").variant_id
    does(guest, AddItem(LineId(new_id()), lamp, 1), by=Visitor.SUSPECT)
    changed = does(guest, AddItem(LineId(new_id()), lamp, 1))
    does(guest, Undo(changed.cart.version))
    assert guest_repository.load(guest, 30).by is Visitor.SUSPECT
    kinds = [entry.by for entry in guest_repository.list_entries(guest)]
    assert kinds == [Visitor.PERSON, Visitor.PERSON, Visitor.SUSPECT, Visitor.PERSON, Visitor.PERSON]


def test_an_operator_looks_at_it(guest: UUID, in_store: TestStore, app: Flask) -> None:
    run, store = app.test_cli_runner().invoke, ["--store", in_store.slug]
    shown = run(args=["carts", "show", str(guest), "--version", "2", *store]).output
    assert shown.startswith("version 2\nnext_purchase     2 x kettle")
    assert run(args=["carts", "show", str(guest), "--version", "9", *store]).exit_code == 2


def test_it_takes_modest_room(in_store: TestStore) -> None:
    guest, products = uuid4(), [make_product(f"Product {n}") for n in range(5)]
    for product in products * 2:
        does(guest, AddItem(LineId(new_id()), product.variant_id, 1))
    taken = [client().memory_usage(store_key("guest-cart", guest, *more)) for more in ((), ("history",))]
    assert all(size is not None and size < 10_000 for size in taken), taken
