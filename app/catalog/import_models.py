"""Tables of files that are brought into the catalogue step by step: the truth of where each one is (catalog/import_job.py)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class CatalogueImport(Base):
    """A file: read, checked, and applied when somebody says so. `body` goes once it is read; `unusable` says why nothing of it could be."""

    __tablename__ = "catalogue_imports"
    __table_args__ = (
        CheckConstraint(
            "state IN ('reading', 'checking', 'checked', 'applying', 'done', 'unusable', 'discarded')",
            name="state",
        ),
        Index(
            "ix_catalogue_imports_store_id_id_unfinished",
            "store_id",
            "id",
            postgresql_where=text("state IN ('reading', 'checking', 'applying')"),
        ),
    )

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str]
    file_name: Mapped[str]
    size: Mapped[int]
    body: Mapped[bytes | None] = mapped_column(LargeBinary())
    unusable: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    applied_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class CatalogueImportRow(Base):
    """A product of a file, or why it is none: what the check foresaw (`forecast`), what came of it (`outcome`); "" not yet."""

    __tablename__ = "catalogue_import_rows"
    __table_args__ = (
        ForeignKeyConstraint(
            ["store_id", "import_id"], ["catalogue_imports.store_id", "catalogue_imports.id"], ondelete="CASCADE"
        ),
        CheckConstraint("forecast IN ('', 'created', 'updated', 'unchanged', 'refused')", name="forecast"),
        CheckConstraint("outcome IN ('', 'created', 'updated', 'unchanged', 'refused')", name="outcome"),
        Index(
            "ix_catalogue_import_rows_unchecked",
            "store_id",
            "import_id",
            "number",
            postgresql_where=text("forecast = ''"),
        ),
        Index(
            "ix_catalogue_import_rows_unapplied",
            "store_id",
            "import_id",
            "number",
            postgresql_where=text("outcome = ''"),
        ),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    line: Mapped[int]
    handle: Mapped[str]
    draft: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    refusals: Mapped[list[Any]] = mapped_column(JSONB())
    forecast: Mapped[str] = mapped_column(server_default="")
    outcome: Mapped[str] = mapped_column(server_default="")
    withdrawn: Mapped[int] = mapped_column(server_default=text("0"))
