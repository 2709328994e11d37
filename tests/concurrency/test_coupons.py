"""A thousand orders use one coupon at once. With its control: the race without the lock, which only the constraints stop."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.database.base import db
from app.ids import new_id
from app.money import Money
from app.promotions import service
from app.promotions.domain import Kind, Reduction, Terms
from app.promotions.errors import CouponAlreadyUsed, CouponUsedUp
from tests.concurrency.racing import race
from tests.conftest import NOW, TestStore

GOODS = Money(27000, "EUR")
TEN_PERCENT = Terms(Kind.PERCENT, basis_points=1000)
THREADS, EACH = 40, 25


def tries(code: str, key: Callable[[], str], times: int = EACH) -> Callable[[], list[Any]]:
    """`times` orders of shoppers named by `key`, one after the other; what each got or was refused with."""

    def once() -> Any:
        try:
            return service.redeem(code, new_id(), key(), GOODS, NOW)
        except (CouponUsedUp, CouponAlreadyUsed, IntegrityError) as refusal:
            return type(refusal)

    return lambda: [once() for _ in range(times)]


def results_of(app: Flask, store: TestStore, wish: Callable[[], list[Any]], threads: int = THREADS) -> list[Any]:
    lists = race(app, store.id, [wish] * threads)
    assert not [result for result in lists if isinstance(result, Exception)]
    return [result for each in lists for result in each]


def used(code: str) -> int:
    coupon = service.find(code)
    db.session.rollback()
    assert coupon
    return coupon.used


def test_a_thousand_orders_use_a_single_use_code_once(app: Flask, in_store: TestStore) -> None:
    service.create("ONCE", replace(TEN_PERCENT, max_uses=1), now=NOW)
    results = results_of(app, in_store, tries("ONCE", lambda: str(new_id())))
    assert len(results) == 1000
    assert len([result for result in results if isinstance(result, Reduction)]) == 1
    assert results.count(CouponUsedUp) == 999
    assert used("ONCE") == 1


def test_one_shopper_at_many_tills_uses_it_as_often_as_allowed(app: Flask, in_store: TestStore) -> None:
    service.create("THRICE", replace(TEN_PERCENT, per_customer=3), now=NOW)
    results = results_of(app, in_store, tries("THRICE", lambda: "the same", 5), 16)
    assert len([result for result in results if isinstance(result, Reduction)]) == 3
    assert results.count(CouponAlreadyUsed) == 77
    assert used("THRICE") == 3


def test_giving_back_at_once_gives_back_once(app: Flask, in_store: TestStore) -> None:
    service.create("AUTUMN10", TEN_PERCENT, now=NOW)
    order_id = new_id()
    service.redeem("AUTUMN10", order_id, "key", GOODS, NOW)
    service.redeem("AUTUMN10", new_id(), "other", GOODS, NOW)
    race(app, in_store.id, [lambda: service.give_back(order_id, NOW)] * 16)
    assert used("AUTUMN10") == 1


def test_control_without_the_lock_only_the_constraints_stop_them(
    app: Flask, in_store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "LOCK", text(str(service.LOCK).replace("FOR NO KEY UPDATE", "")))
    service.create("ONCE", replace(TEN_PERCENT, max_uses=1), now=NOW)
    results = results_of(app, in_store, tries("ONCE", lambda: str(new_id()), 1), 16)
    assert IntegrityError in results  # whoever had checked before the other committed
    assert used("ONCE") == 1
