"""Many buyers at once: the last unit is sold once, a form counts once, money and units are never lost or doubled."""

import random
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy import text

from app.cart.state import Pane
from app.database.base import db
from app.database.tenancy import use_store
from app.ids import new_id
from app.inventory import reservations
from app.orders import attempts, handling, queries, settlement, sweeping
from app.orders.errors import LinesToResolve
from app.orders.placing import Placing
from app.orders.values import OrderState, PaymentState
from app.payments.provider import Outcome, ProviderEvent, Status
from tests.bank import DECLINED, OK, UNKNOWN, ScriptedBank
from tests.concurrency.racing import race
from tests.conftest import NOW, TestStore
from tests.factories import make_customer, make_product
from tests.ordering import cart_of, place, put, ready

BUYERS = 200


def on_the_shelf_and_held(variant_id: Any) -> tuple[int, int]:
    names = {"id": variant_id}
    available = db.session.execute(text("SELECT available FROM stock WHERE variant_id = :id"), names).scalar_one()
    held = db.session.execute(
        text("SELECT coalesce(sum(quantity), 0) FROM reservations WHERE variant_id = :id"), names
    ).scalar_one()
    db.session.commit()
    return available, held


def test_two_hundred_buyers_of_the_last_unit_make_one_order_and_199_clear_answers(app: Flask, store: TestStore) -> None:
    with app.app_context(), use_store(store.id):
        last = make_product(available=1)
        buyers = [make_customer(f"b{at}@example.com") for at in range(BUYERS)]
        for buyer in buyers:
            put(buyer, last.variant_id)
        agreed = [ready(buyer) for buyer in buyers]
        bank = ScriptedBank()
    answers: list[Any] = []
    for start in range(0, BUYERS, 50):  # fifty at any one moment: more than there are connections
        wishes = [
            partial(place, buyer, yes, {bank.name: bank})
            for buyer, yes in zip(buyers[start : start + 50], agreed[start : start + 50], strict=True)
        ]
        answers += race(app, store.id, wishes)
    assert [answer.status for answer in answers if isinstance(answer, Placing)] == [Status.SUCCEEDED]
    refusals = [answer for answer in answers if not isinstance(answer, Placing)]
    assert len(refusals) == BUYERS - 1
    assert all(isinstance(answer, LinesToResolve) for answer in refusals)
    assert len(bank.moved) == 1
    with app.app_context(), use_store(store.id):
        assert on_the_shelf_and_held(last.variant_id) == (0, 1)


def test_without_the_lock_the_last_unit_would_be_sold_more_than_once(
    app: Flask, store: TestStore, monkeypatch: Any
) -> None:
    with app.app_context(), use_store(store.id):
        last = make_product(available=1)
    monkeypatch.setattr(reservations, "LOCK", text(reservations.LOCK.text.replace("FOR NO KEY UPDATE", "")))
    wishes = [lambda: hold(last.variant_id) for _ in range(20)]
    answers = race(app, store.id, wishes)
    # The CHECK on stock is the last resort: what the lock would have answered kindly becomes an error.
    assert any(isinstance(answer, Exception) for answer in answers)


def hold(variant_id: Any) -> dict[Any, int]:
    from app.database.transaction import transaction

    with transaction():
        return reservations.reserve(new_id(), {variant_id: 1}, check=True, now=NOW)


def test_one_form_sent_twenty_times_at_once_makes_one_order(app: Flask, store: TestStore) -> None:
    with app.app_context(), use_store(store.id):
        customer, bank = make_customer(), ScriptedBank()
        put(customer, make_product().variant_id)
        agreed, op_id = ready(customer), new_id()
    answers = race(app, store.id, [lambda: place(customer, agreed, {bank.name: bank}, op_id=op_id)] * 20)
    assert len({answer.order_id for answer in answers}) == 1
    assert len(bank.moved) == 1


def test_two_tabs_that_pay_at_once_pay_once(app: Flask, store: TestStore) -> None:
    with app.app_context(), use_store(store.id):
        customer, bank = make_customer(), ScriptedBank()
        put(customer, make_product().variant_id)
        agreed = ready(customer)
    answers = race(app, store.id, [lambda: place(customer, agreed, {bank.name: bank})] * 8)
    placed = [answer for answer in answers if isinstance(answer, Placing)]
    assert len(placed) == 1
    assert len(bank.moved) == 1


def test_buyers_of_the_same_things_in_opposite_orders_never_block_each_other_for_good(
    app: Flask, store: TestStore
) -> None:
    with app.app_context(), use_store(store.id):
        things = [make_product(f"Thing {at}", available=1000) for at in range(6)]
        buyers = [make_customer(f"b{at}@example.com") for at in range(16)]
        for at, buyer in enumerate(buyers):
            for thing in things if at % 2 else reversed(things):
                put(buyer, thing.variant_id)
        agreed = [ready(buyer) for buyer in buyers]
        bank = ScriptedBank()
    wishes = [partial(place, b, y, {bank.name: bank}) for b, y in zip(buyers, agreed, strict=True)]
    assert all(isinstance(answer, Placing) for answer in race(app, store.id, wishes))


def test_shopper_webhook_and_sweeper_at_once_end_in_one_of_two_consistent_states(app: Flask, store: TestStore) -> None:
    """Whatever arrives, how often and in which order: paid and placed, or not paid and the units back on the shelf."""
    dice = random.Random(7)
    for round_ in range(25):
        with app.app_context(), use_store(store.id):
            customer, thing = make_customer(f"r{round_}@example.com"), make_product(available=3)
            put(customer, thing.variant_id, 2)
            paid = dice.random() < 0.6
            bank = ScriptedBank(UNKNOWN, OK if paid else DECLINED)
            order_id = place(customer, ready(customer), {bank.name: bank}).order_id
            last = attempts.find_last(order_id)
            db.session.commit()
            assert last is not None
        final = Outcome(Status.SUCCEEDED, str(last.id)) if paid else Outcome(Status.FAILED, "", "declined")
        wishes: list[Any] = []
        for at in range(dice.randint(3, 8)):
            what = dice.choice((final, Outcome(Status.WAITING), UNKNOWN))
            name = f"{what.status}-{dice.randint(0, 2)}"
            wishes.append(partial(settlement.take_in, bank.name, event(last.id, what, name), now=NOW))
            if at % 2:
                wishes.append(partial(settlement.apply, last.id, final, now=NOW, actor="shopper"))
        wishes.append(partial(sweeping.sweep, {bank.name: bank}, NOW + timedelta(minutes=2)))
        dice.shuffle(wishes)
        for answer in race(app, store.id, wishes):
            assert not isinstance(answer, Exception), answer
        with app.app_context(), use_store(store.id):
            sweeping.sweep({bank.name: bank}, NOW + timedelta(minutes=4))
            order = queries.get_order(order_id)
            expected = (OrderState.PLACED, PaymentState.PAID) if paid else (OrderState.ABANDONED, PaymentState.NOT_PAID)
            assert (order.state, order.payment) == expected
            assert on_the_shelf_and_held(thing.variant_id) == ((1, 2) if paid else (3, 0))
            assert len(cart_of(customer).pane(Pane.ACTIVE)) == (0 if paid else 1)


def test_cancelled_from_two_sides_gives_back_once(app: Flask, store: TestStore) -> None:
    with app.app_context(), use_store(store.id):
        customer, thing, bank = make_customer(), make_product(available=3), ScriptedBank()
        put(customer, thing.variant_id, 2)
        order_id = place(customer, ready(customer), {bank.name: bank}).order_id
    cancel = partial(handling.cancel, order_id, actor="somebody", cause="", now=NOW)
    answers = race(app, store.id, [cancel] * 6)
    assert sorted(type(answer).__name__ for answer in answers) == ["NoneType"] + ["OrderMovedOn"] * 5
    with app.app_context(), use_store(store.id):
        assert on_the_shelf_and_held(thing.variant_id) == (3, 0)
        sweeping.sweep({bank.name: bank}, NOW + timedelta(minutes=2))
        assert len(bank.returned) == 1


def event(attempt_id: Any, outcome: Outcome, name: str) -> ProviderEvent:
    return ProviderEvent(name, "charge", attempt_id, outcome, None, NOW)
