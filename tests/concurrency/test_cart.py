"""Many changes to one cart at once: none is lost, none is applied twice. Each with its control: the race without the guard."""

import random
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text

from app.cache.client import client, store_key
from app.cart import guest_repository, history, queries, repository, service
from app.cart.commands import AddItem, MoveLine
from app.cart.errors import GuestCartMoved, LineNotFound, QuantityLimitReached
from app.cart.events import NextPurchaseActivated, replay
from app.cart.policy import Policy
from app.cart.service import Changed, Shopper
from app.cart.state import Cart, Pane
from app.database.base import db
from app.ids import LineId, VariantId, new_id
from tests.concurrency.racing import race
from tests.conftest import NOW, TestStore
from tests.factories import make_customer, make_product
from tests.unit.cart.values import units_by_variant

WRITERS = 16


def does(shopper: Shopper, command: Any, op_id: Any = None) -> Changed:
    return service.change(shopper, command, op_id=op_id or new_id(), currency="EUR", policy=Policy(), days=30, now=NOW)


def adding(
    shopper: Shopper, variant_id: VariantId, op_id: Any = None, pane: Pane = Pane.ACTIVE
) -> Callable[[], Changed]:
    return lambda: does(shopper, AddItem(LineId(new_id()), variant_id, 1, pane), op_id)


def cart_of(shopper: Shopper) -> Cart:
    cart = queries.get_cart(shopper, days=30).cart
    db.session.rollback()
    return cart


@pytest.fixture(params=["customer", "guest"])
def shopper(request: pytest.FixtureRequest, in_store: TestStore) -> Shopper:
    if request.param == "customer":
        return Shopper(customer_id=make_customer())
    return Shopper(guest_cart_id=uuid4())


def test_no_addition_is_lost_or_doubled(app: Flask, in_store: TestStore, shopper: Shopper) -> None:
    throw = make_product(available=None)
    operations = [new_id() for _ in range(WRITERS // 2)]
    results = race(app, in_store.id, [adding(shopper, throw.variant_id, op) for op in operations * 2])
    assert not [result for result in results if isinstance(result, Exception)]
    assert cart_of(shopper).units() == len(operations)


def test_auto_activation_happens_once(app: Flask, in_store: TestStore, shopper: Shopper) -> None:
    saved, items = make_product(), [make_product(f"Item {n}") for n in range(8)]
    adding(shopper, saved.variant_id, pane=Pane.NEXT_PURCHASE)()
    results = race(app, in_store.id, [adding(shopper, item.variant_id) for item in items])
    activations = [e for result in results for e in result.events if isinstance(e, NextPurchaseActivated)]
    assert len(activations) == 1
    assert cart_of(shopper).units() == 9


def test_moves_in_opposite_directions_conserve_units(app: Flask, in_store: TestStore, shopper: Shopper) -> None:
    for n in range(4):
        does(shopper, AddItem(LineId(new_id()), make_product(f"Item {n}").variant_id, 5))
    before = units_by_variant(cart_of(shopper))
    chosen = random.Random(7)

    def move() -> None:
        for _ in range(4):
            line = chosen.choice(cart_of(shopper).lines)
            try:
                does(shopper, MoveLine(line.id, line.pane.other, LineId(new_id()), chosen.randint(1, line.quantity)))
            except (LineNotFound, QuantityLimitReached):  # the line went elsewhere meanwhile: refused, as it should be
                continue

    results = race(app, in_store.id, [move] * 6)
    assert not [result for result in results if isinstance(result, Exception)]
    assert units_by_variant(cart_of(shopper)) == before


def test_the_log_has_no_gap_and_gives_the_state(app: Flask, in_store: TestStore) -> None:
    shopper = Shopper(customer_id=make_customer())
    products = [make_product(f"Item {n}") for n in range(WRITERS)]
    race(app, in_store.id, [adding(shopper, product.variant_id) for product in products])
    assert shopper.customer_id
    stored = repository.find_open(shopper.customer_id)
    assert stored
    assert replay([logged.event for logged in history.list_events(stored.id)]) == stored.cart


def test_control_without_the_row_lock_changes_are_lost(
    app: Flask, in_store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "LOCK", repository.LOCK.replace("FOR NO KEY UPDATE", ""))
    shopper = Shopper(customer_id=make_customer())
    throw = make_product(available=None)
    adding(shopper, throw.variant_id)()
    results = race(app, in_store.id, [adding(shopper, throw.variant_id) for _ in range(WRITERS)])
    assert [result for result in results if isinstance(result, Exception)]  # the log's primary key stops them
    assert cart_of(shopper).units() < WRITERS + 1


def test_control_without_compare_and_set_changes_are_lost(
    app: Flask, in_store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    unguarded = guest_repository.COMPARE_AND_SET.replace("then return 0 end", "then end", 1)
    monkeypatch.setattr(guest_repository, "COMPARE_AND_SET", unguarded)
    shopper = Shopper(guest_cart_id=uuid4())
    throw = make_product(available=None)
    for _ in range(5):  # the window is small: try until it shows
        before = cart_of(shopper).units()
        race(app, in_store.id, [adding(shopper, throw.variant_id) for _ in range(WRITERS)])
        if cart_of(shopper).units() < before + WRITERS:
            return
    pytest.fail("the control shows no race: the test above proves nothing")


def test_twenty_sign_ins_merge_once(app: Flask, in_store: TestStore) -> None:
    customer_id = make_customer()
    throw, kettle = make_product(available=None), make_product("Kettle", available=None)
    account = Shopper(customer_id=customer_id)
    adding(account, throw.variant_id)()
    devices = [Shopper(guest_cart_id=uuid4()) for _ in range(2)]
    for guest in devices:
        for _ in range(2):
            adding(guest, throw.variant_id)()
        adding(guest, kettle.variant_id, pane=Pane.NEXT_PURCHASE)()

    def signing_in(guest: Shopper) -> Callable[[], Any]:
        assert guest.guest_cart_id
        identifier = guest.guest_cart_id
        return lambda: service.merge_guest_cart(
            identifier, customer_id, currency="EUR", policy=Policy(merge_rule="sum"), now=NOW
        )

    results = race(app, in_store.id, [signing_in(guest) for guest in devices * 10])

    assert not [result for result in results if isinstance(result, Exception)]
    cart = cart_of(account)
    assert sorted(line.quantity for line in cart.lines) == [2, 5]
    merges = db.session.execute(text("SELECT count(*) FROM guest_merges")).scalar_one()
    db.session.rollback()
    assert merges == 2


def test_a_guests_late_write_does_not_bring_a_merged_cart_back(in_store: TestStore) -> None:
    customer_id, guest = make_customer(), Shopper(guest_cart_id=uuid4())
    throw = make_product()
    adding(guest, throw.variant_id)()
    assert guest.guest_cart_id
    service.merge_guest_cart(guest.guest_cart_id, customer_id, currency="EUR", policy=Policy(), now=NOW)
    with pytest.raises(GuestCartMoved):
        adding(guest, throw.variant_id)()
    assert cart_of(Shopper(customer_id=customer_id)).units() == 1


def test_what_a_guest_adds_after_a_merge_that_was_cut_short_comes_along(
    in_store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that merged died before it deleted the guest's cart; a minute later the guest went on."""
    customer_id, guest_cart_id = make_customer(), uuid4()
    guest, throw = Shopper(guest_cart_id=guest_cart_id), make_product(available=None)
    signing_in: Any = {"currency": "EUR", "policy": Policy(), "now": NOW}
    for _ in range(2):
        adding(guest, throw.variant_id)()
    with monkeypatch.context() as patch:
        patch.setattr(guest_repository, "delete", lambda _: None)
        service.merge_guest_cart(guest_cart_id, customer_id, **signing_in)
    client().delete(store_key("guest-cart", guest_cart_id, "frozen"))
    for _ in range(3):
        adding(guest, throw.variant_id)()
    for _ in range(2):
        service.merge_guest_cart(guest_cart_id, customer_id, **signing_in)
    assert cart_of(Shopper(customer_id=customer_id)).units() == 5
    assert not guest_repository.load(guest_cart_id, 30).cart.lines
