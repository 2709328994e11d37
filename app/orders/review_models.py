"""What was decided about orders that were held for a look."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class OrderReviewRow(Base):
    """A decision, carried out at `due_at` unless it is undone before. `reasons` are those that spoke against the order
    (orders/fraud.py): decisions are the labels by which those are judged.
    """

    __tablename__ = "order_reviews"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "order_id"], ["orders.store_id", "orders.id"]),
        CheckConstraint("decision IN ('allow', 'hold', 'block')", name="decision"),
        CheckConstraint("state IN ('waiting', 'done', 'undone', 'overtaken')", name="state"),
        Index("ix_order_reviews_store_id_order_id", "store_id", "order_id", "decided_at"),
        Index(
            "uq_order_reviews_store_id_order_id_waiting",
            "store_id",
            "order_id",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    decision: Mapped[str]
    cause: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")
    score: Mapped[int]
    reasons: Mapped[list[str]]
    actor: Mapped[str]
    decided_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default="waiting")
    ended_at: Mapped[datetime | None]
