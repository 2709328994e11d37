"""Tables of customers and staff."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class Customer(Base):
    """A person known to a store. `email` is stored as accounts/addresses.py normalizes it."""

    __tablename__ = "customers"
    __table_args__ = (UniqueConstraint("store_id", "email"),)

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str | None]
    email_verified_at: Mapped[datetime | None]
    locale: Mapped[str]
    created_at: Mapped[datetime]


class StaffMember(Base):
    """A console user of a store, with one role there."""

    __tablename__ = "staff_members"
    __table_args__ = (
        UniqueConstraint("store_id", "email"),
        CheckConstraint("role IN ('seller', 'analyst', 'admin', 'owner')", name="role"),
    )

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str]
    role: Mapped[str]
    created_at: Mapped[datetime]
