"""The arithmetic of an order holds for any order: parts add up to the whole, nothing is negative, tax follows the rule."""

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cart.totals import Item, deal_out, sum_up, tax_in
from app.money import Money, total
from app.stores.taxes import Taxes, TaxRate

CURRENCIES = ("EUR", "IRR", "KWD", "JPY")
RATES = (
    TaxRate(country="DE", basis_points=1900),
    TaxRate(country="DE", tax_class="reduced", basis_points=700),
    TaxRate(country="IR", basis_points=1000),
    TaxRate(country="*", tax_class="zero", basis_points=0),
)
EUR = "EUR"


@st.composite
def orders(draw: st.DrawFn) -> tuple[list[Item], Money, Money, Taxes, str]:
    currency = draw(st.sampled_from(CURRENCIES))
    amounts = draw(st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
    classes = st.sampled_from(("standard", "reduced", "zero"))
    items = [Item(str(at), Money(amount, currency), draw(classes)) for at, amount in enumerate(amounts)]
    discount = Money(draw(st.integers(0, 2 * 10**9)), currency)
    delivery = Money(draw(st.integers(0, 10**6)), currency)
    taxes = Taxes(included=draw(st.booleans()), rounding=draw(st.sampled_from(("line", "order"))), rates=RATES)
    return items, discount, delivery, taxes, draw(st.sampled_from(("DE", "IR", "US")))


@given(orders())
def test_lines_discounts_taxes_and_delivery_add_up_to_the_total(order: tuple) -> None:
    items, discount, delivery, taxes, country = order
    sums = sum_up(items, discount, delivery, taxes, country)
    currency = delivery.currency
    assert total((share.discount for share in sums.items), currency) == sums.discount == min(discount, sums.subtotal)
    assert total((share.tax for share in sums.items), currency) + sums.delivery_tax == sums.tax
    added = Money(0, currency) if taxes.included else sums.tax
    assert sums.total == sums.subtotal - sums.discount + sums.delivery + added
    assert all(Money(0, currency) <= share.discount <= share.amount for share in sums.items)
    assert all(share.tax.amount >= 0 for share in sums.items)
    assert sums.total.amount >= 0


@given(orders())
def test_tax_of_a_rate_is_within_rounding_of_the_exact_tax(order: tuple) -> None:
    items, discount, delivery, taxes, country = order
    sums = sum_up(items, discount, delivery, taxes, country)
    for part in sums.taxes:
        whole = 10_000 + part.basis_points if taxes.included else 10_000
        exact = Fraction(part.base.amount * part.basis_points, whole)
        roundings = len(items) + 1 if taxes.rounding == "line" else 1
        assert abs(part.tax.amount - exact) <= Fraction(roundings, 2)


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any))
def test_parts_are_dealt_out_whole_and_in_proportion(amount: int, weights: list[int]) -> None:
    parts = deal_out(amount, weights)
    assert sum(parts) == amount
    assert all(abs(part - Fraction(amount * w, sum(weights))) < 1 for part, w in zip(parts, weights, strict=True))


def test_nothing_is_dealt_out_where_nothing_weighs() -> None:
    assert deal_out(0, [0, 0]) == [0, 0]


@pytest.mark.parametrize(
    ("amount", "rate", "included", "tax"),
    [
        (11900, 1900, True, 1900),
        (10000, 1900, False, 1900),
        (105, 1000, False, 11),
        (50, 100, False, 1),
        (0, 1900, True, 0),
    ],
    ids=["contained", "on top", "half up", "half a cent up", "nothing"],
)
def test_tax_is_rounded_half_up(amount: int, rate: int, included: bool, tax: int) -> None:
    assert tax_in(amount, rate, included=included) == tax


def test_the_rate_of_the_country_wins_over_everywhere_and_the_class_over_the_standard() -> None:
    taxes = Taxes(rates=RATES)
    assert taxes.rate("DE", "reduced") == 700
    assert taxes.rate("DE", "books") == 1900
    assert taxes.rate("US", "zero") == 0
    assert taxes.rate("US", "standard") == 0


def test_free_goods_with_delivery_cost_what_delivery_costs() -> None:
    sums = sum_up([Item("a", Money(0, EUR), "standard")], Money(5, EUR), Money(490, EUR), Taxes(rates=RATES), "DE")
    assert sums.total == Money(490, EUR)
    assert sums.discount == Money(0, EUR)


def test_ten_thousand_orders_come_out_even_to_the_minor_unit() -> None:
    dice = random.Random(2026)
    for _ in range(10_000):
        currency = dice.choice(CURRENCIES)
        amounts = [dice.randint(0, dice.choice((300, 10**5, 10**9))) for _ in range(dice.randint(1, 12))]
        items = [Item(str(at), Money(a, currency), dice.choice(("standard", "reduced", "zero")))
                 for at, a in enumerate(amounts)]  # fmt: skip
        taxes = Taxes(included=dice.random() < 0.5, rounding=dice.choice(("line", "order")), rates=RATES)
        discount, delivery = Money(dice.randint(0, sum(amounts) + 9), currency), Money(dice.randint(0, 5000), currency)
        sums = sum_up(items, discount, delivery, taxes, dice.choice(("DE", "IR", "US")))
        lines = total((share.amount - share.discount for share in sums.items), currency)
        on_top = Money(0, currency) if taxes.included else total((share.tax for share in sums.items), currency)
        delivery_tax = Money(0, currency) if taxes.included else sums.delivery_tax
        assert sums.total == lines + on_top + sums.delivery + delivery_tax
