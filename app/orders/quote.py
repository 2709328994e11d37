"""What an order of a cart would come to now: lines against the catalogue, discount, delivery, tax, total. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

import msgspec

from app.cart.policy import Facts, Policy
from app.cart.pricing import Availability, ReviewedLine, review
from app.cart.state import Cart, Pane
from app.cart.totals import Item, Sums, sum_up
from app.errors import Refusal
from app.money import Money, total
from app.orders.values import Delivery
from app.stores.delivery import DeliveryMethod
from app.stores.taxes import Taxes

WORKING_DAYS = 5


@dataclass(frozen=True, slots=True)
class Relief:
    """What a coupon takes off: from the goods, and whether delivery is free. `code` as it is shown."""

    code: str
    goods: Money
    free_delivery: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """The lines of the active pane as they would be ordered, and the sums. `problems` must be resolved first.

    `not_counted` says why the cart's code takes nothing off.
    """

    lines: tuple[ReviewedLine, ...]
    problems: tuple[ReviewedLine, ...]
    relief: Relief | None
    method: DeliveryMethod | None
    sums: Sums
    not_counted: Refusal | None = None

    @property
    def fingerprint(self) -> str:
        """A short name of exactly what is agreed to: which lines, how many, at what price, and every sum."""
        agreed = (
            [(str(line.line.id), str(line.line.variant_id), line.line.quantity, line.unit_price) for line in self.lines],
            self.sums.discount, self.sums.delivery, self.sums.tax, self.sums.total,
            self.method.key if self.method else "",
        )  # fmt: skip
        return sha256(msgspec.json.encode(agreed)).hexdigest()[:24]


def quote(
    cart: Cart,
    facts: Facts,
    policy: Policy,
    *,
    taxes: Taxes,
    country: str,
    method: DeliveryMethod | None,
    relief: Relief | None,
) -> Quote:
    """The quote of a cart's active pane, delivered to `country` by `method` (none yet: delivery costs nothing so far)."""
    reviewed = review(cart, Pane.ACTIVE, facts, policy)
    lines = tuple(line for line in reviewed if line.counted)
    problems = tuple(line for line in reviewed if line.availability not in (Availability.OK, Availability.LOW))
    items = [Item(str(line.line.id), line.price, line.facts.tax_class if line.facts else "standard") for line in lines]
    none = Money(0, cart.currency)
    goods = total((item.amount for item in items), cart.currency)
    discount = min(relief.goods, goods) if relief else none
    delivery = none
    if method is not None and not (relief and relief.free_delivery):
        delivery = method.price(goods - discount)
    return Quote(lines, problems, relief, method, sum_up(items, discount, delivery, taxes, country))


def promised(method: DeliveryMethod, today: date) -> Delivery:
    """The method as the order keeps it, with the days it promises: working days from tomorrow on, Monday to Friday."""
    earliest, latest = (_working_days_after(today, days) for days in method.days)
    return Delivery(key=method.key, title=method.title, earliest=earliest, latest=latest, pickup=method.pickup)


def _working_days_after(day: date, days: int) -> date:
    while days > 0:
        day += timedelta(days=1)
        days -= day.weekday() < WORKING_DAYS
    return day
