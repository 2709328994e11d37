"""The table of stock."""

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
