"""The arithmetic of an order: discount shared out, tax per line, delivery, total; exact to the minor unit. Pure.

Shares are dealt out by largest remainder (Hamilton's method), so that parts always add up to the whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.money import Money, total
from app.stores.taxes import DELIVERY, Taxes

WHOLE = 10_000  # basis points


@dataclass(frozen=True, slots=True)
class Item:
    """What is bought: unit price times quantity, and the class by which it is taxed."""

    key: str
    amount: Money
    tax_class: str


@dataclass(frozen=True, slots=True)
class Share:
    """What an item gets of the discount, and its tax (contained in the price, or on top of it)."""

    key: str
    amount: Money
    discount: Money
    basis_points: int
    tax: Money


@dataclass(frozen=True, slots=True)
class TaxSum:
    """All tax of one rate, and the amount it was reckoned on (with the tax in it where prices contain it)."""

    basis_points: int
    base: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class Sums:
    """What an order comes to. `delivery` is after any relief; `total` is what is to be paid."""

    items: tuple[Share, ...]
    subtotal: Money
    discount: Money
    delivery: Money
    delivery_tax: Money
    taxes: tuple[TaxSum, ...]
    taxes_included: bool
    total: Money

    @property
    def tax(self) -> Money:
        """All tax together."""
        return total((part.tax for part in self.taxes), self.total.currency)


def sum_up(items: Sequence[Item], discount: Money, delivery: Money, taxes: Taxes, country: str) -> Sums:
    """The sums of `items` with a discount on all of them (never more than they cost) and delivery to `country`."""
    currency = delivery.currency
    subtotal = total((item.amount for item in items), currency)
    discount = min(discount, subtotal)
    discounts = deal_out(discount.amount, [item.amount.amount for item in items])
    taxed = [
        *((taxes.rate(country, item.tax_class), item.amount.amount - off)
          for item, off in zip(items, discounts, strict=True)),
        (taxes.rate(country, DELIVERY), delivery.amount),
    ]  # fmt: skip
    each = _taxes(taxed, taxes)
    shares = tuple(
        Share(item.key, item.amount, Money(off, currency), rate, Money(tax, currency))
        for item, off, (rate, _), tax in zip(items, discounts, taxed, each, strict=False)
    )
    added = 0 if taxes.included else sum(each)
    return Sums(
        items=shares,
        subtotal=subtotal,
        discount=discount,
        delivery=delivery,
        delivery_tax=Money(each[-1], currency),
        taxes=_by_rate(taxed, each, currency),
        taxes_included=taxes.included,
        total=subtotal - discount + delivery + Money(added, currency),
    )


def deal_out(amount: int, weights: Sequence[int]) -> list[int]:
    """`amount` in whole parts in proportion to `weights`; what is left over goes to the largest remainders, the first first."""
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    parts = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda at: (-(amount * weights[at] % whole), at))
    for at in by_remainder[: amount - sum(parts)]:
        parts[at] += 1
    return parts


def tax_in(amount: int, basis_points: int, *, included: bool) -> int:
    """The tax in (or on) an amount, rounded half up to the minor unit."""
    whole = WHOLE + basis_points if included else WHOLE
    return (2 * amount * basis_points + whole) // (2 * whole)


def _taxes(taxed: Sequence[tuple[int, int]], taxes: Taxes) -> list[int]:
    """The tax of each (rate, amount): rounded each for itself, or once per rate and then dealt out."""
    if taxes.rounding == "line":
        return [tax_in(amount, rate, included=taxes.included) for rate, amount in taxed]
    each = [0] * len(taxed)
    for rate in {rate for rate, _ in taxed}:
        places = [at for at, (other, _) in enumerate(taxed) if other == rate]
        amounts = [taxed[at][1] for at in places]
        dealt = deal_out(tax_in(sum(amounts), rate, included=taxes.included), amounts)
        for at, tax in zip(places, dealt, strict=True):
            each[at] = tax
    return each


def _by_rate(taxed: Sequence[tuple[int, int]], each: Sequence[int], currency: str) -> tuple[TaxSum, ...]:
    sums: dict[int, tuple[int, int]] = {}
    for (rate, amount), tax in zip(taxed, each, strict=True):
        base, taxed_so_far = sums.get(rate, (0, 0))
        sums[rate] = (base + amount, taxed_so_far + tax)
    kept: Mapping[int, tuple[int, int]] = {rate: pair for rate, pair in sums.items() if rate and pair[0]}
    return tuple(
        TaxSum(rate, Money(base, currency), Money(tax, currency)) for rate, (base, tax) in sorted(kept.items())
    )
