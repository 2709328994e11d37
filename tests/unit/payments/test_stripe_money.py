"""Amounts at Stripe: its table of decimals, exactly, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.money import Money
from app.payments.stripe_money import TAKEN, from_stripe, to_stripe


@pytest.mark.parametrize(
    ("money", "expected"),
    [
        (Money(1000, "EUR"), 1000),
        (Money(500, "JPY"), 500),
        (Money(5120, "KWD"), 5120),
        (Money(5124, "KWD"), None),  # Stripe wants the last digit to be 0
        (Money(5, "ISK"), 500),  # ours has no decimals, Stripe's has two
        (Money(7, "UGX"), 700),
        (Money(25, "ALL"), 2500),  # CLDR has no decimals, Stripe two
        (Money(1045, "HUF"), 1045),
        (Money(1000, "IRR"), None),
        (Money(1000, "XYZ"), None),
    ],
    ids=lambda value: str(value) if isinstance(value, Money) else None,
)
def test_to_stripe(money: Money, expected: int | None) -> None:
    assert to_stripe(money) == expected


def test_what_our_minor_unit_is_too_coarse_for() -> None:
    assert from_stripe(2550, "all") is None
    assert from_stripe(2500, "all") == Money(25, "ALL")


@given(st.sampled_from(sorted(TAKEN)), st.integers(0, 10**12))
def test_what_goes_to_stripe_comes_back(currency: str, amount: int) -> None:
    money = Money(amount, currency)
    written = to_stripe(money)
    assert written is None or from_stripe(written, currency.lower()) == money
