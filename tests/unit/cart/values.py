"""Building carts and facts for the tests of the rules, in one line each."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from app.cart.commands import AddCoupon, AddItem, Command
from app.cart.domain import decide, opened
from app.cart.events import Event, replay
from app.cart.policy import Facts, Policy
from app.cart.state import Cart, Line, Pane
from app.catalog.facts import VariantFacts
from app.errors import Refusal
from app.ids import LineId, ProductId, VariantId
from app.money import Money
from app.promotions.domain import Coupon

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def variant(number: int, **changes: object) -> VariantFacts:
    """Facts of variant `number`: 10.00 EUR, never runs out, unless said otherwise."""
    facts = VariantFacts(
        variant_id=VariantId(UUID(int=number)),
        product_id=ProductId(UUID(int=1000 + number)),
        handle=f"product-{number}",
        title={"en": f"Product {number}", "fa": f"کالای {number}"},
        option_names=(),
        options=(),
        image=None,
        unit_price=Money(1000, "EUR"),
        compare_at=None,
        available=None,
        minimum=1,
        maximum=None,
        sellable=True,
    )
    return replace(facts, **changes)  # type: ignore[arg-type]


def facts(*variants: VariantFacts) -> Facts:
    """These variants as the catalogue knows them."""
    return {one.variant_id: one for one in variants}


def opened_cart(currency: str = "EUR") -> Cart:
    """A cart in which nothing has been put yet."""
    return replay(opened(Cart(), currency))


class Actor:
    """A shopper with a cart: gives commands, keeps all events."""

    def __init__(self, known: Facts, policy: Policy | None = None, currency: str = "EUR") -> None:
        self.known, self.policy = known, policy or Policy()
        self.events: list[Event] = list(opened(Cart(), currency))
        self.cart = replay(self.events)
        self.ids = 0
        self.coupons: dict[str, Coupon] = {}

    def new_id(self) -> LineId:
        """An id no line has."""
        self.ids += 1
        return LineId(UUID(int=10_000 + self.ids))

    def does(self, command: Command) -> tuple[Event, ...]:
        """Carry out a command; raises what the rules refuse."""
        last = self.events[-1]
        events = decide(self.cart, command, self.known, self.policy, NOW, last, self._coupon(command))
        self.events.extend(events)
        self.cart = replay(events, self.cart)
        return events

    def _coupon(self, command: Command) -> Coupon | None:
        return self.coupons.get(command.code) if isinstance(command, AddCoupon) else None

    def tries(self, command: Command) -> Refusal | None:
        """Carry out a command, or return why not."""
        try:
            self.does(command)
        except Refusal as refusal:
            return refusal
        return None

    def adds(self, number: int, quantity: int = 1, pane: Pane = Pane.ACTIVE) -> tuple[Event, ...]:
        """Put units of variant `number` into a pane."""
        return self.does(AddItem(self.new_id(), VariantId(UUID(int=number)), quantity, pane))

    def line(self, number: int, pane: Pane) -> Line | None:
        """The line of variant `number` in a pane."""
        return next((line for line in self.cart.pane(pane) if line.variant_id.int == number), None)


def quantities(lines: Iterable[Line]) -> list[tuple[int, int]]:
    """(variant number, quantity) of each line, in order."""
    return [(line.variant_id.int, line.quantity) for line in lines]


def units_by_variant(cart: Cart) -> Mapping[VariantId, int]:
    """How many pieces of each variant the cart holds in both panes: what no move may change."""
    counted: dict[VariantId, int] = {}
    for line in cart.lines:
        counted[line.variant_id] = counted.get(line.variant_id, 0) + line.quantity
    return counted
