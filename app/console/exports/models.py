"""Tables of exports: the truth of how far each one is, and the file in parts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class ExportRow(Base):
    """A file somebody asked for. `asked` is the filter; `clear` whether personal data stand in it; `cursor` where it goes on.

    `reason` is why it was asked for, `problem` the code of why it could not be made.
    """

    __tablename__ = "exports"
    __table_args__ = (
        ForeignKeyConstraint(
            ["store_id", "staff_id"], ["staff_members.store_id", "staff_members.id"], ondelete="CASCADE"
        ),
        CheckConstraint("kind IN ('report', 'carts', 'orders', 'audit')", name="kind"),
        CheckConstraint("format IN ('csv', 'json', 'pdf')", name="format"),
        CheckConstraint("state IN ('working', 'ready', 'failed')", name="state"),
        Index("ix_exports_store_id_staff_id", "store_id", "staff_id", "id"),
        Index("ix_exports_store_id_id_working", "store_id", "id", postgresql_where=text("state = 'working'")),
        Index("ix_exports_store_id_created_at", "store_id", "created_at"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID]
    kind: Mapped[str]
    format: Mapped[str]
    locale: Mapped[str]
    asked: Mapped[dict[str, Any]]
    clear: Mapped[bool]
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="working")
    problem: Mapped[str] = mapped_column(server_default="")
    cursor: Mapped[str] = mapped_column(server_default="")
    rows: Mapped[int] = mapped_column(server_default=text("0"))
    parts: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class ExportPart(Base):
    """Some rows of the file as they are handed out, one after the other by `number`; of a PDF the rows, and in the end the PDF."""

    __tablename__ = "export_parts"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "export_id"], ["exports.store_id", "exports.id"], ondelete="CASCADE"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    export_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary())
