"""Tables of the audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class AuditEntry(Base):
    """One thing somebody did. The application may add and read, never change. `number` has no gaps within a store.

    `details` hold what changed (before, after) and the reason given; never personal data: those are named by their ids.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_store_id_subject", "store_id", "subject_kind", "subject_id", "number"),
        Index("ix_audit_entries_store_id_actor", "store_id", "actor", "number"),
    )

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger(), primary_key=True)
    recorded_at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    details: Mapped[dict[str, Any]]
    hash: Mapped[str]


class AuditHead(Base):
    """The newest entry of a store: the row that entries take turns on."""

    __tablename__ = "audit_heads"

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger())
    hash: Mapped[str]
