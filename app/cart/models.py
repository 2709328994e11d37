"""Tables of customers' carts: the state, and the append-only log it follows from."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class CartRow(Base):
    """One customer's cart: the row that is locked. `note`, `merge` and `last` are parts of the domain's state, as documents."""

    __tablename__ = "carts"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "customer_id"], ["customers.store_id", "customers.id"]),
        Index(
            "uq_carts_store_id_customer_id_open",
            "store_id",
            "customer_id",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
        Index(
            "ix_carts_store_id_active_slot_unexamined",
            "store_id",
            "active_slot",
            postgresql_where=text("status = 'open' AND NOT examined"),
        ),
        Index(
            "ix_carts_store_id_active_slot_examined",
            "store_id",
            "active_slot",
            postgresql_where=text("status = 'open' AND examined"),
        ),
        CheckConstraint("status IN ('open', 'archived')", name="status"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    status: Mapped[str] = mapped_column(server_default="open")
    currency: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger())
    activation: Mapped[int]
    auto_activation: Mapped[bool]
    coupon: Mapped[str] = mapped_column(server_default="")  # its code as shown
    note: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    merge: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    last: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    log_hash: Mapped[str] = mapped_column(server_default="")  # of the newest event: the head of the chain
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    # The five minutes of `updated_at`, the shopper's last change: an index on `updated_at` itself would make every change
    # of a cart a change of the index, too. `examined` once abandonment has been looked for since.
    active_slot: Mapped[datetime] = mapped_column(server_default=text("now()"))
    examined: Mapped[bool] = mapped_column(server_default=text("false"))


class CartLineRow(Base):
    """A variant with options and a quantity in one pane. The twin constraint is deferred: lines swap panes within one change."""

    __tablename__ = "cart_lines"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "cart_id"], ["carts.store_id", "carts.id"], ondelete="CASCADE"),
        UniqueConstraint(
            "store_id",
            "cart_id",
            "pane",
            "variant_id",
            "options_hash",
            name="uq_cart_lines_twin",
            deferrable=True,
            initially="DEFERRED",
        ),
        Index(
            "ix_cart_lines_store_id_variant_id_saved",
            "store_id",
            "variant_id",
            postgresql_where=text("pane = 'next_purchase'"),
        ),
        Index(
            "ix_cart_lines_store_id_variant_id_active",
            "store_id",
            "variant_id",
            postgresql_where=text("pane = 'active'"),
        ),
        CheckConstraint("quantity BETWEEN 1 AND 999", name="quantity"),
        CheckConstraint("pane IN ('active', 'next_purchase')", name="pane"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    cart_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger())
    pane: Mapped[str]
    variant_id: Mapped[UUID]
    options: Mapped[list[Any]]
    options_hash: Mapped[str]
    quantity: Mapped[int] = mapped_column(SmallInteger())
    snapshot: Mapped[dict[str, Any]]
    brought_back: Mapped[bool]
    added_at: Mapped[datetime]


class CartEventRow(Base):
    """What happened to a cart, one after the other without a gap. The application may add and read, never change."""

    __tablename__ = "cart_events"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "cart_id"], ["carts.store_id", "carts.id"]),
        Index("ix_cart_events_store_id_cart_id_op_id", "store_id", "cart_id", "op_id"),
        # What happened in a week, for reports. The log only grows, so that where in the table a moment is can be told from
        # a few blocks' first and last; an entry for each event would cost every change of a cart.
        Index(
            "ix_cart_events_store_id_occurred_at",
            "store_id",
            "occurred_at",
            postgresql_using="brin",
            postgresql_with={"autosummarize": "on", "pages_per_range": 32},
        ),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    cart_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger(), primary_key=True)
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    actor: Mapped[str]
    op_id: Mapped[UUID]
    occurred_at: Mapped[datetime]
    hash: Mapped[str] = mapped_column(server_default="")
    fingerprint: Mapped[str] = mapped_column(server_default="")  # of what the operation asked for


class GuestMergeRow(Base):
    """A guest cart that has been merged: the claim that makes a merge happen once."""

    __tablename__ = "guest_merges"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "cart_id"], ["carts.store_id", "carts.id"]),
        Index("ix_guest_merges_store_id_cart_id", "store_id", "cart_id"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    guest_cart_id: Mapped[UUID] = mapped_column(primary_key=True)
    cart_id: Mapped[UUID]
    merged_at: Mapped[datetime]
