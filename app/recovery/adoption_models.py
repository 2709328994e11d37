"""The table of carts that were brought back by a link."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy import UUID as UUID_
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class AdoptionRow(Base):
    """Somebody took the things of an episode's cart into their own: an order of any of them recovers the episode.

    `adopter_id` is the customer's id, or the id of a guest's cart (which `guest_merges` follows into whatever it becomes).
    """

    __tablename__ = "adoptions"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "episode_id"], ["episodes.store_id", "episodes.id"]),
        ForeignKeyConstraint(["store_id", "message_id"], ["messages.store_id", "messages.id"]),
        ForeignKeyConstraint(["store_id", "customer_id"], ["customers.store_id", "customers.id"]),
        Index("ix_adoptions_store_id_adopter_id", "store_id", "adopter_id"),
        Index("ix_adoptions_store_id_customer_id", "store_id", "customer_id"),
        Index("ix_adoptions_store_id_message_id", "store_id", "message_id"),
        CheckConstraint("customer_id IS NULL OR customer_id = adopter_id", name="adopter"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    episode_id: Mapped[UUID] = mapped_column(primary_key=True)
    adopter_id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID]
    customer_id: Mapped[UUID | None]  # the same once more, where it is a customer's
    variant_ids: Mapped[list[UUID]] = mapped_column(ARRAY(UUID_()))
    adopted_at: Mapped[datetime]
