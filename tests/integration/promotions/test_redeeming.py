"""Using coupons: counted for everybody and for each shopper, given back once, personal ones for their owner alone."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.database.base import db
from app.errors import Refusal
from app.ids import new_id
from app.money import Money
from app.promotions import service
from app.promotions.domain import Coupon, Kind, Terms
from app.promotions.errors import CodeTaken, CouponAlreadyUsed, CouponUsedUp, UnknownCode
from tests.conftest import NOW
from tests.factories import make_customer

GOODS = Money(27000, "EUR")
TEN_PERCENT = Terms(Kind.PERCENT, basis_points=1000)
pytestmark = pytest.mark.usefixtures("in_store")


def used(code: str) -> int:
    coupon = service.find(code)
    db.session.rollback()
    assert coupon
    return coupon.used


def test_a_use_is_counted_and_takes_off_what_it_says() -> None:
    service.create("AUTUMN10", TEN_PERCENT, now=NOW)
    reduction = service.redeem("autumn ۱۰", new_id(), service.customer_key("a@example.com"), GOODS, NOW)
    assert reduction.amount == Money(2700, "EUR")
    assert used("AUTUMN10") == 1


def test_one_order_uses_it_once_however_often_it_asks() -> None:
    service.create("AUTUMN10", replace(TEN_PERCENT, max_uses=1, per_customer=1), now=NOW)
    order_id, key = new_id(), service.customer_key("a@example.com")
    for _ in range(3):
        assert service.redeem("AUTUMN10", order_id, key, GOODS, NOW).amount.amount == 2700
    assert used("AUTUMN10") == 1


def test_a_shopper_may_use_it_so_often_and_everybody_so_often() -> None:
    service.create("TWICE", replace(TEN_PERCENT, max_uses=3, per_customer=2), now=NOW)
    keen, other, late = (service.customer_key(f"{name}@example.com") for name in ("keen", "other", "late"))
    service.redeem("TWICE", new_id(), keen, GOODS, NOW)
    service.redeem("TWICE", new_id(), keen, GOODS, NOW)
    with pytest.raises(CouponAlreadyUsed):
        service.redeem("TWICE", new_id(), keen, GOODS, NOW)
    service.redeem("TWICE", new_id(), other, GOODS, NOW)
    with pytest.raises(CouponUsedUp):
        service.redeem("TWICE", new_id(), late, GOODS, NOW)
    assert used("TWICE") == 3


def test_what_is_given_back_can_be_used_again() -> None:
    service.create("ONCE", replace(TEN_PERCENT, max_uses=1, per_customer=1), now=NOW)
    first, key = new_id(), service.customer_key("a@example.com")
    service.redeem("ONCE", first, key, GOODS, NOW)
    service.give_back(first, NOW)
    service.give_back(first, NOW)
    assert used("ONCE") == 0
    service.redeem("ONCE", first, key, GOODS, NOW)  # the same order once more
    service.give_back(first, NOW)
    service.redeem("ONCE", new_id(), key, GOODS, NOW)
    assert used("ONCE") == 1
    service.give_back(new_id(), NOW)
    assert used("ONCE") == 1


def test_an_order_made_instead_of_another_takes_its_use_over() -> None:
    service.create("ONCE", replace(TEN_PERCENT, max_uses=1, per_customer=1), now=NOW)
    service.create("OTHER", TEN_PERCENT, now=NOW)
    first, second, third, key = new_id(), new_id(), new_id(), service.customer_key("a@example.com")
    service.redeem("ONCE", first, key, GOODS, NOW)
    service.redeem("ONCE", second, key, GOODS, NOW, instead_of=first)
    assert used("ONCE") == 1
    service.redeem("OTHER", third, key, GOODS, NOW, instead_of=second)
    assert (used("ONCE"), used("OTHER")) == (0, 1)


def test_a_use_given_back_leaves_the_later_one_counted() -> None:
    service.create("TWICE", replace(TEN_PERCENT, per_customer=2), now=NOW)
    first, key = new_id(), service.customer_key("a@example.com")
    service.redeem("TWICE", first, key, GOODS, NOW)
    service.redeem("TWICE", new_id(), key, GOODS, NOW)
    service.give_back(first, NOW)
    service.redeem("TWICE", new_id(), key, GOODS, NOW)
    with pytest.raises(CouponAlreadyUsed):
        service.redeem("TWICE", first, key, GOODS, NOW)


def test_a_personal_code_is_its_owners_by_account_by_address_and_after_a_merge() -> None:
    owner, guest, stranger = make_customer(), make_customer("guest@example.com"), make_customer("other@example.com")
    code = service.create_personal(owner, replace(TEN_PERCENT, ends_at=NOW + timedelta(days=1)), now=NOW)
    assert len(code) == 10
    assert not set(code) & set("01IO")
    with db.session.begin_nested():
        db.session.execute(
            text("UPDATE customers SET merged_into = :owner WHERE id = :guest"), {"owner": owner, "guest": guest}
        )
    db.session.commit()
    guests = service.create_personal(guest, replace(TEN_PERCENT, ends_at=NOW + timedelta(days=1)), now=NOW)
    assert mine(service.find(code, owner))
    assert mine(service.find(guests, owner))
    assert service.find(code).yours is None  # type: ignore[union-attr]
    assert not mine(service.find(code, stranger))
    with pytest.raises(UnknownCode):
        service.redeem(code, new_id(), service.customer_key("other@example.com"), GOODS, NOW, customer_id=stranger)
    with pytest.raises(UnknownCode):
        service.redeem(code, new_id(), service.customer_key("shopper@example.com"), GOODS, NOW)
    service.redeem(code, new_id(), service.customer_key("shopper@example.com"), GOODS, NOW, customer_id=owner)
    with pytest.raises(CouponAlreadyUsed):
        service.redeem(code, new_id(), service.customer_key("shopper@example.com"), GOODS, NOW, customer_id=owner)


def mine(coupon: Coupon | None) -> bool:
    db.session.rollback()
    assert coupon
    return coupon.yours is True


def test_the_cart_knows_that_it_was_used_by_the_same_address() -> None:
    service.create("ONCE", replace(TEN_PERCENT, per_customer=1), now=NOW)
    guest, account = make_customer("a@example.com"), make_customer("a@example.com")
    service.redeem("ONCE", new_id(), service.customer_key("a@example.com"), GOODS, NOW, customer_id=guest)
    known: Any = service.find("once", account)
    db.session.rollback()
    assert known.used_by_you == 1


def test_a_code_that_reads_the_same_is_taken() -> None:
    service.create("AUTUMN10", TEN_PERCENT, now=NOW)
    with pytest.raises(CodeTaken):
        service.create("autumn ۱۰", TEN_PERCENT, now=NOW)


def test_another_stores_code_is_unknown(app: Any, make_store: Any) -> None:
    from app.database.tenancy import use_store

    service.create("AUTUMN10", TEN_PERCENT, now=NOW)
    with use_store(make_store().id), pytest.raises(Refusal) as refused:
        service.redeem("AUTUMN10", new_id(), "key", GOODS, NOW)
    assert refused.value.code == "coupon_unknown"
