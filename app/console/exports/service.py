"""Exports: asked for, made step by step, handed out to whom asked, forgotten after some days.

How far one is stands in PostgreSQL alone. Some rows, the part of the file they become and where the next ones begin are one
transaction, so whoever goes on, after whatever end of the worker before, goes on behind the last part. Workers take turns on
the row and pass it over while another has it. Memory holds one batch; a PDF is made as a whole and so has few rows.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import structlog
from sqlalchemy import insert, text

from app.audit import log as audit
from app.console.exports import writing
from app.console.exports.models import ExportPart, ExportRow
from app.console.exports.sources import SOURCES, Batch, Column, Wanted
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, finish_reading, took_lock, transaction, unit_of_work
from app.errors import Invalid, NotFound
from app.events import outbox
from app.ids import StaffId, new_id
from app.orders.receipts import NoReceipts
from app.stores.directory import StoreView
from app.stores.request import at_current_store
from app.web.language import speaking

TOPIC = "exports.make"
SLICE_SECONDS = 5.0  # for so long one turn works before others of the outbox have theirs
KEPT = timedelta(days=3)
PDF_ROWS_AT_MOST = 2_000
REASON_AT_LEAST, REASON_AT_MOST = 4, 300
SHOWN = 20
FORMATS = ("csv", "json", "pdf")

_FIELDS = (
    "id, staff_id, kind, format, locale, asked, clear, reason, state, problem, rows, parts, created_at, finished_at"
)
ONE = text(f"SELECT {_FIELDS} FROM exports WHERE store_id = :store AND id = :id AND staff_id = :staff")  # noqa: S608
NEWEST = text(f"""
    SELECT {_FIELDS} FROM exports WHERE store_id = :store AND staff_id = :staff ORDER BY id DESC LIMIT :limit""")  # noqa: S608
LOCK = text(f"""
    SELECT {_FIELDS}, cursor FROM exports WHERE store_id = :store AND id = :id AND state = 'working'
    FOR NO KEY UPDATE SKIP LOCKED""")  # noqa: S608
UNFINISHED = text("SELECT id FROM exports WHERE store_id = :store AND state = 'working' ORDER BY id")
STEP = text("""
    UPDATE exports SET cursor = :cursor, rows = rows + :rows, parts = parts + 1 WHERE store_id = :store AND id = :id""")
END = text("""
    UPDATE exports SET state = :state, problem = :problem, parts = :parts, finished_at = :now WHERE store_id = :store AND id = :id""")
PARTS = text("SELECT body FROM export_parts WHERE store_id = :store AND export_id = :id AND number = :number")
DROP_PARTS = text("DELETE FROM export_parts WHERE store_id = :store AND export_id = :id")
FORGET = text("DELETE FROM exports WHERE store_id = :store AND created_at < :before")

log = structlog.get_logger(__name__)


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
    def wanted(self) -> Wanted:
        """What it is made of."""
        return Wanted(self.asked, self.clear, self.locale, self.created_at)

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
    row = db.session.execute(ONE, {**_named(export_id), "staff": staff}).first()
    if row is None or (row.clear and not clear):
        raise ExportNotFound()
    return Export(*row)


def list_newest(staff: StaffId) -> list[Export]:
    """The newest files of whoever asks."""
    names = {"store": current_store_id(), "staff": staff, "limit": SHOWN}
    return [Export(*row) for row in db.session.execute(NEWEST, names)]


def handed_out(export: Export, now: datetime) -> None:
    """Keep that somebody has taken the file."""
    details = {"of": export.kind, "format": export.format, "rows": export.rows}
    actor = f"staff:{export.staff_id}"
    audit.record("export_downloaded", actor=actor, subject=("export", export.id), now=now, details=details)


def body(export: Export) -> Iterator[bytes]:
    """The file, a part at a time: no transaction is open between two of them."""
    for number in range(export.parts):
        part = db.session.execute(PARTS, {**_named(export.id), "number": number}).scalar_one_or_none()
        finish_reading()
        if part is None:
            return
        yield bytes(part)


def work(export_id: UUID, now: datetime) -> None:
    """One turn: what the outbox calls. What is left when it is over is asked for again, after what else waits there."""
    if not carry_on(export_id, now=now, seconds=SLICE_SECONDS):
        with transaction():
            outbox.record(TOPIC, {"export": str(export_id)}, now=now)


def carry_on_all(now: datetime, *, seconds: float) -> int:
    """Go on with every unfinished file of the store, for so long at most each. How many there were."""
    found = [UUID(str(one)) for one in db.session.execute(UNFINISHED, {"store": current_store_id()}).scalars()]
    finish_reading()
    for export_id in found:
        try:
            carry_on(export_id, now=now, seconds=seconds)
        except Exception:  # one file does not keep the others waiting
            log.exception("export_not_carried_on", id=str(export_id))
    return len(found)


def carry_on(export_id: UUID, *, now: datetime, seconds: float) -> bool:
    """Go on where the file is. True when there is nothing more to do, or another worker is doing it."""
    until = time.monotonic() + seconds
    with at_current_store() as store:
        while _step(export_id, store, now):
            if time.monotonic() >= until:
                return False
    return True


def forget(now: datetime) -> int:
    """Delete what is older than KEPT. How many files that were."""
    with transaction() as session:
        done: Any = session.execute(FORGET, {"store": current_store_id(), "before": now - KEPT})
        return int(done.rowcount)


@unit_of_work
def _step(export_id: UUID, store: StoreView, now: datetime) -> bool:
    """Some more rows; whether there is something left to do."""
    took_lock(Lock.IDEMPOTENCY)
    row = db.session.execute(LOCK, _named(export_id)).first()
    if row is None:
        return False
    export, cursor = Export(*row[:-1]), row.cursor
    with speaking(export.locale):
        source, wanted = SOURCES[export.kind], export.wanted
        columns = source.columns(wanted)
        batch = source.batch(wanted, cursor)
        if export.format == "pdf" and export.rows + len(batch.rows) > PDF_ROWS_AT_MOST:
            _end(export, "failed", "too_long_for_pdf", 0, now)
            return False
        first, last = export.parts == 0, not batch.next
        if export.format == "csv":
            part = writing.csv_rows(columns, batch.rows, first=first)
        elif export.format == "json":
            part = writing.json_rows(columns, batch.rows, first=first, last=last)
        else:
            part = writing.words_rows(batch.rows, store, export.locale)
        _keep(export, batch, part)
        if not last:
            return True
        rows, parts = export.rows + len(batch.rows), export.parts + 1
        if export.format != "pdf":
            _made(export, rows, parts, now)
        elif _print(export, columns, store, parts):
            _made(export, rows, 1, now)
        else:
            _end(export, "failed", "no_pdf_here", 0, now)
    return False


def _keep(export: Export, batch: Batch, part: bytes) -> None:
    values = {"store_id": current_store_id(), "export_id": export.id, "number": export.parts, "body": part}
    db.session.execute(insert(ExportPart).values(values))
    db.session.execute(STEP, {**_named(export.id), "cursor": batch.next, "rows": len(batch.rows)})


def _print(export: Export, columns: list[Column], store: StoreView, parts: int) -> bool:
    """Make the PDF of the rows that are kept, in their place; False where PDFs cannot be made."""
    bodies = [db.session.execute(PARTS, {**_named(export.id), "number": at}).scalar_one() for at in range(parts)]
    title, identifier = SOURCES[export.kind].title(), export.id.bytes
    try:
        made = writing.pdf(title, columns, bodies, store, export.locale, made=export.created_at, identifier=identifier)
    except NoReceipts:
        return False
    db.session.execute(DROP_PARTS, _named(export.id))
    values = {"store_id": current_store_id(), "export_id": export.id, "number": 0, "body": made}
    db.session.execute(insert(ExportPart).values(values))
    return True


def _made(export: Export, rows: int, parts: int, now: datetime) -> None:
    _end(export, "ready", "", parts, now)
    details = {"of": export.kind, "filter": export.asked, "rows": rows, "why": export.reason}
    actor = f"staff:{export.staff_id}"
    audit.record("export_made", actor=actor, subject=("export", export.id), now=now, details=details)


def _end(export: Export, state: str, problem: str, parts: int, now: datetime) -> None:
    if state == "failed":
        db.session.execute(DROP_PARTS, _named(export.id))
    names = {**_named(export.id), "state": state, "problem": problem, "parts": parts, "now": now}
    db.session.execute(END, names)


def _named(export_id: UUID) -> dict[str, Any]:
    return {"store": current_store_id(), "id": export_id}
