"""Decisions about held orders: once, by one person, undone within ten minutes, carried out after them; and kept as labels."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import text

from app.database.base import db
from app.database.transaction import finish_reading, transaction
from app.ids import OrderId
from app.orders import handling, queries, review_queries, reviewing
from app.orders.reviewing import DecidedMeanwhile, NoCause, TooLateToUndecide
from app.orders.values import OrderState
from tests.bank import ScriptedBank
from tests.concurrency.racing import race
from tests.conftest import NOW, TestStore
from tests.factories import make_customer, make_product
from tests.ordering import place, put, ready

pytestmark = pytest.mark.usefixtures("asleep")  # the tests carry out what is asked for
RISK = """{"score": 85, "hold": true, "reasons": [
    {"code": "hasty", "points": 15, "evidence": {"seconds": 50}},
    {"code": "robot", "points": 70, "evidence": {"kind": "declared_bot"}}]}"""
LATER = NOW + reviewing.UNDO_FOR + timedelta(seconds=1)


def hold(email: str = "shirin@example.com") -> OrderId:
    """An order, paid, that waits for a look."""
    customer = make_customer(email)
    put(customer, make_product(price=5900, available=5).variant_id)
    placed = place(customer, ready(customer), {"scripted": ScriptedBank()})
    with transaction() as session:
        session.execute(
            text("UPDATE orders SET state = 'in_review', risk = CAST(:risk AS jsonb) WHERE id = :id"),
            {"risk": RISK, "id": placed.order_id},
        )
        session.execute(text("DELETE FROM outbox"))
    return placed.order_id


def decide(order_id: OrderId, decision: Any = "allow", cause: str = "", **more: Any) -> UUID:
    """One of the staff decides."""
    op_id: UUID = more.pop("op_id", None) or uuid4()
    values = {"note": "", "seen": None, "actor": "staff:a", "now": NOW, **more}
    reviewing.decide(order_id, decision, cause=cause, op_id=op_id, **values)
    return op_id


def state(order_id: OrderId) -> OrderState:
    finish_reading()
    found = queries.get_order(order_id).state
    finish_reading()
    return found


def review_state(review_id: UUID) -> str:
    finish_reading()
    found = reviewing.find(review_id)
    finish_reading()
    assert found
    return found.state


def test_allowed_after_ten_minutes(in_store: TestStore) -> None:
    order_id = hold()
    assert [one.id for one in review_queries.list_held()] == [order_id]
    review = decide(order_id, cause="known")
    assert state(order_id) is OrderState.IN_REVIEW
    assert review_queries.list_held() == []
    finish_reading()
    due = db.session.execute(text("SELECT due_at FROM outbox WHERE topic = 'orders.reviewed'")).scalar_one()
    assert due == NOW + reviewing.UNDO_FOR
    finish_reading()
    assert reviewing.carry_out(review, now=LATER)
    assert (state(order_id), review_state(review)) == (OrderState.PLACED, "done")
    assert not reviewing.carry_out(review, now=LATER)
    [rate, _] = review_queries.hit_rates()
    assert (rate.decided, rate.blocked) == (1, 0)


def test_blocked_and_the_money_goes_back(in_store: TestStore) -> None:
    order_id = hold()
    review = decide(order_id, "block", "stolen_card")
    assert reviewing.carry_out(review, now=LATER)
    assert state(order_id) is OrderState.CANCELLED
    finish_reading()
    topics = db.session.execute(text("SELECT topic FROM outbox ORDER BY id")).scalars().all()
    assert {"orders.refund", "orders.cancelled"} <= set(topics)
    finish_reading()
    assert {rate.reason: (rate.decided, rate.blocked) for rate in review_queries.hit_rates()} == {
        "hasty": (1, 1),
        "robot": (1, 1),
    }


def test_undone_in_time_and_never_after(in_store: TestStore) -> None:
    order_id = hold()
    review = decide(order_id, "block", "robot")
    assert reviewing.undo(review, now=NOW + timedelta(minutes=9)) == order_id
    assert not reviewing.carry_out(review, now=LATER)
    assert state(order_id) is OrderState.IN_REVIEW
    again = decide(order_id, "block", "robot")
    with pytest.raises(TooLateToUndecide):
        reviewing.undo(review, now=NOW)
    with pytest.raises(TooLateToUndecide):
        reviewing.undo(again, now=LATER)
    assert reviewing.carry_out(again, now=LATER)
    assert state(order_id) is OrderState.CANCELLED


def test_held_on_to_goes_to_the_end_of_the_queue(in_store: TestStore) -> None:
    first, second = hold("a@example.com"), hold("b@example.com")
    review = decide(first, "hold", "asked")
    assert [(one.id, one.on_hold) for one in review_queries.list_held()] == [(second, False), (first, True)]
    with pytest.raises(DecidedMeanwhile) as meanwhile:
        decide(first)
    assert meanwhile.value.params == {"actor": "staff:a", "decision": "hold"}
    decide(first, seen=review, now=NOW + timedelta(seconds=1))
    finish_reading()
    assert [one.id for one in review_queries.list_held()] == [second]


def test_somebody_else_was_quicker(app: Flask, store: TestStore, in_store: TestStore) -> None:
    order_id = hold()
    review = decide(order_id)
    for seen in (None, review):
        with pytest.raises(DecidedMeanwhile):
            decide(order_id, "block", "robot", seen=seen, actor="staff:b")
    other = hold("other@example.com")
    handling.release(other, actor="staff:b", now=NOW)
    with pytest.raises(DecidedMeanwhile):
        decide(other)


def test_the_same_press_twice_is_one_decision(in_store: TestStore) -> None:
    order_id, op_id = hold(), uuid4()
    decide(order_id, op_id=op_id)
    decide(order_id, op_id=op_id)
    finish_reading()
    assert db.session.execute(text("SELECT count(*) FROM order_reviews")).scalar_one() == 1


def test_of_ten_who_decide_at_once_one_is_right(app: Flask, store: TestStore, in_store: TestStore) -> None:
    order_id = hold()
    finish_reading()

    def once(decision: str, cause: str) -> Any:
        try:
            return decide(order_id, decision, cause)
        except DecidedMeanwhile:
            return None

    turns = [lambda: once("allow", ""), lambda: once("block", "robot")] * 5
    assert sum(answer is not None for answer in race(app, store.id, turns)) == 1


def test_overtaken_by_the_orders_own_page(in_store: TestStore) -> None:
    order_id = hold()
    review = decide(order_id, "block", "robot")
    handling.release(order_id, actor="staff:b", now=NOW)
    assert not reviewing.carry_out(review, now=LATER)
    assert (state(order_id), review_state(review)) == (OrderState.PLACED, "overtaken")


@pytest.mark.parametrize(
    ("decision", "cause"), [("block", ""), ("hold", ""), ("block", "known"), ("allow", "robot")],
    ids=["block", "hold", "of-another", "also-of-another"],
)  # fmt: skip
def test_without_a_reason_nothing_happens(in_store: TestStore, decision: str, cause: str) -> None:
    order_id = hold()
    with pytest.raises(NoCause):
        decide(order_id, decision, cause)
    assert len(review_queries.list_held()) == 1


def test_linked_by_what_they_share(in_store: TestStore) -> None:
    first, second = hold("a@example.com"), hold("b@example.com")
    third = hold("c@example.com")
    with transaction() as session:
        session.execute(
            text(
                """UPDATE orders SET contact = jsonb_set(contact, '{phone}', '"+49301"'), address = NULL WHERE id = :id"""
            ),
            {"id": third},
        )
    [linked] = review_queries.list_linked(first)
    assert linked.id == second
    assert set(linked.traits) == {"phone", "address"}
    assert review_queries.list_linked(third) == []
