"""Tables of orders: what was bought and for how much, for good; how it was paid; what happened to it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base

_ORDER = (["store_id", "order_id"], ["orders.store_id", "orders.id"])
LIVE = "state IN ('pending', 'in_review', 'placed', 'fulfilled')"


class OrderRow(Base):
    """An order with its own copy of all that was agreed. Money in minor units of `currency`; `number` once it is placed."""

    __tablename__ = "orders"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "customer_id"], ["customers.store_id", "customers.id"]),
        ForeignKeyConstraint(["store_id", "cart_id"], ["carts.store_id", "carts.id"]),
        Index(
            "uq_orders_store_id_cart_id_activation_live",
            "store_id",
            "cart_id",
            "activation",
            unique=True,
            postgresql_where=text(LIVE),
        ),
        UniqueConstraint("store_id", "number"),
        Index("ix_orders_store_id_cart_id", "store_id", "cart_id"),
        Index("ix_orders_store_id_email", "store_id", "email"),
        Index(
            "ix_orders_store_id_state_number",
            "store_id",
            "state",
            "number",
            postgresql_where=text("number IS NOT NULL"),
        ),
        Index("ix_orders_store_id_currency_placed_at", "store_id", "currency", "placed_at"),
        Index("ix_orders_store_id_customer_id_placed_at", "store_id", "customer_id", "placed_at"),
        Index("ix_orders_store_id_in_review", "store_id", "placed_at", postgresql_where=text("state = 'in_review'")),
        CheckConstraint(
            "state IN ('pending', 'in_review', 'placed', 'fulfilled', 'cancelled', 'abandoned')", name="state"
        ),
        CheckConstraint("total >= 0", name="total"),
        CheckConstraint(
            "total = subtotal - discount + delivery_cost + CASE WHEN taxes_included THEN 0 ELSE tax END", name="sums"
        ),
        CheckConstraint("refunded >= 0 AND refunded <= paid", name="refunded"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    cart_id: Mapped[UUID]
    activation: Mapped[int]
    cart_version: Mapped[int] = mapped_column(BigInteger())  # the cart as it was: history.cart_at(cart_version)
    op_id: Mapped[UUID]
    number: Mapped[int | None] = mapped_column(BigInteger())
    state: Mapped[str]
    currency: Mapped[str]
    subtotal: Mapped[int] = mapped_column(BigInteger())
    discount: Mapped[int] = mapped_column(BigInteger())
    delivery_cost: Mapped[int] = mapped_column(BigInteger())
    tax: Mapped[int] = mapped_column(BigInteger())
    total: Mapped[int] = mapped_column(BigInteger())
    taxes_included: Mapped[bool]
    taxes: Mapped[list[Any]]  # [{"basis_points", "base", "tax"}, …]
    coupon_code: Mapped[str] = mapped_column(server_default="")
    contact: Mapped[dict[str, Any]]  # orders/values.py Contact
    email: Mapped[str | None] = mapped_column(Computed("contact ->> 'email'", persisted=True))  # for its index
    address: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))  # None for a pickup
    delivery: Mapped[dict[str, Any]]  # orders/values.py Delivery
    locale: Mapped[str]
    provider: Mapped[str]
    payment_label: Mapped[str] = mapped_column(server_default="")
    paid: Mapped[int] = mapped_column(BigInteger(), server_default=text("0"))
    refunded: Mapped[int] = mapped_column(BigInteger(), server_default=text("0"))
    risk: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))  # orders/fraud.py: score and reasons
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]  # of the reservation, while pending
    placed_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]


class OrderLineRow(Base):
    """A line of an order as it was bought. Texts are documents by locale."""

    __tablename__ = "order_lines"
    __table_args__ = (
        ForeignKeyConstraint(*_ORDER, ondelete="CASCADE"),
        CheckConstraint("quantity BETWEEN 1 AND 999", name="quantity"),
        Index("ix_order_lines_store_id_variant_id", "store_id", "variant_id"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger(), primary_key=True)
    line_id: Mapped[UUID]
    product_id: Mapped[UUID]
    variant_id: Mapped[UUID]
    sku: Mapped[str]
    handle: Mapped[str]
    title: Mapped[dict[str, Any]]
    options: Mapped[list[Any]]  # [[name by locale, value by locale], …]
    wishes: Mapped[list[Any]]  # [[name, value], …] the shopper's own
    image: Mapped[str | None]
    quantity: Mapped[int] = mapped_column(SmallInteger())
    unit_price: Mapped[int] = mapped_column(BigInteger())
    discount: Mapped[int] = mapped_column(BigInteger())
    basis_points: Mapped[int]
    tax: Mapped[int] = mapped_column(BigInteger())


class OrderEventRow(Base):
    """What happened to an order, one after the other. The application may add and read, never change."""

    __tablename__ = "order_events"
    __table_args__ = (ForeignKeyConstraint(*_ORDER),)

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    actor: Mapped[str]
    occurred_at: Mapped[datetime]


class PaymentAttemptRow(Base):
    """One try to collect the money. Its id is the provider's idempotency key; at most one may be open or have succeeded."""

    __tablename__ = "payment_attempts"
    __table_args__ = (
        ForeignKeyConstraint(*_ORDER),
        Index("ix_payment_attempts_store_id_order_id", "store_id", "order_id"),
        Index(
            "uq_payment_attempts_store_id_order_id_open",
            "store_id",
            "order_id",
            unique=True,
            postgresql_where=text("state IN ('started', 'unknown', 'succeeded')"),
        ),
        Index(
            "uq_payment_attempts_store_id_provider_reference",
            "store_id",
            "provider",
            "reference",
            unique=True,
            postgresql_where=text("reference <> ''"),
        ),
        Index(
            "ix_payment_attempts_store_id_asked_at_open",
            "store_id",
            "asked_at",
            postgresql_where=text("state IN ('started', 'unknown')"),
        ),
        CheckConstraint("state IN ('started', 'unknown', 'succeeded', 'failed', 'surplus')", name="state"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    provider: Mapped[str]
    token: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger())
    currency: Mapped[str]
    state: Mapped[str]
    reference: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str] = mapped_column(server_default="")
    go_to: Mapped[str] = mapped_column(server_default="")
    started_at: Mapped[datetime]
    asked_at: Mapped[datetime]  # when the provider was asked last
    settled_at: Mapped[datetime | None]


class RefundRow(Base):
    """Money given back, or to be given back. Its id is the provider's idempotency key."""

    __tablename__ = "refunds"
    __table_args__ = (
        ForeignKeyConstraint(*_ORDER),
        ForeignKeyConstraint(["store_id", "attempt_id"], ["payment_attempts.store_id", "payment_attempts.id"]),
        Index("ix_refunds_store_id_order_id", "store_id", "order_id"),
        Index(
            "ix_refunds_store_id_asked_at_open",
            "store_id",
            "asked_at",
            postgresql_where=text("state IN ('started', 'unknown')"),
        ),
        CheckConstraint("state IN ('started', 'unknown', 'succeeded', 'failed')", name="state"),
        CheckConstraint("amount > 0", name="amount"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    attempt_id: Mapped[UUID]
    amount: Mapped[int] = mapped_column(BigInteger())
    currency: Mapped[str]
    cause: Mapped[str]
    actor: Mapped[str]
    state: Mapped[str]
    reference: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str] = mapped_column(server_default="")
    started_at: Mapped[datetime]
    asked_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class ProviderEventRow(Base):
    """An event of a provider that has been taken in: the claim that makes it count once."""

    __tablename__ = "provider_events"

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[UUID]
    kind: Mapped[str]
    status: Mapped[str]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]


class OrderNumberRow(Base):
    """The last order number given out in a store: the row is locked by whoever takes the next."""

    __tablename__ = "order_numbers"

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger())


class CheckoutRow(Base):
    """What a shopper has entered on the way to an order: one per cart, kept so that Back never loses input."""

    __tablename__ = "checkouts"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "cart_id"], ["carts.store_id", "carts.id"], ondelete="CASCADE"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    cart_id: Mapped[UUID] = mapped_column(primary_key=True)
    details: Mapped[dict[str, Any]]  # orders/values.py CheckoutDetails
    updated_at: Mapped[datetime]


class ReceiptRow(Base):
    """A receipt as it was made: a PDF."""

    __tablename__ = "receipts"
    __table_args__ = (ForeignKeyConstraint(*_ORDER, ondelete="CASCADE"),)

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    locale: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[bytes]
    made_at: Mapped[datetime]
