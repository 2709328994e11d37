"""Orders as values: what a checkout collects, and what pages, letters and receipts show. Pure; texts are by locale."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from app.ids import CustomerId, LineId, OrderId, ProductId, VariantId
from app.money import Money

Texts = dict[str, str]


class OrderState(StrEnum):
    """Where an order stands. It goes forwards only (domain.py)."""

    PENDING = "pending"  # units are reserved, payment is under way or to be tried again
    IN_REVIEW = "in_review"  # accepted, but somebody of the store looks at it first
    PLACED = "placed"
    FULFILLED = "fulfilled"  # handed to the courier or the customer
    CANCELLED = "cancelled"
    ABANDONED = "abandoned"  # never paid; the units went back


class PaymentState(StrEnum):
    """How an order is paid, as people need to know it."""

    DUE = "due"  # on delivery or by invoice
    WAITING = "waiting"  # asked for, not known yet
    PAID = "paid"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    NOT_PAID = "not_paid"


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the order is for."""

    email: str
    name: str
    phone: str = ""


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where it goes. `region` where the country has such a thing in its addresses."""

    country: str
    street: str
    postcode: str = ""
    city: str
    region: str = ""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """The delivery method as it was chosen, and the days between which the order should arrive."""

    key: str
    title: Texts
    earliest: date
    latest: date
    pickup: bool = False


class CheckoutDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What a shopper has entered so far; every field may still be missing."""

    contact: Contact | None = None
    address: Address | None = None
    delivery_key: str = ""
    provider: str = ""
    payment_token: str = ""
    payment_label: str = ""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A line as it was bought. `options` are pairs of name and value, `wishes` the shopper's own."""

    line_id: LineId
    product_id: ProductId
    variant_id: VariantId
    sku: str
    handle: str
    title: Texts
    options: tuple[tuple[Texts, Texts], ...]
    wishes: tuple[tuple[str, str], ...]
    image: str | None
    quantity: int
    unit_price: Money
    discount: Money
    basis_points: int
    tax: Money

    @property
    def amount(self) -> Money:
        """Unit price times quantity, before any discount."""
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class TaxLine:
    """All tax of one rate (basis points) and what it was reckoned on."""

    basis_points: int
    base: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class Order:
    """An order with its lines. `number` once it is placed."""

    id: OrderId
    customer_id: CustomerId
    cart_id: UUID
    cart_version: int
    number: int | None
    state: OrderState
    payment: PaymentState
    lines: tuple[OrderLine, ...]
    subtotal: Money
    discount: Money
    coupon_code: str
    delivery_cost: Money
    taxes_included: bool
    taxes: tuple[TaxLine, ...]
    tax: Money
    total: Money
    paid: Money
    refunded: Money
    contact: Contact
    address: Address | None
    delivery: Delivery
    locale: str
    provider: str
    payment_label: str
    created_at: datetime
    placed_at: datetime | None

    @property
    def units(self) -> int:
        """How many pieces."""
        return sum(line.quantity for line in self.lines)


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """An order in a list."""

    id: OrderId
    number: int | None
    state: OrderState
    payment: PaymentState
    total: Money
    units: int
    titles: tuple[Texts, ...]
    images: tuple[str | None, ...]
    placed_at: datetime | None
