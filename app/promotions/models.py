"""Tables of coupons and of their uses."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class CouponRow(Base):
    """A coupon: the row that is locked when it is used. Amounts are minor units by currency; `customer_id` of a personal one."""

    __tablename__ = "coupons"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "customer_id"], ["customers.store_id", "customers.id"]),
        UniqueConstraint("store_id", "code_key"),
        UniqueConstraint("store_id", "code"),  # how a cart names its coupon
        Index(
            "ix_coupons_store_id_customer_id",
            "store_id",
            "customer_id",
            postgresql_where=text("customer_id IS NOT NULL"),
        ),
        ForeignKeyConstraint(["store_id", "batch_id"], ["coupon_batches.store_id", "coupon_batches.id"]),
        Index("ix_coupons_store_id_batch_id", "store_id", "batch_id", postgresql_where=text("batch_id IS NOT NULL")),
        Index(
            "ix_coupons_store_id_id_staff",
            "store_id",
            "id",
            postgresql_where=text("source = 'staff' AND batch_id IS NULL"),
        ),
        CheckConstraint("code <> '' AND code_key <> ''", name="code"),
        CheckConstraint("kind IN ('percent', 'fixed', 'free_shipping')", name="kind"),
        CheckConstraint("basis_points BETWEEN 0 AND 10000", name="basis_points"),
        CheckConstraint("source IN ('staff', 'campaign')", name="source"),
        CheckConstraint("ends_at > starts_at", name="ends_at"),
        CheckConstraint("used >= 0 AND used <= max_uses", name="used"),
        CheckConstraint("per_customer >= 1", name="per_customer"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    code_key: Mapped[str]
    kind: Mapped[str]
    basis_points: Mapped[int]
    amounts: Mapped[dict[str, Any]]
    minimums: Mapped[dict[str, Any]]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    max_uses: Mapped[int | None]
    used: Mapped[int]
    per_customer: Mapped[int | None]
    customer_id: Mapped[UUID | None]
    source: Mapped[str]
    active: Mapped[bool]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default=text("1"))  # for conflicts between editors
    batch_id: Mapped[UUID | None]  # codes made together, each to be used once


class CouponBatchRow(Base):
    """Single-use codes made together, given out as a file, once."""

    __tablename__ = "coupon_batches"

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    size: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    downloaded_at: Mapped[datetime | None]
    downloaded_by: Mapped[str] = mapped_column(server_default="")


class CouponRedemptionRow(Base):
    """A use of a coupon by an order. `n` is which of a shopper's uses it is; a use given back has none.

    `customer_key` is a keyed hash of their address: a guest counts by it, and it outlives the address.
    """

    __tablename__ = "coupon_redemptions"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "coupon_id"], ["coupons.store_id", "coupons.id"]),
        ForeignKeyConstraint(["store_id", "customer_id"], ["customers.store_id", "customers.id"]),
        UniqueConstraint("store_id", "coupon_id", "customer_key", "n"),
        Index("ix_coupon_redemptions_store_id_order_id", "store_id", "order_id"),
        Index("ix_coupon_redemptions_store_id_customer_id_coupon_id", "store_id", "customer_id", "coupon_id"),
        CheckConstraint("n >= 1 AND n <= per_customer", name="n"),
        CheckConstraint("(n IS NULL) = (given_back_at IS NOT NULL)", name="given_back_at"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    coupon_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID | None]
    customer_key: Mapped[str]
    n: Mapped[int | None] = mapped_column(SmallInteger())
    per_customer: Mapped[int | None]  # as it was when it was used
    redeemed_at: Mapped[datetime]
    given_back_at: Mapped[datetime | None]
