"""The table of the outbox."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class OutboxRow(Base):
    """Something to be done after the commit. Done rows keep their done_at; failed ones wait until due_at. Those that failed
    for good stay until somebody has them tried again, or drops them.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "due_at", "id", postgresql_where=text("done_at IS NULL AND failed_at IS NULL")),
        Index("ix_outbox_store_id_failed_at", "store_id", postgresql_where=text("failed_at IS NOT NULL")),
        Index("ix_outbox_store_id_undone", "store_id", "topic", postgresql_where=text("done_at IS NULL")),
        Index(
            "ix_outbox_dropped_at", "dropped_at", postgresql_where=text("done_at IS NULL AND dropped_at IS NOT NULL")
        ),
    )

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    topic: Mapped[str]
    payload: Mapped[dict[str, Any]]
    due_at: Mapped[datetime]
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    last_error: Mapped[str | None]
    done_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]
