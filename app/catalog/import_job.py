"""Bringing a file into the catalogue step by step: read, checked, applied when somebody says so.

Where a file is stands in PostgreSQL alone. A product and the word about what came of it are one transaction, so whoever
goes on, after whatever end of the one before, goes on with the next product. Any number of workers may: they take turns
on the file's row and pass it over while another has it.
"""

import io
import time
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, OperationalError

from app.catalog.drafts import ProductDraft, RowRefusal
from app.catalog.file_import import read_file, take
from app.catalog.import_models import CatalogueImportRow
from app.catalog.importing import Taken, import_product
from app.catalog.shopify_columns import UnusableFile
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import RETRIED, Lock, finish_reading, took_lock, transaction, unit_of_work
from app.events import outbox
from app.jobs import unfinished
from app.stores import directory

TOPIC = "catalog.import"
SLICE_SECONDS = 5.0  # for so long one turn works before others of the outbox have theirs
CHECKED_AT_ONCE = 20
WRITTEN_AT_ONCE = 500
FAILED = "failed"

LOCK = text("""
    SELECT state, body, created_by FROM catalogue_imports WHERE store_id = :store AND id = :id AND state = :state
    FOR NO KEY UPDATE SKIP LOCKED""")
STATE = text("SELECT state FROM catalogue_imports WHERE store_id = :store AND id = :id")
UNFINISHED = text("""
    SELECT id FROM catalogue_imports WHERE store_id = :store AND state IN ('reading', 'checking', 'applying') ORDER BY id""")
READ = text("""
    UPDATE catalogue_imports SET state = :to, body = NULL, unusable = :unusable,
        finished_at = CASE WHEN :to = 'unusable' THEN CAST(:now AS timestamptz) END
    WHERE store_id = :store AND id = :id""")
UNCHECKED = text("""
    SELECT number, draft FROM catalogue_import_rows WHERE store_id = :store AND import_id = :id AND forecast = ''
    ORDER BY number LIMIT :limit""")
FORESEEN = text("""
    UPDATE catalogue_import_rows r SET forecast = w.forecast, withdrawn = w.withdrawn,
        outcome = CASE WHEN w.forecast = 'refused' THEN 'refused' ELSE r.outcome END,
        refusals = CASE WHEN w.forecast = 'refused' THEN w.refusals ELSE r.refusals END
    FROM jsonb_to_recordset(:rows) AS w(number int, forecast text, withdrawn int, refusals jsonb)
    WHERE r.store_id = :store AND r.import_id = :id AND r.number = w.number AND r.forecast = ''""")
TURN = text("""
    UPDATE catalogue_imports SET state = :to, finished_at = CASE WHEN :to = 'done' THEN CAST(:now AS timestamptz) END
    WHERE store_id = :store AND id = :id""")
UNAPPLIED = text("""
    SELECT number, draft, line, handle FROM catalogue_import_rows
    WHERE store_id = :store AND import_id = :id AND outcome = '' ORDER BY number LIMIT 1""")
APPLIED = text("""
    UPDATE catalogue_import_rows SET outcome = :outcome, withdrawn = :withdrawn
    WHERE store_id = :store AND import_id = :id AND number = :number""")
REFUSED = text("""
    UPDATE catalogue_import_rows SET outcome = 'refused', refusals = CAST(:refusals AS jsonb)
    WHERE store_id = :store AND import_id = :id AND number = :number AND outcome = ''""")
FORGET_DRAFTS = text("UPDATE catalogue_import_rows SET draft = NULL WHERE store_id = :store AND import_id = :id")

log = structlog.get_logger(__name__)


def work(import_id: UUID, now: datetime) -> None:
    """One turn: what the outbox calls. What is left when it is over is asked for again, after what else waits there."""
    if not carry_on(import_id, now=now, seconds=SLICE_SECONDS):
        with transaction():
            outbox.record(TOPIC, {"import": str(import_id)}, now=now)


def carry_on_all(now: datetime, *, seconds: float) -> int:
    """Go on with every unfinished file of the store, for so long at most each. How many there were."""
    found = [UUID(str(one)) for one in db.session.execute(UNFINISHED, {"store": current_store_id()}).scalars()]
    finish_reading()
    return unfinished.take_up(found, lambda one: carry_on(one, now=now, seconds=seconds), what="import")


def carry_on(import_id: UUID, *, now: datetime, seconds: float) -> bool:
    """Go on where the file is. True when there is nothing (more) to do for now, or another worker is doing it."""
    until = time.monotonic() + seconds
    store = directory.get(current_store_id())
    while True:
        state = db.session.execute(STATE, _named(import_id)).scalar_one_or_none()
        finish_reading()
        match state:
            case "reading":
                mine = _read(import_id, store.currency, store.locales[0], now)
            case "checking":
                mine = _check(import_id, store.locales[0], now)
            case "applying":
                mine = _apply(import_id, store.locales[0], now)
            case _:
                return True
        if not mine:
            return True
        if time.monotonic() >= until:
            return False


@unit_of_work
def _read(import_id: UUID, currency: str, locale: str, now: datetime) -> bool:
    """The file as products, all in one transaction: cut short, it is read again."""
    locked = _locked(import_id, "reading")
    if locked is None:
        return False
    names, unusable, rows = _named(import_id), "", []
    try:
        products = read_file(io.BytesIO(locked.body), currency=currency, locale=locale)
        for number, product in enumerate(products, start=1):
            rows.append(_row(import_id, number, product))
            if len(rows) == WRITTEN_AT_ONCE:
                db.session.execute(insert(CatalogueImportRow), rows)
                rows = []
    except UnusableFile as problem:
        unusable, rows = problem.sentence, []
    if rows:
        db.session.execute(insert(CatalogueImportRow), rows)
    db.session.execute(READ, {**names, "to": "unusable" if unusable else "checking", "unusable": unusable, "now": now})
    return True


def _check(import_id: UUID, locale: str, now: datetime) -> bool:
    """What some more products would come to: each is written and rolled back, then all of it is noted."""
    rows = list(db.session.execute(UNCHECKED, {**_named(import_id), "limit": CHECKED_AT_ONCE}))
    finish_reading()
    foreseen = [_foreseen(row, locale, now) for row in rows]
    return _note(import_id, foreseen, now)


@unit_of_work
def _note(import_id: UUID, foreseen: list[dict[str, Any]], now: datetime) -> bool:
    if _locked(import_id, "checking") is None:
        return False
    names = _named(import_id)
    if foreseen:
        db.session.execute(FORESEEN, {**names, "rows": msgspec.json.encode(foreseen).decode()})
    else:
        db.session.execute(TURN, {**names, "to": "checked", "now": now})
    return True


def _foreseen(row: Any, locale: str, now: datetime) -> dict[str, Any]:
    draft = msgspec.convert(row.draft, ProductDraft)
    try:
        taken = take(draft, position=row.number, locale=locale, now=now, dry_run=True)
    except Exception as error:  # whatever it is, it is this product's: the others have their turn
        if _passing(error):
            raise
        log.exception("product_not_taken", line=draft.line)
        refusals = msgspec.to_builtins([_failed(draft.line, draft.handle)])
        return {"number": row.number, "forecast": "refused", "withdrawn": 0, "refusals": refusals}
    return {"number": row.number, "forecast": taken.outcome, "withdrawn": taken.withdrawn, "refusals": []}


def _apply(import_id: UUID, locale: str, now: datetime) -> bool:
    """The next product, for good. One that the database will not have is refused, and the next one has its turn."""
    row = db.session.execute(UNAPPLIED, _named(import_id)).first()
    finish_reading()
    try:
        return _apply_one(import_id, row.number if row else None, locale, now)
    except Exception as error:  # as when it is checked
        if row is None or _passing(error):
            raise
        log.exception("product_not_taken", line=row.line)
        refusals = msgspec.json.encode([_failed(row.line, row.handle)]).decode()
        with transaction() as session:
            session.execute(REFUSED, {**_named(import_id), "number": row.number, "refusals": refusals})
        return True


@unit_of_work
def _apply_one(import_id: UUID, number: int | None, locale: str, now: datetime) -> bool:
    locked = _locked(import_id, "applying")
    if locked is None:
        return False
    names = _named(import_id)
    row = db.session.execute(UNAPPLIED, names).first()
    if row is None:
        db.session.execute(FORGET_DRAFTS, names)
        db.session.execute(TURN, {**names, "to": "done", "now": now})
        return True
    if row.number != number:  # another worker was faster: look again
        return True
    draft = msgspec.convert(row.draft, ProductDraft)
    taken: Taken = import_product(draft, position=row.number, locale=locale, now=now, actor=locked.created_by)
    db.session.execute(APPLIED, {**names, "number": number, "outcome": taken.outcome, "withdrawn": taken.withdrawn})
    return True


def _row(import_id: UUID, number: int, product: ProductDraft | tuple[RowRefusal, ...]) -> dict[str, Any]:
    good = isinstance(product, ProductDraft)
    first = product if isinstance(product, ProductDraft) else product[0]
    return {
        "store_id": current_store_id(),
        "import_id": import_id,
        "number": number,
        "line": first.line,
        "handle": first.handle,
        "draft": msgspec.to_builtins(product) if good else None,
        "refusals": [] if good else msgspec.to_builtins(product),
        "forecast": "" if good else "refused",
        "outcome": "" if good else "refused",
    }


def _locked(import_id: UUID, state: str) -> Any:
    """The file's row, locked; None when it is elsewhere by now, or somebody has it."""
    took_lock(Lock.IDEMPOTENCY)
    return db.session.execute(LOCK, {**_named(import_id), "state": state}).first()


def _passing(error: Exception) -> bool:
    """Whether it is worth trying again: the database was away or busy, the product had no part in it."""
    busy = isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in RETRIED
    return busy or isinstance(error, OperationalError)


def _failed(line: int, handle: str) -> RowRefusal:
    return RowRefusal(line, handle, FAILED, "The product could not be written. The log of the application says why.")


def _named(import_id: UUID) -> dict[str, Any]:
    return {"store": current_store_id(), "id": import_id}
