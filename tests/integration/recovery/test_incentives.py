"""Personal codes of messages: made once, for one person, in the cart's currency, until the end of a day."""

from datetime import timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from app.database.base import db
from app.database.transaction import Lock, finish_reading, took_lock, transaction
from app.ids import CustomerId, new_id
from app.money import Money
from app.promotions import service as promotions
from app.promotions.domain import Coupon, Kind, Terms
from app.promotions.errors import UnknownCode
from app.recovery.content import Incentive
from app.recovery.incentives import better, code_for, terms_of, worth
from tests.conftest import NOW
from tests.factories import make_customer, make_product
from tests.ordering import put
from tests.recovery_messages import make_message

TEN = Incentive(kind="percent", basis_points=1_000, days=4)
BERLIN = ZoneInfo("Europe/Berlin")
GOODS, DELIVERY = Money(10_000, "EUR"), Money(490, "EUR")


def prepared() -> tuple[CustomerId, SimpleNamespace]:
    customer_id = make_customer(f"{new_id()}@example.com")
    put(customer_id, make_product().variant_id)
    return customer_id, SimpleNamespace(id=make_message(customer_id))


@pytest.mark.usefixtures("in_store")
class TestCodes:
    """With a database."""

    def test_a_message_has_one_code_however_often_the_gate_runs(self) -> None:
        customer_id, message = prepared()
        with transaction():
            first = code_for(message, TEN, NOW)
        again = code_for(message, TEN, NOW + timedelta(hours=3))
        assert first == again
        found = promotions.find(first, customer_id)
        assert found
        assert (found.personal, found.yours) == (True, True)
        assert (found.terms.max_uses, found.terms.per_customer, found.terms.basis_points) == (1, 1, 1_000)
        coupons = db.session.execute(text("SELECT count(*) FROM coupons")).scalar_one()
        finish_reading()
        assert coupons == 1

    def test_when_the_gate_fails_there_is_no_code(self) -> None:
        _customer_id, message = prepared()
        with pytest.raises(RuntimeError), transaction():
            code_for(message, TEN, NOW)
            raise RuntimeError
        assert db.session.execute(text("SELECT count(*) FROM coupons")).scalar_one() == 0
        finish_reading()

    def test_it_comes_between_the_episode_and_the_message(self) -> None:
        _customer_id, message = prepared()
        with transaction():
            took_lock(Lock.EPISODE)
            code_for(message, TEN, NOW)
            took_lock(Lock.MESSAGE)

    def test_nobody_else_can_use_it(self) -> None:
        _customer_id, message = prepared()
        code = code_for(message, TEN, NOW)
        other = make_customer("other@example.com")
        with pytest.raises(UnknownCode):
            promotions.redeem(
                code, new_id(), promotions.customer_key("other@example.com"), GOODS, NOW, customer_id=other
            )

    def test_an_offer_without_the_carts_currency_makes_no_code(self) -> None:
        _customer_id, message = prepared()
        assert code_for(message, Incentive(kind="fixed", amounts={"IRR": 1_000_000}), NOW) == ""
        assert code_for(message, Incentive(kind="percent", basis_points=500, minimums={"IRR": 1}), NOW) == ""

    def test_amounts_are_the_carts_currencys_only(self) -> None:
        customer_id, message = prepared()
        amounts = {"EUR": 500, "IRR": 2_000_000}
        code = code_for(message, Incentive(kind="fixed", amounts=amounts, minimums={"EUR": 100, "IRR": 1}), NOW)
        found = promotions.find(code, customer_id)
        finish_reading()
        assert found
        assert (found.terms.amounts, found.terms.minimums) == ({"EUR": 500}, {"EUR": 100})


def coupon(kind: Kind, *, basis_points: int = 0, amount: int = 0, minimum: int = 0) -> Coupon:
    amounts = {"EUR": amount} if amount else {}
    minimums = {"EUR": minimum} if minimum else {}
    return Coupon(new_id(), "CODE", Terms(kind, basis_points=basis_points, amounts=amounts, minimums=minimums))


def test_it_lasts_until_the_end_of_a_day_where_the_store_is() -> None:
    terms = terms_of(TEN, "EUR", NOW, BERLIN)
    assert terms
    assert terms.ends_at
    assert terms.ends_at.isoformat() == "2026-11-26T00:00:00+01:00"  # all of the 25th


def test_over_a_change_of_clocks_it_is_still_midnight() -> None:
    terms = terms_of(TEN, "EUR", NOW.replace(month=10, day=23), BERLIN)
    assert terms
    assert terms.ends_at
    assert terms.ends_at.isoformat() == "2026-10-28T00:00:00+01:00"


def test_of_two_codes_the_better_one_counts_and_the_carts_own_when_equal() -> None:
    five, ten = coupon(Kind.PERCENT, basis_points=500), coupon(Kind.PERCENT, basis_points=1_000)
    free, much = coupon(Kind.FREE_SHIPPING), coupon(Kind.FIXED, amount=9_000, minimum=20_000)
    assert better(five, ten, GOODS, DELIVERY, NOW) is ten
    assert better(ten, five, GOODS, DELIVERY, NOW) is ten
    assert better(five, free, GOODS, DELIVERY, NOW) is five  # 5.00 against 4.90
    assert better(free, None, GOODS, DELIVERY, NOW) is free
    assert better(five, much, GOODS, DELIVERY, NOW) is five  # whose minimum is not reached
    assert better(free, None, GOODS, Money(0, "EUR"), NOW) is None  # delivery is free already
    twin = coupon(Kind.PERCENT, basis_points=500)
    assert better(five, twin, GOODS, DELIVERY, NOW) is five
    assert better(None, None, GOODS, DELIVERY, NOW) is None
    assert worth(ten, GOODS, DELIVERY, NOW) == Money(1_000, "EUR")
