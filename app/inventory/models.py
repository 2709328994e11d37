"""Tables of stock, and of what is taken off it for a while."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint
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
