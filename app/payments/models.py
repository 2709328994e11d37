"""The memory of the demo's bank: another house's books, kept in our database only because the demo has no other."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class DemoBankChargeRow(Base):
    """A charge the bank was asked for. `id` is the attempt's; a row without a behaviour was cancelled before it came."""

    __tablename__ = "demo_bank_charges"
    __table_args__ = (CheckConstraint("behaviour <> '' OR cancelled_at IS NOT NULL", name="behaviour"),)

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    behaviour: Mapped[str]  # demo_cards.Behaviour
    amount: Mapped[int] = mapped_column(BigInteger())
    currency: Mapped[str]
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]


class DemoBankRefundRow(Base):
    """Money the bank gave back. `id` is the refund's."""

    __tablename__ = "demo_bank_refunds"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "charge_id"], ["demo_bank_charges.store_id", "demo_bank_charges.id"]),
        Index("ix_demo_bank_refunds_store_id_charge_id", "store_id", "charge_id"),
        CheckConstraint("amount > 0", name="amount"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    charge_id: Mapped[UUID]
    amount: Mapped[int] = mapped_column(BigInteger())
    currency: Mapped[str]
    created_at: Mapped[datetime]
