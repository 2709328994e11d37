"""The table of saved views."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class SavedView(Base):
    """A filter of the list of carts under a name, of one member of staff. One that was removed can be taken back for a while."""

    __tablename__ = "saved_views"
    __table_args__ = (
        CheckConstraint("name <> ''", name="name"),
        Index("ix_saved_views_store_id_staff_id", "store_id", "staff_id", "name"),
    )

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID]
    name: Mapped[str]
    arguments: Mapped[dict[str, Any]]  # of the address
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
