"""Exports: asked for, handed out to whom asked, forgotten after some days. How they are made: making.py."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import insert, text

from app.audit import log as audit
from app.console.exports.models import ExportRow
from app.console.exports.sources import SOURCES
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import finish_reading, transaction, unit_of_work
from app.errors import Invalid, NotFound
from app.events import outbox
from app.ids import StaffId, new_id

TOPIC = "exports.make"
KEPT = timedelta(days=3)
REASON_AT_LEAST, REASON_AT_MOST = 4, 300
SHOWN = 20
FORMATS = ("csv", "json", "pdf")

FIELDS = (
    "id, staff_id, kind, format, locale, asked, clear, reason, state, problem, rows, parts, created_at, finished_at"
)
ONE = text(f"SELECT {FIELDS} FROM exports WHERE store_id = :store AND id = :id AND staff_id = :staff")  # noqa: S608
NEWEST = text(f"""
    SELECT {FIELDS} FROM exports WHERE store_id = :store AND staff_id = :staff ORDER BY id DESC LIMIT :limit""")  # noqa: S608
PARTS = text("SELECT body FROM export_parts WHERE store_id = :store AND export_id = :id AND number = :number")
FORGET = text("DELETE FROM exports WHERE store_id = :store AND created_at < :before")


class ExportNotFound(NotFound):
    """There is no such file, or it is somebody else's, or it is forgotten."""

    code = "export_not_found"


class NoExportReason(Invalid):
    """Nobody said what the file is for."""

    code = "no_export_reason"


class UnknownExport(Invalid):
    """No such kind or format."""

    code = "unknown_export"


@dataclass(frozen=True, slots=True)
class Export:
    """A file somebody asked for, and how far it is."""

    id: UUID
    staff_id: StaffId
    kind: str
    format: Literal["csv", "json", "pdf"]
    locale: str
    asked: dict[str, str]
    clear: bool
    reason: str
    state: str
    problem: str
    rows: int
    parts: int
    created_at: datetime
    finished_at: datetime | None

    @property
    def expires_at(self) -> datetime:
        """When it is forgotten."""
        return self.created_at + KEPT

    @property
    def file_name(self) -> str:
        """What it is called when it is saved."""
        return f"{self.kind}-{self.created_at:%Y-%m-%d-%H%M}.{self.format}"


@unit_of_work
def ask(
    kind: str, format_: str, asked: dict[str, str], reason: str, *, staff: StaffId, clear: bool, locale: str, now: datetime
) -> UUID:  # fmt: skip
    """Have a file made. Raises UnknownExport, NoExportReason."""
    said = " ".join(reason.split())[:REASON_AT_MOST]
    if kind not in SOURCES or format_ not in FORMATS:
        raise UnknownExport()
    if len(said) < REASON_AT_LEAST:
        raise NoExportReason()
    export_id = new_id()
    filters = {name: asked[name][:64] for name in SOURCES[kind].filters if asked.get(name)}
    db.session.execute(
        insert(ExportRow).values(
            store_id=current_store_id(), id=export_id, staff_id=staff, kind=kind, format=format_, locale=locale,
            asked=filters, clear=clear, reason=said, created_at=now,
        )
    )  # fmt: skip
    details = {"of": kind, "format": format_, "filter": filters, "in_clear": clear, "why": said}
    audit.record("export_asked", actor=f"staff:{staff}", subject=("export", export_id), now=now, details=details)
    outbox.record(TOPIC, {"export": str(export_id)}, now=now)
    return export_id


def get(export_id: UUID, staff: StaffId, *, clear: bool) -> Export:
    """A file of whoever asks; one with personal data only while they may see them. Raises ExportNotFound."""
    row = db.session.execute(ONE, {**named(export_id), "staff": staff}).first()
    if row is None or (row.clear and not clear):
        raise ExportNotFound()
    return Export(*row)


def list_newest(staff: StaffId) -> list[Export]:
    """The newest files of whoever asks."""
    names = {"store": current_store_id(), "staff": staff, "limit": SHOWN}
    return [Export(*row) for row in db.session.execute(NEWEST, names)]


def handed_out(export: Export, now: datetime) -> None:
    """Keep that somebody has taken the file."""
    note("export_downloaded", export, now, format=export.format, rows=export.rows)


def body(export: Export) -> Iterator[bytes]:
    """The file, a part at a time: no transaction is open between two of them."""
    for number in range(export.parts):
        part = db.session.execute(PARTS, {**named(export.id), "number": number}).scalar_one_or_none()
        finish_reading()
        if part is None:
            return
        yield bytes(part)


def forget(now: datetime) -> int:
    """Delete what is older than KEPT. How many files that were."""
    with transaction() as session:
        done: Any = session.execute(FORGET, {"store": current_store_id(), "before": now - KEPT})
        return int(done.rowcount)


def note(action: str, export: Export, now: datetime, **details: Any) -> None:
    """Keep in the audit log what whoever asked for the file did, or what came of it."""
    subject, actor = ("export", export.id), f"staff:{export.staff_id}"
    audit.record(action, actor=actor, subject=subject, now=now, details={"of": export.kind, **details})


def named(export_id: UUID) -> dict[str, Any]:
    """The parameters that name a file in statements."""
    return {"store": current_store_id(), "id": export_id}
