"""Discount codes in orders: used when the order is made, given back when nothing comes of it, never used more often than allowed."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.cart import service
from app.cart.commands import AddCoupon
from app.cart.policy import Policy
from app.cart.service import Shopper
from app.database.base import db
from app.database.tenancy import use_store
from app.ids import CustomerId, new_id
from app.money import Money
from app.orders import handling, queries, sweeping
from app.orders.errors import TotalMoved
from app.orders.placing import Placing
from app.orders.values import OrderState
from app.promotions import service as promotions
from app.promotions.domain import Kind, Terms
from tests.bank import DECLINED, UNKNOWN, ScriptedBank
from tests.concurrency.racing import race
from tests.conftest import NOW, TestStore
from tests.factories import make_customer, make_product
from tests.ordering import cart_of, place, put, ready

LATER = NOW + timedelta(minutes=1)


def coupon(code: str = "AUTUMN10", **terms: Any) -> None:
    promotions.create(code, Terms(kind=Kind.PERCENT, basis_points=1000, **terms), now=NOW)


def enter(customer: CustomerId, code: str = "AUTUMN10") -> None:
    service.change(
        Shopper(customer), AddCoupon(code), op_id=new_id(), currency="EUR", policy=Policy(), days=30, now=NOW
    )


def uses(code: str = "AUTUMN10") -> int:
    used = db.session.execute(text("SELECT used FROM coupons WHERE code = :code"), {"code": code}).scalar_one()
    db.session.commit()
    return int(used)


def buyer(name: str = "c", code: str = "AUTUMN10") -> CustomerId:
    customer = make_customer(f"{name}@example.com")
    put(customer, make_product(price=1000).variant_id, 2)
    enter(customer, code)
    return customer


def test_a_code_takes_off_what_it_says_and_counts_as_used(in_store: Any) -> None:
    coupon()
    customer, bank = buyer(), ScriptedBank()
    order = queries.get_order(place(customer, ready(customer), {bank.name: bank}).order_id)
    assert (order.discount, order.total, order.coupon_code) == (Money(200, "EUR"), Money(2290, "EUR"), "AUTUMN10")
    assert sum(line.discount.amount for line in order.lines) == 200
    assert uses() == 1
    assert cart_of(customer).coupon == ""


def test_what_comes_to_nothing_gives_the_use_back(in_store: Any) -> None:
    coupon(max_uses=1)
    customer = buyer()
    declining = ScriptedBank(DECLINED, DECLINED)
    place(customer, ready(customer), {declining.name: declining})
    assert uses() == 0
    hanging = ScriptedBank(UNKNOWN, DECLINED)
    place(customer, ready(customer), {hanging.name: hanging})
    assert uses() == 1
    sweeping.sweep({hanging.name: hanging}, LATER)
    assert uses() == 0
    bank = ScriptedBank()
    order_id = place(customer, ready(customer), {bank.name: bank}).order_id
    assert uses() == 1
    handling.cancel(order_id, actor="customer", cause="", now=LATER)
    assert uses() == 0


def test_a_code_used_up_between_page_and_button_is_asked_about(in_store: Any) -> None:
    coupon(max_uses=1)
    first, second, bank = buyer("a"), buyer("b"), ScriptedBank()
    agreed = ready(second)
    place(first, ready(first), {bank.name: bank})
    with pytest.raises(TotalMoved) as refused:
        place(second, agreed, {bank.name: bank})
    assert refused.value.params == {"before": Money(2290, "EUR"), "after": Money(2490, "EUR")}
    placed = place(second, ready(second), {bank.name: bank})
    assert queries.get_order(placed.order_id).discount == Money(0, "EUR")
    assert uses() == 1


def test_thirty_buyers_with_one_single_use_code_use_it_once(app: Flask, store: TestStore) -> None:
    with app.app_context(), use_store(store.id):
        coupon(max_uses=1)
        buyers = [buyer(f"b{at}") for at in range(30)]
        agreed = [ready(each) for each in buyers]
        bank = ScriptedBank()
    wishes = [partial(place, each, yes, {bank.name: bank}) for each, yes in zip(buyers, agreed, strict=True)]
    answers = race(app, store.id, wishes)
    assert sum(isinstance(answer, Placing) for answer in answers) == 1
    assert all(isinstance(answer, Placing | TotalMoved) for answer in answers)
    with app.app_context(), use_store(store.id):
        assert uses() == 1


def test_a_posted_total_that_is_not_ours_is_held_for_a_look(in_store: Any) -> None:
    customer, bank = make_customer(), ScriptedBank()
    put(customer, make_product(price=1000).variant_id)
    agreed = ready(customer)
    placed = place(customer, type(agreed)(agreed.fingerprint, 1), {bank.name: bank})
    assert queries.get_order(placed.order_id).state is OrderState.IN_REVIEW
    handling.release(placed.order_id, actor="staff:1", now=LATER)
    assert queries.get_order(placed.order_id).state is OrderState.PLACED
