"""Tables of what sellers are told."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class SellerWeek(Base):
    """A week that is frozen, by its Monday: nothing of it changes any more. Where it began and ended, by the clocks of then."""

    __tablename__ = "seller_weeks"

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    monday: Mapped[date] = mapped_column(Date(), primary_key=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
    frozen_at: Mapped[datetime]


class SellerFigures(Base):
    """What is told of a vendor's week (disclosure.py: Published), and nothing else. No row: fewer than 10 people."""

    __tablename__ = "seller_figures"
    __table_args__ = (ForeignKeyConstraint(["store_id", "monday"], ["seller_weeks.store_id", "seller_weeks.monday"]),)

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    monday: Mapped[date] = mapped_column(Date(), primary_key=True)
    vendor: Mapped[str] = mapped_column(primary_key=True)  # as catalog/vendors.py compares them
    published: Mapped[dict[str, Any]]
