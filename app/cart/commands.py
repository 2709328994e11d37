"""What a shopper can ask of a cart. Pure; new ids are part of the command, so that deciding needs no randomness."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from app.cart.state import Line, Move, Options, Pane
from app.ids import LineId, VariantId


@dataclass(frozen=True, slots=True)
class AddItem:
    """Put units of a variant into a pane."""

    line_id: LineId
    variant_id: VariantId
    quantity: int
    pane: Pane = Pane.ACTIVE
    options: Options = ()


@dataclass(frozen=True, slots=True)
class AddItems:
    """Put what can be had of these into one pane. `wish` names what was asked for: the items' ids are made anew each time."""

    items: tuple[AddItem, ...]
    wish: str


@dataclass(frozen=True, slots=True)
class ChangeQuantity:
    """Have `quantity` units of a line; none removes it. `seen` is how many the shopper saw when they asked."""

    line_id: LineId
    quantity: int
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class ChangeVariant:
    """Have another variant of the same product on a line."""

    line_id: LineId
    variant_id: VariantId
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class RemoveLine:
    """Take a line out."""

    line_id: LineId
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class MoveLine:
    """Bring a line, or `quantity` of its units, to a pane. `new_line_id` is for the part that leaves."""

    line_id: LineId
    pane: Pane
    new_line_id: LineId
    quantity: int | None = None
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class MoveAll:
    """Bring all lines to a pane."""

    pane: Pane


@dataclass(frozen=True, slots=True)
class EmptyPane:
    """Take out all lines of a pane."""

    pane: Pane


@dataclass(frozen=True, slots=True)
class Undo:
    """Take back the change that made `version`, which must be the last one."""

    version: int


@dataclass(frozen=True, slots=True)
class AnswerNote:
    """Say whether what was brought back may stay."""

    keep: bool


@dataclass(frozen=True, slots=True)
class AcceptPrices:
    """Be content with the prices shown: (line, minor units) of each line the shopper saw with another price than before."""

    shown: tuple[tuple[LineId, int], ...]


@dataclass(frozen=True, slots=True)
class SwitchCurrency:
    """Buy in another currency. The facts must be in it."""

    currency: str


@dataclass(frozen=True, slots=True)
class SwitchAutoActivation:
    """Have next purchase come back by itself, or not."""

    enabled: bool


@dataclass(frozen=True, slots=True)
class MergeGuestCart:
    """Take a guest's lines in (rule 7). `currency` is the guest's; `resumed` when only what came since is in `lines`."""

    guest_cart_id: UUID
    lines: tuple[Line, ...]
    rule: Literal["larger", "sum"]
    currency: str = ""
    coupon: str = ""
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class BringBack:
    """Take in copies of the lines of the cart that a recovery link names, at the prices of now. Only links ask for this."""

    source: UUID
    lines: tuple[Line, ...]
    currency: str = ""
    coupon: str = ""


@dataclass(frozen=True, slots=True)
class AnswerMerge:
    """Say whether what came in from the device may stay. `guest_cart_id` is whose merge is meant; the last one's by default."""

    keep: bool
    guest_cart_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AddCoupon:
    """Have a discount code on the order, as it was typed; it takes the place of another."""

    code: str


@dataclass(frozen=True, slots=True)
class RemoveCoupon:
    """Have no discount code on the order."""


@dataclass(frozen=True, slots=True)
class Salvage:
    """Save what was left in the order for the next purchase. Only recovery asks for this, never a form."""


@dataclass(frozen=True, slots=True)
class PutBack:
    """Take a salvage back: its `moves`, its coupon. `at` is the version it made, if it must still be the last change."""

    moves: tuple[Move, ...]
    coupon: str = ""
    at: int | None = None


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Take out of the active pane what an order was made of. Only orders ask for this, never a form."""

    order_id: UUID
    lines: tuple[Line, ...]


Command = (
    AddItem
    | AddItems
    | ChangeQuantity
    | ChangeVariant
    | RemoveLine
    | MoveLine
    | MoveAll
    | EmptyPane
    | Undo
    | AnswerNote
    | AcceptPrices
    | SwitchCurrency
    | SwitchAutoActivation
    | MergeGuestCart
    | BringBack
    | AnswerMerge
    | AddCoupon
    | RemoveCoupon
    | Salvage
    | PutBack
    | PlaceOrder
)
