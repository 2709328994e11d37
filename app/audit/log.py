"""Recording, reading and verifying the audit log of the current store."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, before_commit, took_lock, unit_of_work

BATCH = 1_000

OPEN = text("""INSERT INTO audit_heads (store_id, number, hash) VALUES (:store, 0, '') ON CONFLICT DO NOTHING""")
HEAD = text("SELECT number, hash FROM audit_heads WHERE store_id = :store FOR NO KEY UPDATE")
APPEND = text("""
    WITH head AS (UPDATE audit_heads SET number = :number, hash = :hash WHERE store_id = :store)
    INSERT INTO audit_entries (store_id, number, recorded_at, actor, action, subject_kind, subject_id, details, hash)
    VALUES (:store, :number, :now, :actor, :action, :kind, :subject, CAST(:details AS jsonb), :hash)""")
LIST = text("""
    SELECT number, recorded_at, actor, action, subject_kind, subject_id, details, hash FROM audit_entries
    WHERE store_id = :store AND number < :before
      AND (:actor = '' OR actor = :actor) AND (:action = '' OR action = :action)
      AND (:kind = '' OR subject_kind = :kind) AND (:subject = '' OR subject_id = :subject)
    ORDER BY number DESC LIMIT :limit""")
WALK = text("""
    SELECT number, recorded_at, actor, action, subject_kind, subject_id, details, hash FROM audit_entries
    WHERE store_id = :store AND number > :after ORDER BY number LIMIT :limit""")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing somebody did."""

    number: int
    recorded_at: datetime
    actor: str
    action: str
    subject_kind: str
    subject_id: str
    details: Mapping[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class Verified:
    """How far the chain holds: `broken_at` is the first number that does not fit, None when all do."""

    entries: int
    broken_at: int | None


@unit_of_work
def record(
    action: str, *, actor: str, subject: tuple[str, object], now: datetime, details: Mapping[str, Any] | None = None
) -> None:
    """Enter what `actor` (staff:<id>, operator:<name>) did to `subject` (kind, id), if this unit of work commits.

    It is written as the last step, so that its lock is the last one taken whoever asks for it and when.
    """
    before_commit(lambda: _append(action, actor, subject, details or {}, now))


def list_entries(
    *, before: int | None = None, actor: str = "", action: str = "", kind: str = "", subject: str = "", limit: int = 50
) -> list[Entry]:
    """The newest entries first, a page at a time: `before` is the last number of the page before."""
    names = {"actor": actor, "action": action, "kind": kind, "subject": subject, "limit": limit}
    rows = db.session.execute(LIST, {"store": current_store_id(), "before": before or 2**62, **names})
    return [Entry(*row) for row in rows]


def verify() -> Verified:
    """Reckon the chain anew, from the first entry to the head."""
    before, count = "", 0
    for entry in _all():
        if entry.number != count + 1 or entry.hash != _chained(before, entry):
            return Verified(count, count + 1)
        before, count = entry.hash, entry.number
    names = {"store": current_store_id()}
    head = db.session.execute(text("SELECT number, hash FROM audit_heads WHERE store_id = :store"), names).first()
    if head is not None and (head.number, head.hash) != (count, before):
        return Verified(count, count + 1)
    return Verified(count, None)


def _all() -> Iterator[Entry]:
    after = 0
    while True:
        names = {"store": current_store_id(), "after": after, "limit": BATCH}
        rows = [Entry(*row) for row in db.session.execute(WALK, names)]
        yield from rows
        if len(rows) < BATCH:
            return
        after = rows[-1].number


def _append(action: str, actor: str, subject: tuple[str, object], details: Mapping[str, Any], now: datetime) -> None:
    took_lock(Lock.AUDIT)
    names = {"store": current_store_id()}
    head = db.session.execute(HEAD, names).first()
    if head is None:
        db.session.execute(OPEN, names)
        head = db.session.execute(HEAD, names).one()
    plain = msgspec.json.decode(msgspec.json.encode(details))
    entry = Entry(head.number + 1, now, actor, action, subject[0], str(subject[1]), plain, "")
    values = {"number": entry.number, "now": now, "actor": actor, "action": action, "kind": subject[0]}
    written = {"subject": entry.subject_id, "details": msgspec.json.encode(plain).decode()}
    db.session.execute(APPEND, {**names, **values, **written, "hash": _chained(head.hash, entry)})


def _chained(before: str, entry: Entry) -> str:
    """SHA-256 over the hash before and the entry in one fixed spelling (hash chain: Haber & Stornetta 1991)."""
    what = [
        entry.number,
        entry.recorded_at.timestamp(),
        entry.actor,
        entry.action,
        entry.subject_kind,
        entry.subject_id,
    ]
    body = msgspec.json.encode([before, what, entry.details], order="sorted")
    return hashlib.sha256(body).hexdigest()
