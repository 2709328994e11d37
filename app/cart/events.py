"""What can happen to a cart, and what follows from it: `evolve` is the only place where the state changes. Pure."""

from dataclasses import dataclass, replace
from functools import reduce
from typing import Literal, assert_never
from uuid import UUID

from app.cart.lines import moved, raised, with_quantity, without
from app.cart.state import Cart, HeldBack, Line, Merge, Move, Note, Pane, Placed, Raised, put, take, with_price
from app.ids import LineId
from app.money import Money


@dataclass(frozen=True, slots=True)
class CartOpened:
    """The first event of every cart."""

    currency: str


@dataclass(frozen=True, slots=True)
class ItemAdded:
    """`line.quantity` units came into a pane; `line.id` is the twin's where there was one."""

    line: Line


@dataclass(frozen=True, slots=True)
class ItemsAdded:
    """Several additions at once, each as ItemAdded has it, all to one pane."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class QuantityChanged:
    """A line has `after` units instead of `before`."""

    line_id: LineId
    before: int
    after: int
    undo: bool = False


@dataclass(frozen=True, slots=True)
class VariantChanged:
    """A line became another variant of its product: `line`, or part of the line whose id it has."""

    removed: Placed
    line: Line


@dataclass(frozen=True, slots=True)
class LineRemoved:
    """A whole line went away."""

    removed: Placed
    undo: bool = False


@dataclass(frozen=True, slots=True)
class LinesMoved:
    """Units went from one pane to the other."""

    moves: tuple[Move, ...]
    held_back: tuple[HeldBack, ...] = ()
    undo: bool = False


@dataclass(frozen=True, slots=True)
class PaneEmptied:
    """All lines of a pane went away."""

    pane: Pane
    removed: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class LinesRestored:
    """Removed lines are back where they were."""

    restored: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class NextPurchaseActivated:
    """Next purchase came back into the empty active pane."""

    moves: tuple[Move, ...]
    held_back: tuple[HeldBack, ...]


@dataclass(frozen=True, slots=True)
class ActivationUndone:
    """The shopper did not want that: what was brought back is saved again."""

    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class ActivationKept:
    """The shopper is content with what was brought back."""


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A line's price snapshot before and after."""

    line_id: LineId
    before: Money
    after: Money


@dataclass(frozen=True, slots=True)
class PricesAccepted:
    """The shopper nodded to today's prices."""

    changes: tuple[PriceChange, ...]


@dataclass(frozen=True, slots=True)
class CurrencySwitched:
    """The cart is in another currency: `changes` price its lines in it, `moves` park what is not sold in it (or bring it back)."""

    before: str
    after: str
    changes: tuple[PriceChange, ...]
    moves: tuple[Move, ...] = ()
    undo: bool = False


@dataclass(frozen=True, slots=True)
class AutoActivationSwitched:
    """The shopper switched auto-activation on or off."""

    enabled: bool


@dataclass(frozen=True, slots=True)
class GuestCartMerged:
    """A guest's lines came in."""

    merge: Merge


@dataclass(frozen=True, slots=True)
class MergeUndone:
    """What a merge brought went away again: these lines and quantities; and the saved twins came back."""

    removed: tuple[Placed, ...]
    lowered: tuple[Raised, ...]
    restored: tuple[Placed, ...]
    origin: Literal["device", "link"] = "device"


@dataclass(frozen=True, slots=True)
class MergeKept:
    """The shopper is content with what came in from the device."""


@dataclass(frozen=True, slots=True)
class CouponAdded:
    """The order has a discount code now, instead of the one `before` if there was one."""

    code: str
    before: str = ""
    undo: bool = False


@dataclass(frozen=True, slots=True)
class CouponRemoved:
    """The order has no discount code any more."""

    code: str
    undo: bool = False


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """What was ordered left the active pane: these units of these lines. Whatever else is in the cart stays."""

    order_id: UUID
    taken: tuple[Placed, ...]


Event = (
    CartOpened
    | ItemAdded
    | ItemsAdded
    | QuantityChanged
    | VariantChanged
    | LineRemoved
    | LinesMoved
    | PaneEmptied
    | LinesRestored
    | NextPurchaseActivated
    | ActivationUndone
    | ActivationKept
    | PricesAccepted
    | CurrencySwitched
    | AutoActivationSwitched
    | GuestCartMerged
    | MergeUndone
    | MergeKept
    | CouponAdded
    | CouponRemoved
    | OrderPlaced
)


def evolve(cart: Cart, event: Event) -> Cart:
    """The cart after `event`, one version on."""
    return replace(_changed(cart, event), version=cart.version + 1)


def replay(events: "list[Event] | tuple[Event, ...]", cart: Cart | None = None) -> Cart:
    """The cart that follows from `events`, begun with `cart` (an unopened one by default)."""
    return reduce(evolve, events, cart or Cart())


def _changed(cart: Cart, event: Event) -> Cart:
    lines = cart.lines
    match event:
        case CartOpened(currency):
            return replace(cart, currency=currency)
        case ItemAdded(line):
            return replace(cart, lines=put(lines, line))
        case ItemsAdded(added):
            return replace(cart, lines=reduce(put, added, lines))
        case QuantityChanged(line_id, _, after):
            return replace(cart, lines=with_quantity(lines, line_id, after))
        case VariantChanged(removed, line):
            return replace(cart, lines=put(take(lines, removed.line.id, removed.line.quantity), line, removed.index))
        case LineRemoved(removed):
            return replace(cart, lines=take(lines, removed.line.id, removed.line.quantity))
        case LinesMoved(moves, _, undo):
            return replace(cart, lines=moved(lines, moves, brought_back=None if undo else False))
        case PaneEmptied(pane):
            return replace(cart, lines=tuple(line for line in lines if line.pane is not pane))
        case LinesRestored(restored):
            return replace(cart, lines=reduce(lambda kept, p: put(kept, p.line, p.index), restored, lines))
        case NextPurchaseActivated(moves, held_back):
            return replace(
                cart,
                lines=moved(lines, moves, brought_back=True),
                activation=cart.activation + 1,
                note=Note(cart.version + 1, moves, held_back),
            )
        case ActivationUndone(moves):
            return replace(cart, lines=moved(lines, moves, brought_back=None), note=None)
        case ActivationKept():
            return replace(cart, note=None)
        case PricesAccepted(changes):
            return replace(cart, lines=_priced(lines, changes))
        case CurrencySwitched(_, after, changes, moves, undo):
            parked = moved(_priced(lines, changes), moves, brought_back=None if undo else False)
            return replace(cart, currency=after, lines=parked)
        case AutoActivationSwitched(enabled):
            return replace(cart, auto_activation=enabled)
        case GuestCartMerged(merge):
            kept = without(lines, merge.absorbed)
            return replace(
                cart, lines=raised(kept, merge.raised) + merge.added, merge=merge, coupon=cart.coupon or merge.coupon
            )
        case MergeUndone(removed, lowered, restored):
            kept = raised(without(lines, removed), lowered)
            whole = reduce(lambda all_, p: put(all_, p.line, p.index), restored, kept)
            return replace(cart, lines=whole, merge=None, coupon=cart.own_coupon())
        case MergeKept():
            return replace(cart, merge=None)
        case CouponAdded(code):
            return replace(cart, coupon=code)
        case CouponRemoved():
            return replace(cart, coupon="")
        case OrderPlaced(_, taken):
            left = reduce(lambda kept, p: take(kept, p.line.id, p.line.quantity), taken, lines)
            return replace(cart, lines=left, activation=cart.activation + 1, note=None, merge=None, coupon="")
        case _:
            assert_never(event)


def _priced(lines: tuple[Line, ...], changes: tuple[PriceChange, ...]) -> tuple[Line, ...]:
    prices = {change.line_id: change.after for change in changes}
    return tuple(with_price(line, prices.get(line.id)) for line in lines)
