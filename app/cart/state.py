"""The cart as a value: two panes of lines, what was done last, the note about brought-back lines. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from app.catalog.facts import VariantFacts
from app.ids import LineId, VariantId
from app.money import Money

LARGEST_QUANTITY = 999  # of one line, whatever the product allows; the column's CHECK says the same


class Pane(StrEnum):
    """Where a line is: in what is bought now, or in what is meant for next time."""

    ACTIVE = "active"
    NEXT_PURCHASE = "next_purchase"

    @property
    def other(self) -> "Pane":
        """The other one."""
        return Pane.NEXT_PURCHASE if self is Pane.ACTIVE else Pane.ACTIVE


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the shopper saw when the line was added or last accepted. Texts are by locale."""

    handle: str
    title: dict[str, str]
    option_names: tuple[dict[str, str], ...]
    option_values: tuple[dict[str, str], ...]
    image: str | None
    unit_price: Money


Options = tuple[tuple[str, str], ...]
LineKey = tuple[Pane, VariantId, Options]


@dataclass(frozen=True, slots=True)
class Line:
    """`quantity` units of a variant in one pane. `options` are the shopper's own wishes (an engraving), sorted by name."""

    id: LineId
    pane: Pane
    variant_id: VariantId
    options: Options
    quantity: int
    snapshot: Snapshot
    added_at: datetime
    brought_back: bool = False

    @property
    def key(self) -> LineKey:
        """Lines with the same key are one line."""
        return (self.pane, self.variant_id, self.options)


@dataclass(frozen=True, slots=True)
class Placed:
    """A line and where in the order of lines it stood."""

    line: Line
    index: int


@dataclass(frozen=True, slots=True)
class Move:
    """`line.quantity` units of `line` leave its pane and become (part of) the line `target_id` in the other.

    `price` is what they cost there when the line was saved in another currency than the order's.
    """

    line: Line
    from_index: int
    target_id: LineId
    to_index: int | None = None
    price: Money | None = None

    @property
    def to_pane(self) -> Pane:
        """Where they go."""
        return self.line.pane.other


class HeldBackReason(StrEnum):
    """Why a saved line did not come back."""

    SOLD_OUT = "sold_out"
    GONE = "gone"
    PRICE_ROSE = "price_rose"
    LIMIT = "limit"
    CURRENCY = "currency"


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A line that stayed in next purchase, and why."""

    line_id: LineId
    title: dict[str, str]
    reason: HeldBackReason


@dataclass(frozen=True, slots=True)
class Note:
    """What the page says about an auto-activation until the shopper has answered."""

    version: int
    moves: tuple[Move, ...]
    held_back: tuple[HeldBack, ...]


@dataclass(frozen=True, slots=True)
class Raised:
    """A line whose quantity a merge changed."""

    line_id: LineId
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Merge:
    """What came in with a guest's cart: new lines, larger quantities, saved twins that went into an active line.

    `currency` is the guest's; `parked` counts the lines that are not sold in the account's and wait in next purchase.
    `coupon` is the guest's; it comes along unless the account had one (`coupon_before`). What a link brought is of the
    same kind: then `guest_cart_id` is the cart that the link named, and `had` counts the units that were here before.
    """

    guest_cart_id: UUID
    merged_at: datetime
    added: tuple[Line, ...]
    raised: tuple[Raised, ...]
    absorbed: tuple[Placed, ...]
    guest_lines: tuple[Line, ...]
    currency: str = ""
    parked: int = 0
    coupon: str = ""
    coupon_before: str = ""
    origin: Literal["device", "link"] = "device"
    had: int = 0


@dataclass(frozen=True, slots=True)
class Cart:
    """One shopper's two panes at one version. `lines` are in the order they are shown; `coupon` is a code as shown."""

    currency: str = ""
    version: int = 0
    activation: int = 0
    auto_activation: bool = True
    lines: tuple[Line, ...] = field(default=())
    note: Note | None = None
    merge: Merge | None = None
    coupon: str = ""

    def pane(self, pane: Pane) -> tuple[Line, ...]:
        """The lines of one pane, in order."""
        return tuple(line for line in self.lines if line.pane is pane)

    def find(self, line_id: LineId) -> Line | None:
        """The line with this id, if the cart has it."""
        return next((line for line in self.lines if line.id == line_id), None)

    def twin(self, key: LineKey) -> Line | None:
        """The line with this key, if the cart has it."""
        return next((line for line in self.lines if line.key == key), None)

    def index(self, line_id: LineId) -> int:
        """Where the line stands. Raises ValueError when it is not there."""
        return [line.id for line in self.lines].index(line_id)

    def units(self) -> int:
        """How many pieces are in both panes together."""
        return sum(line.quantity for line in self.lines)

    def own_coupon(self) -> str:
        """Its coupon, unless that came in with the merge."""
        merge = self.merge
        brought = merge is not None and not merge.coupon_before and self.coupon == merge.coupon
        return "" if brought else self.coupon

    def variant_ids(self) -> Iterator[VariantId]:
        """The variants the lines are about."""
        return (line.variant_id for line in self.lines)


def put(lines: tuple[Line, ...], line: Line, index: int | None = None) -> tuple[Line, ...]:
    """`lines` with `line` added: to its twin if there is one, else at `index` (at the end by default)."""
    for at, twin in enumerate(lines):
        if twin.key == line.key:
            grown = replace(twin, quantity=twin.quantity + line.quantity)
            return (*lines[:at], grown, *lines[at + 1 :])
    at = len(lines) if index is None else min(index, len(lines))
    return (*lines[:at], line, *lines[at:])


def take(lines: tuple[Line, ...], line_id: LineId, quantity: int) -> tuple[Line, ...]:
    """`lines` with `quantity` units of one line gone, and the line with them when none is left."""
    at = next(at for at, line in enumerate(lines) if line.id == line_id)
    left = lines[at].quantity - quantity
    if left < 0:
        raise ValueError("a line cannot give more than it has")
    rest = (replace(lines[at], quantity=left),) if left else ()
    return (*lines[:at], *rest, *lines[at + 1 :])


def with_price(line: Line, price: Money | None) -> Line:
    """`line` with `price` in its snapshot, where there is one."""
    return line if price is None else replace(line, snapshot=replace(line.snapshot, unit_price=price))


def snapshot_of(facts: VariantFacts) -> Snapshot:
    """What the shopper sees of a variant now."""
    return Snapshot(
        handle=facts.handle,
        title=facts.title,
        option_names=facts.option_names,
        option_values=facts.options,
        image=facts.image,
        unit_price=facts.unit_price,
    )
