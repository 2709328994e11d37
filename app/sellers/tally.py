"""A week's people counted for each vendor, everybody once in a cell. Pure."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from app.recovery.reasons import Reason
from app.sellers.disclosure import Figures, Product

Person = Hashable

# What can be done something about first; the last ones say least, and are hidden first (disclosure.py).
OUTCOMES = ("bought", "back", "gone")
REASONS = tuple(
    reason.value
    for reason in (
        Reason.OUT_OF_STOCK,
        Reason.PRICE_ROSE,
        Reason.DELIVERY_COST,
        Reason.PAYMENT_FAILED,
        Reason.COUPON_REFUSED,
        Reason.SAVED_FOR_LATER,
        Reason.CHANGED_MIND,
        Reason.LONG_COMPARISON,
        Reason.JUST_LEFT,
    )
)


@dataclass(frozen=True, slots=True)
class Left:
    """A cart that a person left, with these products: why, and whether it was bought or they came back to it in the week."""

    person: Person
    products: frozenset[UUID]
    reason: str
    bought: bool
    back: bool


def tally(
    added: Iterable[tuple[Person, UUID]], left: Iterable[Left], vendor_of: Mapping[UUID, str]
) -> dict[str, Figures]:
    """The figures of each vendor that anybody had something of in a cart; `left` in the order in which carts were left.

    A person's reason is that of the first cart they left with something of the vendor's; what came of it is the best that
    came of any. `vendor_of` are all products that have a vendor, in the order of the catalogue. A reason nobody knows is
    none: they just left.
    """
    had: dict[str, set[Person]] = defaultdict(set)
    for person, product in added:
        if product in vendor_of:
            had[vendor_of[product]].add(person)
    reason_of: dict[str, dict[Person, str]] = defaultdict(dict)
    outcome_of: dict[str, dict[Person, str]] = defaultdict(dict)
    leavers: dict[UUID, set[Person]] = defaultdict(set)
    for cart in left:
        came_of_it = "bought" if cart.bought else "back" if cart.back else "gone"
        for product in cart.products:
            leavers[product].add(cart.person)
        for vendor in {vendor_of[product] for product in cart.products if product in vendor_of}:
            had[vendor].add(cart.person)
            reason = cart.reason if cart.reason in REASONS else Reason.JUST_LEFT.value
            reason_of[vendor].setdefault(cart.person, reason)
            best = outcome_of[vendor].get(cart.person, came_of_it)
            outcome_of[vendor][cart.person] = min(best, came_of_it, key=OUTCOMES.index)
    of_vendor: dict[str, list[UUID]] = defaultdict(list)
    for product, vendor in vendor_of.items():
        if vendor in had:
            of_vendor[vendor].append(product)
    return {
        vendor: Figures(
            had=len(people),
            left=len(reason_of[vendor]),
            outcomes=_counted(OUTCOMES, outcome_of[vendor].values()),
            reasons=_counted(REASONS, reason_of[vendor].values()),
            products={
                str(product): Product(
                    len(leavers[product]), Counter(reason_of[vendor][person] for person in leavers[product])
                )
                for product in of_vendor[vendor]
            },
        )
        for vendor, people in had.items()
    }


def _counted(names: Iterable[str], values: Iterable[str]) -> dict[str, int]:
    found = Counter(values)
    return {name: found[name] for name in names}
