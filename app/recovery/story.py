"""What a message tells, as values: the things, what they cost today, the offer. Read from the shop or made up for a preview. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.money import Money
from app.recovery.values import MessageKind, Trigger

SHOWN_AT_MOST = 10


@dataclass(frozen=True, slots=True)
class Instead:
    """Something similar that can be bought. `url` and `picture` are whole addresses."""

    name: str
    price: Money
    url: str
    picture: str
    tint: int


@dataclass(frozen=True, slots=True)
class Thing:
    """A line in the reader's language. `price` is of all pieces; `change` of one piece since the shopper saw it.

    `left` where fewer are left than wanted or all that is left is in the cart; `missing` why it cannot be bought.
    """

    variant_id: UUID | None
    name: str
    details: tuple[str, ...]
    quantity: int
    price: Money
    each: Money
    change: Money
    url: str
    picture: str
    tint: int
    left: int | None = None
    missing: Literal["", "sold_out", "gone"] = ""
    instead: tuple[Instead, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """A personal code: what it gives, until when (the first moment without it), what it takes off this cart now."""

    kind: Literal["percent", "fixed", "free_shipping"]
    basis_points: int
    amount: Money | None
    code: str
    ends_at: datetime
    off: Money


@dataclass(frozen=True, slots=True)
class Delivery:
    """The cheapest delivery there is, in the total."""

    price: Money


@dataclass(frozen=True, slots=True)
class Sums:
    """What an order of the cart would come to now, everything in it. `discount` is by the offer or the cart's own code."""

    total: Money
    discount: Money
    code: str
    delivery: Delivery | None
    tax_on_top: Money


@dataclass(frozen=True, slots=True)
class Shop:
    """Who writes. `origin` without a slash at the end; `seller` and `address` as letters must have them."""

    name: str
    origin: str
    zone: str
    seller: str = ""
    address: tuple[str, ...] = ()
    email: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """Everything about one message but its words. `things` can be bought, `missing` cannot; `sums` for a cart only."""

    kind: MessageKind
    trigger: Trigger
    shop: Shop
    left_at: datetime
    now: datetime
    things: tuple[Thing, ...]
    missing: tuple[Thing, ...] = ()
    sums: Sums | None = None
    saved: int = 0
    offer: Offer | None = None
    problems: tuple[str, ...] = field(default=())
