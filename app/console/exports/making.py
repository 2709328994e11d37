"""How an exported file is made: by a job, step by step.

How far it is stands in PostgreSQL alone. Some rows, the part of the file they become and where the next ones begin are one
transaction, so whoever goes on, after whatever end of the worker before, goes on behind the last part. Workers take turns on
the row and pass it over while another has it. Memory holds one batch; a PDF is made as a whole and so has few rows.
"""

import time
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import structlog
from sqlalchemy import insert, text

from app.console.exports import writing
from app.console.exports.models import ExportPart
from app.console.exports.service import FIELDS, TOPIC, Export, body, named, note
from app.console.exports.sources import SOURCES, Wanted
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, finish_reading, took_lock, transaction, unit_of_work
from app.events import outbox
from app.jobs import unfinished
from app.orders.receipts import NoReceipts
from app.stores.directory import StoreView
from app.stores.request import at_current_store
from app.web.language import speaking

SLICE_SECONDS = 5.0  # for so long one turn works before others of the outbox have theirs
PDF_ROWS_AT_MOST = 500  # so many take half a minute
PRINT = "print"  # where a PDF goes on once all its rows are there

LOCK = text(f"""
    SELECT {FIELDS}, cursor FROM exports WHERE store_id = :store AND id = :id AND state = 'working'
    FOR NO KEY UPDATE SKIP LOCKED""")  # noqa: S608
WORKING = text(f"SELECT {FIELDS} FROM exports WHERE store_id = :store AND id = :id AND state = 'working'")  # noqa: S608
UNFINISHED = text("SELECT id FROM exports WHERE store_id = :store AND state = 'working' ORDER BY id")
STEP = text("""
    UPDATE exports SET cursor = :cursor, rows = rows + :rows, parts = parts + 1 WHERE store_id = :store AND id = :id""")
END = text("""
    UPDATE exports SET state = :state, problem = :problem, parts = :parts, finished_at = :now WHERE store_id = :store AND id = :id""")
DROP_PARTS = text("DELETE FROM export_parts WHERE store_id = :store AND export_id = :id")

log = structlog.get_logger(__name__)


def work(export_id: UUID, now: datetime) -> None:
    """One turn: what the outbox calls. What is left when it is over is asked for again, after what else waits there."""
    if not carry_on(export_id, now=now, seconds=SLICE_SECONDS):
        with transaction():
            outbox.record(TOPIC, {"export": str(export_id)}, now=now)


def carry_on_all(now: datetime, *, seconds: float) -> int:
    """Go on with every unfinished file of the store, for so long at most each. How many there were."""
    found = [UUID(str(one)) for one in db.session.execute(UNFINISHED, {"store": current_store_id()}).scalars()]
    finish_reading()
    return unfinished.take_up(found, lambda one: carry_on(one, now=now, seconds=seconds), what="export")


def carry_on(export_id: UUID, *, now: datetime, seconds: float) -> bool:
    """Go on where the file is. True when there is nothing more to do, or another worker is doing it."""
    until = time.monotonic() + seconds
    with at_current_store() as store:
        while (left := _step(export_id, store, now)) == "rows":
            if time.monotonic() >= until:
                return False
        if left == "print":
            _print(export_id, store, now)
    return True


@unit_of_work
def _step(export_id: UUID, store: StoreView, now: datetime) -> Literal["rows", "print", ""]:
    """Some more rows; what is left to do then."""
    row = _locked(export_id)
    if row is None:
        return ""
    export, cursor = Export(*row[:-1]), row.cursor
    if cursor == PRINT:
        return "print"
    with speaking(export.locale):
        source, wanted = SOURCES[export.kind], _wanted(export)
        columns = source.columns(wanted)
        batch = source.batch(wanted, cursor)
        first, last, rows = export.parts == 0, not batch.next, export.rows + len(batch.rows)
        if export.format == "csv":
            part = writing.csv_rows(columns, batch.rows, first=first)
        elif export.format == "json":
            part = writing.json_rows(columns, batch.rows, first=first, last=last)
        elif rows > PDF_ROWS_AT_MOST:
            _end(export_id, "failed", "too_long_for_pdf", 0, now)
            return ""
        else:
            part = writing.words_rows(batch.rows, store, export.locale)
    printed = export.format == "pdf" and last
    _keep(export_id, export.parts, part)
    names = {"cursor": PRINT if printed else batch.next, "rows": len(batch.rows)}
    db.session.execute(STEP, {**named(export_id), **names})
    if not last:
        return "rows"
    if not printed:
        _made(export, rows, export.parts + 1, now)
    return "print" if printed else ""


def _print(export_id: UUID, store: StoreView, now: datetime) -> None:
    """Make the PDF of the rows that are kept, in their place. It takes seconds: no transaction waits for it."""
    row = db.session.execute(WORKING, named(export_id)).first()
    if row is None:
        return
    export = Export(*row)
    bodies = list(body(export))
    finish_reading()
    made: bytes | None = None
    with speaking(export.locale):
        title, columns = SOURCES[export.kind].title(), SOURCES[export.kind].columns(_wanted(export))
        finish_reading()
        try:
            made = writing.pdf(
                title, columns, bodies, store, export.locale, made=export.created_at, identifier=export_id.bytes
            )
        except NoReceipts:
            log.warning("export_not_printed", id=str(export_id))
    _put(export, made, now)


@unit_of_work
def _put(export: Export, made: bytes | None, now: datetime) -> None:
    if _locked(export.id) is None:  # another worker was faster
        return
    if made is None:
        _end(export.id, "failed", "no_pdf_here", 0, now)
        return
    db.session.execute(DROP_PARTS, named(export.id))
    _keep(export.id, 0, made)
    _made(export, export.rows, 1, now)


def _locked(export_id: UUID) -> Any:
    took_lock(Lock.IDEMPOTENCY)
    return db.session.execute(LOCK, named(export_id)).first()


def _keep(export_id: UUID, number: int, part: bytes) -> None:
    values = {"store_id": current_store_id(), "export_id": export_id, "number": number, "body": part}
    db.session.execute(insert(ExportPart).values(values))


def _made(export: Export, rows: int, parts: int, now: datetime) -> None:
    _end(export.id, "ready", "", parts, now)
    note("export_made", export, now, filter=export.asked, rows=rows, why=export.reason)


def _end(export_id: UUID, state: str, problem: str, parts: int, now: datetime) -> None:
    if state == "failed":
        db.session.execute(DROP_PARTS, named(export_id))
    names = {**named(export_id), "state": state, "problem": problem, "parts": parts, "now": now}
    db.session.execute(END, names)


def _wanted(export: Export) -> Wanted:
    return Wanted(export.asked, export.clear, export.locale, export.created_at)
