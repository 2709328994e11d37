"""Tables of stock, and of what is taken off it for a while."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class Stock(Base):
    """Units on hand of one variant. `tracked` false means: never runs out; `oversell` means: may be sold below nothing."""

    __tablename__ = "stock"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "variant_id"], ["variants.store_id", "variants.id"], ondelete="CASCADE"),
        CheckConstraint("available >= 0", name="available"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    variant_id: Mapped[UUID] = mapped_column(primary_key=True)
    available: Mapped[int]
    tracked: Mapped[bool]
    oversell: Mapped[bool]


class ReservationRow(Base):
    """Units taken off the shelf for somebody who is paying: `available` of the stock is less by them already."""

    __tablename__ = "reservations"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "variant_id"], ["variants.store_id", "variants.id"]),
        CheckConstraint("quantity > 0", name="quantity"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    holder_id: Mapped[UUID] = mapped_column(primary_key=True)  # the order
    variant_id: Mapped[UUID] = mapped_column(primary_key=True)
    quantity: Mapped[int]


class StockMovement(Base):
    """What moved a variant's stock from `before` to `after`, in the order of `number`. The application may add and read, never change.

    `holder_id` is the order that took units or put them back, `op_id` the form of the console that was sent.
    """

    __tablename__ = "stock_movements"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "variant_id"], ["variants.store_id", "variants.id"], ondelete="CASCADE"),
        CheckConstraint(
            "kind IN ('delivery', 'returned', 'loss', 'count', 'file', 'order', 'put_back')",
            name="kind",
        ),
        CheckConstraint("before >= 0 AND after >= 0", name="after"),
        Index(
            "uq_stock_movements_store_id_op_id",
            "store_id",
            "op_id",
            unique=True,
            postgresql_where=text("op_id IS NOT NULL"),
        ),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    variant_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger(), Identity(), primary_key=True)
    recorded_at: Mapped[datetime]
    kind: Mapped[str]
    before: Mapped[int]
    after: Mapped[int]
    actor: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")
    holder_id: Mapped[UUID | None]
    op_id: Mapped[UUID | None]
