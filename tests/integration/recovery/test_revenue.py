"""Credited money is the orders' money: to the cent, for every currency, whatever comes when, twice or late."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text, update

from app.accounts.models import Customer
from app.database.base import db
from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.money import Money
from app.orders import handling
from app.recovery import revenue
from tests.bank import ScriptedBank
from tests.conftest import NOW, TestStore
from tests.factories import make_customer, make_product
from tests.measuring import (
    attribution_of,
    close_episode,
    happen,
    make_campaign,
    make_episode,
    make_message,
    make_order,
    set_order,
)
from tests.ordering import place, put, ready

HOUR = timedelta(hours=1)


def sums(statement: str) -> dict[tuple[str, ...], tuple[int, int]]:
    rows = db.session.execute(text(statement)).all()
    db.session.commit()
    return {tuple(row[:-2]): (row[-2], row[-1]) for row in rows}


CREDITED = "SELECT currency, sum(amount)::bigint, sum(returned)::bigint FROM attributions GROUP BY 1"
ORDERED = """
    SELECT currency, sum(total)::bigint, sum(CASE WHEN state = 'cancelled' THEN total ELSE refunded END)::bigint
    FROM orders WHERE state IN ('placed', 'fulfilled', 'cancelled') GROUP BY 1"""


def test_a_click_earns_the_order_and_a_refund_takes_it_back(in_store: Any) -> None:
    customer = make_customer()
    episode = make_episode(customer, campaign_id=make_campaign())
    first = make_message(episode, customer, at=NOW)
    second = make_message(episode, customer, step=2, at=NOW + HOUR)
    happen(second, "opened", NOW + 2 * HOUR, "proxy")
    happen(first, "clicked", NOW + 3 * HOUR)
    happen(second, "clicked", NOW + 4 * HOUR, "scanner")
    order = make_order(customer, 5_390, at=NOW + 5 * HOUR)
    close_episode(episode, "recovered", NOW + 5 * HOUR, order)
    revenue.credit(order)
    row = attribution_of(order)
    assert (row.kind, row.message_id, row.episode_id) == ("last_click", first, episode)
    assert (row.amount, row.returned, row.currency, row.ordered_at) == (5_390, 0, "EUR", NOW + 5 * HOUR)
    set_order(order, refunded=390)
    revenue.credit(order)
    set_order(order, refunded=1_000)
    revenue.credit(order)
    happen(second, "clicked", NOW + 4 * HOUR)  # known too late: what was credited stays
    revenue.credit(order)
    row = attribution_of(order)
    assert (row.message_id, row.amount, row.returned) == (first, 5_390, 1_000)
    set_order(order, state="cancelled")
    revenue.credit(order)
    assert attribution_of(order).returned == 5_390


def test_the_person_behind_several_addresses_is_one(in_store: Any) -> None:
    account = make_customer("known@example.com", password_hash="x")
    contact = make_customer("typed@example.com")
    stranger = make_customer("stranger@example.com")
    with transaction() as session:
        session.execute(update(Customer).where(Customer.id == contact).values(merged_into=account))
    message = make_message(make_episode(contact, campaign_id=make_campaign()), contact)
    happen(message, "clicked", NOW + HOUR)
    theirs, other = make_order(account, 100, at=NOW + 2 * HOUR), make_order(stranger, 100, at=NOW + 2 * HOUR)
    for order in (theirs, other):
        revenue.credit(order)
    assert (attribution_of(theirs).kind, attribution_of(theirs).message_id) == ("last_click", message)
    assert (attribution_of(other).kind, attribution_of(other).episode_id) == ("direct", None)


@pytest.mark.parametrize(
    ("state", "kind"),
    [("delivered", "assisted"), ("bounced", "direct"), ("cancelled", "direct"), ("uncertain", "direct")],
)
def test_a_message_that_arrived_assists(in_store: Any, state: str, kind: str) -> None:
    customer = make_customer()
    make_message(make_episode(customer, campaign_id=make_campaign()), customer, state=state)
    order = make_order(customer, 100, at=NOW + HOUR)
    revenue.credit(order)
    assert attribution_of(order).kind == kind


def test_an_order_under_review_counts_once_it_is_released(in_store: Any) -> None:
    customer = make_customer()
    order = make_order(customer, 700, state="in_review")
    revenue.credit(order)
    assert attribution_of(order) is None
    assert revenue.list_uncredited() == []
    set_order(order, state="placed")
    assert revenue.list_uncredited() == [order]
    revenue.credit(order)
    assert attribution_of(order).amount == 700
    assert revenue.list_uncredited() == []


def test_the_outbox_tells_of_placing_refunds_and_cancelling(
    app: Flask, store: TestStore, deliver: Callable[[], int]
) -> None:
    bank = ScriptedBank()
    with app.app_context(), use_store(store.id):
        customer = make_customer()
        put(customer, make_product(price=4_900).variant_id)
        order_id = place(customer, ready(customer), {bank.name: bank}).order_id
    deliver()
    with app.app_context(), use_store(store.id):
        assert (attribution_of(order_id).amount, attribution_of(order_id).returned) == (5_390, 0)
        handling.refund(order_id, Money(390, "EUR"), actor="staff", cause="late", now=NOW)
        row_id = db.session.execute(text("SELECT id FROM refunds")).scalar_one()
        db.session.commit()
        _refund(bank, row_id)
    deliver()
    with app.app_context(), use_store(store.id):
        assert attribution_of(order_id).returned == 390
        handling.cancel(order_id, actor="staff", cause="gone", now=NOW)
    deliver()
    with app.app_context(), use_store(store.id):
        assert attribution_of(order_id).returned == 5_390
        assert sums(CREDITED) == sums(ORDERED)


def _refund(bank: ScriptedBank, refund_id: UUID) -> None:
    from app.orders import sweeping

    sweeping.carry_out_refund(refund_id, {bank.name: bank}, NOW)


STEPS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(["review", "release", "refund", "cancel", "hear", "click", "fulfil"])),
    max_size=25,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=STEPS,
    totals=st.lists(st.tuples(st.integers(0, 10**9), st.sampled_from(["EUR", "IRR"])), min_size=5, max_size=5),
)
def test_sums_of_credits_are_sums_of_orders_whatever_comes_when(
    in_store: Any, steps: list[tuple[int, str]], totals: list[tuple[int, str]]
) -> None:
    customer = make_customer()
    message = make_message(make_episode(customer, campaign_id=make_campaign()), customer)
    orders = [
        make_order(customer, total, currency=currency, state="in_review", at=NOW + HOUR) for total, currency in totals
    ]
    states, refunds = dict.fromkeys(orders, "in_review"), dict.fromkeys(orders, 0)
    kinds: dict[UUID, str] = {}
    for which, step in steps:
        order = orders[which]
        if step == "release" and states[order] == "in_review":
            states[order] = "placed"
        elif step == "fulfil" and states[order] == "placed":
            states[order] = "fulfilled"
        elif step == "cancel" and states[order] in ("in_review", "placed"):
            states[order] = "cancelled"
        elif step == "refund" and states[order] in ("placed", "fulfilled"):
            refunds[order] += (totals[which][0] - refunds[order]) // 2
        elif step == "click":
            happen(message, "clicked", NOW + HOUR / 2)
        set_order(order, state=states[order], refunded=refunds[order])
        if step == "hear":
            revenue.credit(order)
            row = attribution_of(order)
            if row is not None:
                assert kinds.setdefault(order, row.kind) == row.kind
    for order in [*reversed(orders), *orders]:
        revenue.credit(order)
    assert sums(CREDITED) == sums(ORDERED)
    assert revenue.list_uncredited() == []
    by_kind = sums("SELECT currency, kind, sum(amount)::bigint, sum(returned)::bigint FROM attributions GROUP BY 1, 2")
    together: dict[tuple[str, ...], tuple[int, int]] = {}
    for (currency, _kind), (amount, returned) in by_kind.items():
        before = together.get((currency,), (0, 0))
        together[(currency,)] = (before[0] + amount, before[1] + returned)
    assert together == sums(ORDERED)
