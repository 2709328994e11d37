"""What the page says about each line, and what it all costs: lines against the catalogue as it is now. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.cart.policy import Facts, Policy
from app.cart.state import Cart, Line, Pane
from app.cart.totals import Item, TaxSum, sum_up
from app.catalog.facts import VariantFacts
from app.money import Money, total
from app.promotions.domain import Reduction
from app.stores.delivery import DeliveryMethod, estimate
from app.stores.taxes import STANDARD


class Availability(StrEnum):
    """Whether a line can be bought as it stands."""

    OK = "ok"
    LOW = "low"  # all that is left is in this cart
    SHORT = "short"  # fewer left than wanted
    SOLD_OUT = "sold_out"
    WITHDRAWN = "withdrawn"  # no longer made, but the product is, with other options
    GONE = "gone"  # no longer sold
    OTHER_CURRENCY = "other_currency"  # not sold in the cart's


@dataclass(frozen=True, slots=True)
class ReviewedLine:
    """A line with what holds now. `change` is the price now less the price the shopper saw."""

    line: Line
    facts: VariantFacts | None
    availability: Availability
    unit_price: Money
    change: Money

    @property
    def counted(self) -> bool:
        """Whether the line is part of the total."""
        return self.availability in (Availability.OK, Availability.LOW, Availability.SHORT)

    @property
    def price(self) -> Money:
        """Unit price times quantity."""
        return self.unit_price * self.line.quantity


@dataclass(frozen=True, slots=True)
class Estimate:
    """The cheapest delivery to the store's own country: what it costs, and what it would without a coupon."""

    method: DeliveryMethod
    price: Money
    usual: Money


@dataclass(frozen=True, slots=True)
class Totals:
    """What this order comes to so far. `blocked` by a line that must be resolved, `unaccepted` prices need a nod.

    `delivery` is None where the store delivers nothing there (or nothing is bought), `tax` is in the total either way.
    """

    units: int
    subtotal: Money
    discount: Money
    delivery: Estimate | None
    taxes: tuple[TaxSum, ...]
    taxes_included: bool
    tax: Money
    total: Money
    blocked: bool
    unaccepted: int


def review(cart: Cart, pane: Pane, facts: Facts, policy: Policy) -> tuple[ReviewedLine, ...]:
    """The lines of one pane as they stand against the catalogue."""
    return tuple(_reviewed(line, facts.get(line.variant_id), policy, cart.currency) for line in cart.pane(pane))


def goods(lines: Sequence[ReviewedLine], currency: str) -> Money:
    """What the lines that count cost together."""
    return total((line.price for line in lines if line.counted), currency)


def totals(
    lines: Sequence[ReviewedLine], currency: str, policy: Policy | None = None, reduction: Reduction | None = None
) -> Totals:
    """Pieces and money of the lines that count, with `reduction` taken off, and what stands between them and a checkout."""
    policy = policy or Policy()
    counted = [line for line in lines if line.counted]
    subtotal, nothing = goods(lines, currency), Money(0, currency)
    discount = min(reduction.amount, subtotal) if reduction else nothing
    delivery = _delivery(policy, subtotal - discount, reduction) if counted else None
    items = [Item(str(line.line.id), line.price, line.facts.tax_class if line.facts else STANDARD) for line in counted]
    sums = sum_up(items, discount, delivery.price if delivery else nothing, policy.taxes, policy.country)
    return Totals(
        units=sum(line.line.quantity for line in counted),
        subtotal=subtotal,
        discount=sums.discount,
        delivery=delivery,
        taxes=sums.taxes,
        taxes_included=sums.taxes_included,
        tax=sums.tax,
        total=sums.total,
        blocked=any(line.availability not in (Availability.OK, Availability.LOW) for line in lines),
        unaccepted=sum(bool(line.change) for line in counted),
    )


def _delivery(policy: Policy, goods: Money, reduction: Reduction | None) -> Estimate | None:
    found = estimate(policy.delivery_methods, policy.country, goods)
    if found is None:
        return None
    method, usual = found
    return Estimate(method, Money(0, goods.currency) if reduction and reduction.free_delivery else usual, usual)


def _reviewed(line: Line, facts: VariantFacts | None, policy: Policy, currency: str) -> ReviewedLine:
    seen, availability = line.snapshot.unit_price, _availability(line, facts, policy, currency)
    if facts is not None and seen.currency != currency == facts.unit_price.currency:
        return ReviewedLine(line, facts, availability, facts.unit_price, Money(0, currency))
    comparable = facts is not None and policy.price_check and facts.unit_price.currency == seen.currency
    now = facts.unit_price if facts is not None and comparable else seen
    return ReviewedLine(line, facts, availability, now, now - seen)


def _availability(line: Line, facts: VariantFacts | None, policy: Policy, currency: str) -> Availability:
    if facts is None or not facts.sellable:
        return Availability.WITHDRAWN if facts is not None and facts.others else Availability.GONE
    if facts.unit_price.currency != currency:
        return Availability.OTHER_CURRENCY
    if not policy.stock_check or facts.available is None:
        return Availability.OK
    if not facts.in_stock:
        return Availability.SOLD_OUT
    if facts.available < line.quantity:
        return Availability.SHORT
    return Availability.LOW if facts.available == line.quantity and line.pane is Pane.ACTIVE else Availability.OK
