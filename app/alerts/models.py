"""The table of stock alerts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base

WAITING = text("state = 'waiting'")


class StockAlert(Base):
    """Somebody's wish to be written to, with the evidence of it: the words they agreed to, their language, when and where.

    A guest's address stands here as long as the alert waits, a customer's never. `address_hash` (keyed) recognises the
    second wish of the same person, and stays with the evidence so that the link in the letter can stop what else waits.
    """

    __tablename__ = "stock_alerts"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "variant_id"], ["variants.store_id", "variants.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["store_id", "customer_id"], ["customers.store_id", "customers.id"], ondelete="CASCADE"),
        CheckConstraint("state IN ('waiting', 'sent', 'stopped', 'expired')", name="state"),
        CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="ended"),
        CheckConstraint("(email IS NOT NULL) = (state = 'waiting' AND customer_id IS NULL)", name="address"),
        Index(
            "ix_stock_alerts_store_id_variant_id_address_hash",
            "store_id",
            "variant_id",
            "address_hash",
            unique=True,
            postgresql_where=WAITING,
        ),
        Index(
            "ix_stock_alerts_store_id_variant_id_asked_at_id",
            "store_id",
            "variant_id",
            "asked_at",
            "id",
            postgresql_where=WAITING,
        ),
        Index("ix_stock_alerts_store_id_address_hash", "store_id", "address_hash", postgresql_where=WAITING),
        Index("ix_stock_alerts_store_id_customer_id", "store_id", "customer_id"),
        Index("ix_stock_alerts_store_id_asked_at", "store_id", "asked_at"),
        Index("ix_stock_alerts_store_id_token_hash", "store_id", "token_hash", unique=True),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    variant_id: Mapped[UUID]
    customer_id: Mapped[UUID | None]
    email: Mapped[str | None]
    address_hash: Mapped[str]
    locale: Mapped[str]
    wording: Mapped[str]
    source: Mapped[str]
    asked_at: Mapped[datetime]
    state: Mapped[str]
    ended_at: Mapped[datetime | None]
    return_id: Mapped[UUID | None]  # the outbox row about the return of stock that this alert was answered by
    token_hash: Mapped[str | None]
