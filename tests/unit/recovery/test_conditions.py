"""Conditions: each kind holds or not, what is unknown does not hold, what makes no sense is refused."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from app.money import Money
from app.recovery.conditions import KINDS, BadCondition, ConditionFacts, check, first_unmet, holds
from app.recovery.content import Condition

FACTS = ConditionFacts(
    value=Money(5_000, "EUR"),
    units=3,
    orders=0,
    has_account=True,
    language="fa",
    reason="price_rose",
    country="DE",
    likelihood=0.25,
    products=frozenset({"lamp", "mugs"}),
    categories=frozenset({"kitchen"}),
)
UNKNOWN = replace(FACTS, reason="", country="", likelihood=None)
CASES: list[tuple[str, Any, bool]] = [
    ("value_at_least", {"EUR": 5_000}, True),
    ("value_at_least", {"EUR": 5_001}, False),
    ("value_at_least", {"IRR": 1}, False),
    ("value_at_most", {"EUR": 5_000}, True),
    ("value_at_most", {"EUR": 4_999}, False),
    ("value_at_most", {"IRR": 10**12}, False),
    ("units_at_least", 3, True),
    ("units_at_least", 4, False),
    ("first_purchase", True, True),
    ("first_purchase", False, False),
    ("has_account", True, True),
    ("has_account", False, False),
    ("reason_in", ["price_rose", "out_of_stock"], True),
    ("reason_in", ["out_of_stock"], False),
    ("product_in_cart", ["mugs", "rug"], True),
    ("product_in_cart", ["rug"], False),
    ("category_in_cart", ["kitchen"], True),
    ("category_in_cart", ["textiles"], False),
    ("language_in", ["fa"], True),
    ("language_in", ["en"], False),
    ("country_in", ["DE", "AT"], True),
    ("country_in", ["US"], False),
    ("likelihood_below", 26, True),
    ("likelihood_below", 25, False),
]


@pytest.mark.parametrize(("kind", "value", "expected"), CASES, ids=[f"{at}-{case[0]}" for at, case in enumerate(CASES)])
def test_holds(kind: str, value: Any, expected: bool) -> None:
    condition = msgspec.convert({"kind": kind, "value": value}, Condition)
    assert holds(condition, FACTS) is expected


def test_every_kind_was_tried() -> None:
    assert {kind for kind, _value, _expected in CASES} == set(KINDS)


@pytest.mark.parametrize("kind", ["reason_in", "country_in"])
def test_what_is_not_known_does_not_hold(kind: str) -> None:
    condition = Condition(kind=kind, value=["DE"] if kind == "country_in" else ["price_rose"])
    assert holds(condition, FACTS)
    assert not holds(condition, UNKNOWN)


def test_an_unknown_likelihood_is_not_low() -> None:
    assert not holds(Condition(kind="likelihood_below", value=100), UNKNOWN)


BAD: list[tuple[str, Any]] = [
    ("value_at_least", 5000),
    ("value_at_least", {}),
    ("value_at_least", {"XXQ": 1}),
    ("value_at_least", {"EUR": -1}),
    ("units_at_least", 0),
    ("units_at_least", True),
    ("first_purchase", 1),
    ("has_account", "yes"),
    ("reason_in", []),
    ("country_in", ["de"]),
    ("country_in", ["GER"]),
    ("likelihood_below", 0),
    ("likelihood_below", 101),
    ("language_in", "fa"),
]


@pytest.mark.parametrize(("kind", "value"), BAD, ids=[f"{at}-{case[0]}" for at, case in enumerate(BAD)])
def test_values_that_do_not_fit_are_refused(kind: str, value: Any) -> None:
    with pytest.raises(BadCondition) as refused:
        check(Condition(kind=kind, value=value))
    assert refused.value.params["field"] == "value"


def test_an_unknown_kind_is_refused_with_what_was_meant() -> None:
    with pytest.raises(BadCondition) as refused:
        check(Condition(kind="value_atleast", value={"EUR": 1}))
    assert refused.value.params["suggestion"] == "value_at_least"


def test_the_first_that_does_not_hold_is_named() -> None:
    wanted = (Condition(kind="has_account", value=True), Condition(kind="units_at_least", value=9))
    assert first_unmet(wanted, FACTS) == wanted[1]
    assert first_unmet(wanted[:1], FACTS) is None
