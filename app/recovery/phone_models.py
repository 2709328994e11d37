"""The table of phone numbers that are to be confirmed by a code, and were."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class PhoneConfirmationRow(Base):
    """Somebody asked for reminders by SMS and was sent a code; with `confirmed_at` it is the evidence of a double opt-in.

    The code follows from the id and the installation's key. Only the newest row of a customer can be confirmed.
    """

    __tablename__ = "phone_confirmations"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "customer_id"], ["customers.store_id", "customers.id"]),
        Index("ix_phone_confirmations_store_id_customer_id", "store_id", "customer_id", "asked_at"),
        Index("ix_phone_confirmations_store_id_phone", "store_id", "phone", "asked_at"),
        Index("ix_phone_confirmations_store_id_caller", "store_id", "caller", "asked_at"),
        CheckConstraint("source IN ('account', 'checkout')", name="source"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    phone: Mapped[str]  # E.164
    caller: Mapped[str]  # a keyed hash of where the request came from
    wording: Mapped[str]  # what they were shown and said yes to
    locale: Mapped[str]
    source: Mapped[str]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(SmallInteger(), server_default="0")
    reference: Mapped[str] = mapped_column(server_default="")  # the provider's name for the SMS with the code
    confirmed_at: Mapped[datetime | None]
