"""What a coupon takes off, when it does not hold, and how codes that people type are read."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.errors import Refusal
from app.money import Money
from app.promotions.domain import Coupon, Kind, Terms, check, check_terms, code_key, reduction, shown_code
from app.promotions.errors import BadCoupon, MinimumNotReached
from tests.conftest import NOW

TEN_PERCENT = Terms(Kind.PERCENT, basis_points=1000)
FIVE = Terms(Kind.FIXED, amounts={"EUR": 500})
POST = Terms(Kind.FREE_SHIPPING, minimums={"EUR": 3000})
DAY = timedelta(days=1)


def coupon(terms: Terms, **changes: object) -> Coupon:
    made = Coupon(UUID(int=1), "AUTUMN10", terms)
    return replace(made, **changes)  # type: ignore[arg-type]


def euros(amount: int) -> Money:
    return Money(amount, "EUR")


@pytest.mark.parametrize(
    ("one", "goods", "off", "free"),
    [
        (coupon(TEN_PERCENT), 27000, 2700, False),
        (coupon(TEN_PERCENT), 5, 1, False),
        (coupon(TEN_PERCENT), 4, 0, False),
        (coupon(Terms(Kind.PERCENT, basis_points=10_000)), 999, 999, False),
        (coupon(FIVE), 2000, 500, False),
        (coupon(FIVE), 300, 300, False),
        (coupon(POST), 3000, 0, True),
        (coupon(TEN_PERCENT), 0, 0, False),
    ],
    ids=["tenth", "half up", "below half", "all", "fixed", "not more than the goods", "delivery", "nothing"],
)
def test_what_it_takes_off(one: Coupon, goods: int, off: int, free: bool) -> None:
    taken = reduction(one, euros(goods))
    assert (taken.amount, taken.free_delivery) == (euros(off), free)


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (None, "coupon_unknown"),
        (coupon(TEN_PERCENT, active=False), "coupon_unknown"),
        (coupon(TEN_PERCENT, yours=False), "coupon_unknown"),
        (coupon(replace(TEN_PERCENT, ends_at=NOW)), "coupon_ended"),
        (coupon(replace(TEN_PERCENT, starts_at=NOW + DAY)), "coupon_not_started"),
        (coupon(replace(TEN_PERCENT, max_uses=3), used=3), "coupon_used_up"),
        (coupon(replace(TEN_PERCENT, per_customer=1), used_by_you=1), "coupon_already_used"),
        (coupon(replace(TEN_PERCENT, max_uses=1, per_customer=1), used=1, used_by_you=1), "coupon_already_used"),
        (coupon(POST), "coupon_minimum"),
        (coupon(Terms(Kind.FIXED, amounts={"USD": 500})), "coupon_other_currency"),
        (coupon(replace(TEN_PERCENT, minimums={"USD": 1})), "coupon_other_currency"),
    ],
    ids=[
        "unknown", "switched off", "not yours", "ended", "not started", "used up", "already used",
        "yours and used up", "minimum", "currency", "currency of the minimum",
    ],
)  # fmt: skip
def test_why_it_does_not_hold(one: Coupon | None, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        check(one, euros(2000), NOW)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "one",
    [
        coupon(replace(TEN_PERCENT, starts_at=NOW, ends_at=NOW + DAY)),
        coupon(replace(TEN_PERCENT, max_uses=3, per_customer=2), used=2, used_by_you=1),
        coupon(TEN_PERCENT, yours=True),
        coupon(replace(TEN_PERCENT, minimums={"EUR": 2000})),
    ],
    ids=["from its first moment", "last use", "yours", "exactly the minimum"],
)
def test_it_holds_up_to_its_limits(one: Coupon) -> None:
    check(one, euros(2000), NOW)


def test_how_much_is_missing() -> None:
    with pytest.raises(MinimumNotReached) as refused:
        check(coupon(POST), euros(2590), NOW)
    assert refused.value.params["missing"] == euros(410)


def test_somebody_elses_code_says_what_an_unknown_one_says() -> None:
    said = []
    for one in (None, coupon(TEN_PERCENT, yours=False), coupon(replace(TEN_PERCENT, ends_at=NOW), yours=False)):
        with pytest.raises(Refusal) as refused:
            check(one, euros(2000), NOW)
        said.append((refused.value.code, refused.value.params))
    assert said == [("coupon_unknown", {})] * 3


@given(st.integers(0, 10**12), st.integers(1, 10_000))
def test_a_percentage_is_exact_to_half_a_unit_and_never_more_than_the_goods(goods: int, points: int) -> None:
    off = reduction(coupon(Terms(Kind.PERCENT, basis_points=points)), euros(goods)).amount.amount
    assert 0 <= off <= goods
    assert -Fraction(1, 2) < off - Fraction(goods * points, 10_000) <= Fraction(1, 2)


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_fixed_amount_never_turns_the_goods_negative(goods: int, amount: int) -> None:
    assert reduction(coupon(Terms(Kind.FIXED, amounts={"EUR": amount})), euros(goods)).amount.amount == min(
        goods, amount
    )


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("AUTUMN10", "AUTUMN10"),
        ("  autumn 10 ", "autumn10"),
        ("AUTUMN۱۰", "AUTUMN10"),
        ("AUTUMN١٠", "AUTUMN10"),
        ("ＡＵＴＵＭＮ１０", "AUTUMN10"),
        ("\u200eAUTUMN\u200c10\ufeff", "AUTUMN10"),
        ("پاييز۱۰", "پاییز10"),
        ("x" * 41, ""),
        ("a\x00b", ""),
        ("", ""),
    ],
    ids=[
        "plain",
        "spaces",
        "Persian",
        "Arabic",
        "full width",
        "invisible",
        "Arabic letters",
        "long",
        "control",
        "none",
    ],
)
def test_codes_as_people_type_them(typed: str, shown: str) -> None:
    assert shown_code(typed) == shown


@given(st.text(max_size=60))
@example("A´")  # an accent that stands alone until the space before it is gone
def test_a_shown_code_is_read_as_itself(text: str) -> None:
    shown = shown_code(text)
    assert shown_code(shown) == shown
    assert code_key(shown) == code_key(text) == code_key(code_key(text))


def test_case_does_not_count() -> None:
    assert code_key("autumn ۱۰") == code_key("AUTUMN10")


@pytest.mark.parametrize(
    "terms",
    [
        Terms(Kind.PERCENT),
        Terms(Kind.PERCENT, basis_points=10_001),
        Terms(Kind.FIXED),
        Terms(Kind.FIXED, amounts={"EUR": 0}),
        replace(TEN_PERCENT, minimums={"EUR": -1}),
        replace(TEN_PERCENT, starts_at=NOW, ends_at=NOW),
        replace(TEN_PERCENT, max_uses=0),
        replace(TEN_PERCENT, per_customer=0),
    ],
    ids=["no percent", "over all", "no amount", "nothing off", "minimum", "dates", "no uses", "no customer"],
)
def test_terms_that_mean_nothing_are_refused(terms: Terms) -> None:
    with pytest.raises(BadCoupon):
        check_terms(terms)
