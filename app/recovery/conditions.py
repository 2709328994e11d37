"""Conditions of entering a campaign and of sending a step: each kind with the type of its value, and whether it holds. Pure.

A fact that is not known (a reason nobody looked for yet, a country nobody gave) makes a condition about it not hold: what
is not known to be wanted is not sent. Amounts hold per currency; one that a condition does not name is never met.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import Invalid
from app.money import Money, is_currency
from app.recovery.content import Condition

LONGEST_LIST = 100
LARGEST_NUMBER = 10**15


class BadCondition(Invalid):
    """A condition of an unknown kind (`suggestion`: what was probably meant), or with a value that its kind cannot have."""

    code = "bad_condition"


@dataclass(frozen=True, slots=True)
class ConditionFacts:
    """What conditions are decided by. `value` and `units` of the lines that count, `orders` placed by the person so far.

    `products` are handles, `categories` slugs of what is in the cart; `likelihood` (0 to 1) of recovering unaided;
    `reason`, `country` "" and `likelihood` None: not known.
    """

    value: Money
    units: int
    orders: int
    has_account: bool
    language: str
    reason: str = ""
    country: str = ""
    likelihood: float | None = None
    products: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of condition: whether a value fits it, and whether it holds for that value."""

    fits: Callable[[Any], bool]
    holds: Callable[[Any, ConditionFacts], bool]


def check(condition: Condition) -> None:
    """Raise BadCondition unless the kind is known and the value is of its type."""
    kind = KINDS.get(condition.kind)
    if kind is None:
        nearest = difflib.get_close_matches(condition.kind, KINDS, n=1)
        raise BadCondition(kind=condition.kind, field="kind", suggestion=nearest[0] if nearest else "")
    if not kind.fits(condition.value):
        raise BadCondition(kind=condition.kind, field="value", suggestion="")


def holds(condition: Condition, facts: ConditionFacts) -> bool:
    """Whether it holds. Raises BadCondition for one that was never checked."""
    check(condition)
    return KINDS[condition.kind].holds(condition.value, facts)


def first_unmet(conditions: tuple[Condition, ...], facts: ConditionFacts) -> Condition | None:
    """The first that does not hold; None when all do."""
    return next((condition for condition in conditions if not holds(condition, facts)), None)


def _amounts(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and 0 < len(value) <= LONGEST_LIST
        and all(is_currency(currency) and _whole(amount, 0, LARGEST_NUMBER) for currency, amount in value.items())
    )


def _words(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and 0 < len(value) <= LONGEST_LIST
        and all(isinstance(word, str) and 0 < len(word) <= 200 for word in value)
    )


def _countries(value: Any) -> bool:
    return _words(value) and all(len(country) == 2 and country.isascii() and country.isupper() for country in value)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _percent(value: Any) -> bool:
    return _whole(value, 1, 100)


def _units(value: Any) -> bool:
    return _whole(value, 1, 100_000)


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _at_least(amounts: Mapping[str, int], facts: ConditionFacts) -> bool:
    return facts.value.currency in amounts and facts.value.amount >= amounts[facts.value.currency]


def _at_most(amounts: Mapping[str, int], facts: ConditionFacts) -> bool:
    return facts.value.currency in amounts and facts.value.amount <= amounts[facts.value.currency]


KINDS: dict[str, Kind] = {
    "value_at_least": Kind(_amounts, _at_least),  # minor units by currency
    "value_at_most": Kind(_amounts, _at_most),
    "units_at_least": Kind(_units, lambda units, facts: facts.units >= units),
    "first_purchase": Kind(_flag, lambda first, facts: (facts.orders == 0) is first),  # false: bought before
    "has_account": Kind(_flag, lambda wanted, facts: facts.has_account is wanted),
    "reason_in": Kind(_words, lambda reasons, facts: facts.reason in reasons),
    "product_in_cart": Kind(_words, lambda handles, facts: not facts.products.isdisjoint(handles)),  # any of them
    "category_in_cart": Kind(_words, lambda slugs, facts: not facts.categories.isdisjoint(slugs)),
    "language_in": Kind(_words, lambda languages, facts: facts.language in languages),
    "country_in": Kind(_countries, lambda countries, facts: facts.country in countries),
    "likelihood_below": Kind(  # percent
        _percent, lambda percent, facts: facts.likelihood is not None and facts.likelihood * 100 < percent
    ),
}
