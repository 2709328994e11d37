"""Files that were brought in: begun, applied, put away; and how each one stands. What happens to them: import_job.py."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import insert, text

from app.catalog.drafts import RowRefusal
from app.catalog.import_job import TOPIC
from app.catalog.import_models import CatalogueImport
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, unit_of_work
from app.errors import Conflict, Invalid, NotFound
from app.events import outbox
from app.ids import new_id

LARGEST_FILE = 10_000_000
PAGE = 100
RECENT = 20
OUTCOMES = ("created", "updated", "unchanged", "refused")
WORKING = ("reading", "checking", "applying")


class ImportNotFound(NotFound):
    """The store has no such file."""

    code = "import_not_found"


class NoFile(Invalid):
    """Nothing was chosen, or the file is empty."""

    code = "no_file"


class FileTooLarge(Invalid):
    """More than LARGEST_FILE bytes."""

    code = "file_too_large"


class ImportMoved(Conflict):
    """It cannot be applied or put away as it stands: somebody has done so already, or it is still being checked."""

    code = "import_moved"


@dataclass(frozen=True, slots=True)
class ImportView:
    """A file and how far it is. `counts` are its products by outcome: as foreseen, and once it is applied as they came out."""

    id: UUID
    state: str
    file_name: str
    size: int
    unusable: str
    created_at: datetime
    created_by: str
    applied_at: datetime | None
    finished_at: datetime | None
    total: int
    done: int
    withdrawn: int
    counts: dict[str, int]

    @property
    def working(self) -> bool:
        """Whether something happens to it by itself."""
        return self.state in WORKING


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A product of the file: what is foreseen, or what came of it."""

    number: int
    line: int
    handle: str
    outcome: str
    withdrawn: int
    refusals: tuple[RowRefusal, ...]


_COUNTS = """
    SELECT i.id, i.state, i.file_name, i.size, i.unusable, i.created_at, i.created_by, i.applied_at, i.finished_at,
           coalesce(r.total, 0)::int AS total, coalesce(r.checked, 0)::int AS checked, coalesce(r.applied, 0)::int AS applied,
           coalesce(r.withdrawn, 0)::int AS withdrawn, r.foreseen, r.outcomes
    FROM catalogue_imports i LEFT JOIN LATERAL (
        SELECT sum(n) AS total, sum(n) FILTER (WHERE forecast <> '') AS checked,
               sum(n) FILTER (WHERE outcome <> '') AS applied, sum(gone) AS withdrawn,
               jsonb_agg(jsonb_build_array(forecast, n)) AS foreseen, jsonb_agg(jsonb_build_array(outcome, n)) AS outcomes
        FROM (SELECT forecast, outcome, count(*) AS n, sum(withdrawn) AS gone FROM catalogue_import_rows x
              WHERE x.store_id = i.store_id AND x.import_id = i.id GROUP BY forecast, outcome) g) r ON true
    WHERE i.store_id = :store AND {which} ORDER BY i.id DESC LIMIT :limit"""
ONE = text(_COUNTS.format(which="i.id = :id"))
NEWEST = text(_COUNTS.format(which="i.state <> 'discarded'"))

TURN = text("""
    UPDATE catalogue_imports SET state = :to, applied_at = CASE WHEN :to = 'applying' THEN CAST(:now AS timestamptz) END,
        finished_at = CASE WHEN :to = 'discarded' THEN CAST(:now AS timestamptz) END
    WHERE store_id = :store AND id = :id AND state = ANY(:from) RETURNING id""")
FORGET = text("DELETE FROM catalogue_import_rows WHERE store_id = :store AND import_id = :id")

REPORT = text("""
    SELECT number, line, handle, CASE WHEN outcome <> '' THEN outcome ELSE forecast END AS outcome, withdrawn, refusals
    FROM catalogue_import_rows WHERE store_id = :store AND import_id = :id AND number > :after
      AND (:wanted = '' OR CASE WHEN outcome <> '' THEN outcome ELSE forecast END = :wanted)
    ORDER BY number LIMIT :limit""")


@unit_of_work
def begin(body: bytes, file_name: str, *, actor: str, now: datetime) -> UUID:
    """Take a file in: it is read and checked at once, and waits then. Raises NoFile, FileTooLarge."""
    if not body.strip():
        raise NoFile()
    if len(body) > LARGEST_FILE:
        raise FileTooLarge()
    import_id = new_id()
    db.session.execute(
        insert(CatalogueImport).values(
            store_id=current_store_id(),
            id=import_id,
            state="reading",
            file_name=_shown_name(file_name),
            size=len(body),
            body=body,
            created_at=now,
            created_by=actor,
        )
    )
    outbox.record(TOPIC, {"import": str(import_id)}, now=now)
    return import_id


@unit_of_work
def apply(import_id: UUID, *, now: datetime) -> None:
    """Bring what was checked into the catalogue. Raises ImportMoved."""
    _turn(import_id, "applying", ["checked"], now)
    outbox.record(TOPIC, {"import": str(import_id)}, now=now)


@unit_of_work
def discard(import_id: UUID, *, now: datetime) -> None:
    """Put it away: nothing of it comes into the catalogue. Raises ImportMoved."""
    _turn(import_id, "discarded", ["reading", "checking", "checked"], now)
    db.session.execute(FORGET, {"store": current_store_id(), "id": import_id})


def get(import_id: UUID) -> ImportView:
    """A file and how far it is. Raises ImportNotFound."""
    row = db.session.execute(ONE, {"store": current_store_id(), "id": import_id, "limit": 1}).first()
    if row is None:
        raise ImportNotFound()
    return _view(row)


def list_recent() -> list[ImportView]:
    """The newest files that were not put away."""
    return [_view(row) for row in db.session.execute(NEWEST, {"store": current_store_id(), "limit": RECENT})]


def report(import_id: UUID, *, wanted: str = "", after: int = 0, limit: int = PAGE) -> list[ReportRow]:
    """The products of a file in its order, those of one outcome or all; `after` is the last number of the page before."""
    names = {"store": current_store_id(), "id": import_id, "wanted": wanted, "after": after, "limit": limit}
    return [
        ReportRow(
            row.number, row.line, row.handle, row.outcome, row.withdrawn,
            msgspec.convert(row.refusals, tuple[RowRefusal, ...]),
        )
        for row in db.session.execute(REPORT, names)
    ]  # fmt: skip


def _turn(import_id: UUID, to: str, of: list[str], now: datetime) -> None:
    took_lock(Lock.IDEMPOTENCY)
    names = {"store": current_store_id(), "id": import_id, "to": to, "from": of, "now": now}
    if not db.session.execute(TURN, names).first():
        raise ImportMoved()


def _view(row: Any) -> ImportView:
    applied = row.state in ("applying", "done")
    counts = dict.fromkeys(OUTCOMES, 0)
    for outcome, number in (row.outcomes if applied else row.foreseen) or ():
        if outcome:
            counts[outcome] += number
    return ImportView(
        id=row.id, state=row.state, file_name=row.file_name, size=row.size, unusable=row.unusable,
        created_at=row.created_at, created_by=row.created_by, applied_at=row.applied_at, finished_at=row.finished_at,
        total=row.total, done=row.applied if applied else row.checked, withdrawn=row.withdrawn, counts=counts,
    )  # fmt: skip


def _shown_name(file_name: str) -> str:
    """The file's own name as it may be shown: no path, no control characters, not endless."""
    name = PurePath(file_name.replace("\\", "/")).name
    return "".join(letter for letter in name if letter.isprintable())[:120] or "-"
