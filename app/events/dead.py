"""The outbox as a store's staff see it: what waits and what failed for good; tried again, or dropped with a moment to undo it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import across_stores, current_store_id
from app.database.transaction import Lock, after_commit, took_lock, transaction, unit_of_work
from app.errors import Conflict
from app.events import outbox

HELD_SECONDS = 30
SHOWN = 100

# Waiting is what is due and has not been tried; what is to be done later is not late.
TOPICS = text("""
    SELECT topic, count(*) FILTER (WHERE failed_at IS NULL AND attempts = 0 AND due_at <= :now) AS waiting,
           count(*) FILTER (WHERE failed_at IS NULL AND attempts = 0 AND due_at > :now) AS planned,
           count(*) FILTER (WHERE failed_at IS NULL AND attempts > 0) AS retrying,
           count(*) FILTER (WHERE failed_at IS NOT NULL) AS dead,
           min(due_at) FILTER (WHERE failed_at IS NULL AND due_at <= :now) AS oldest
    FROM outbox WHERE store_id = :store AND done_at IS NULL AND dropped_at IS NULL GROUP BY topic ORDER BY topic""")

DEAD = text("""
    SELECT id, topic, last_error, attempts, failed_at FROM outbox
    WHERE store_id = :store AND done_at IS NULL AND failed_at IS NOT NULL AND dropped_at IS NULL
    ORDER BY failed_at DESC, id LIMIT :limit""")

_DEAD = """store_id = :store AND done_at IS NULL AND failed_at IS NOT NULL AND dropped_at IS NULL
    AND (id = ANY(:ids) OR (topic = :topic AND coalesce(last_error, '') = :reason))"""

RETRY = text(f"""
    UPDATE outbox SET failed_at = NULL, attempts = 0, due_at = least(now(), :now) WHERE {_DEAD} RETURNING topic""")  # noqa: S608

DROP = text(f"UPDATE outbox SET dropped_at = now() WHERE {_DEAD} RETURNING id")  # noqa: S608

UNDO = text("""
    UPDATE outbox SET dropped_at = NULL WHERE store_id = :store AND id = ANY(:ids) AND done_at IS NULL
    AND dropped_at > now() - make_interval(secs => :held) RETURNING id""")

FORGET = text("""
    UPDATE outbox SET done_at = now(), failed_at = NULL, payload = '{}'
    WHERE done_at IS NULL AND dropped_at <= now() - make_interval(secs => :held)""")


class NothingDead(Conflict):
    """None of it failed for good (any more): somebody else has seen to it."""

    code = "nothing_dead"


class TooLateToUndrop(Conflict):
    """It is gone for good, or was brought back already."""

    code = "too_late_to_undrop"


@dataclass(frozen=True, slots=True)
class Topic:
    """How a kind of work stands. `oldest` is since when the oldest is due."""

    topic: str
    waiting: int
    planned: int
    retrying: int
    dead: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Dead:
    """A row that failed for good. `reason` is a code, nothing personal."""

    id: UUID
    topic: str
    reason: str
    attempts: int
    failed_at: datetime


def list_topics(now: datetime) -> list[Topic]:
    """The current store's outbox by kind of work, without what is done."""
    rows = db.session.execute(TOPICS, {"store": current_store_id(), "now": now})
    return [Topic(row.topic, row.waiting, row.planned, row.retrying, row.dead, row.oldest) for row in rows]


def list_dead() -> list[Dead]:
    """What failed for good, the newest first; at most SHOWN and one more."""
    rows = db.session.execute(DEAD, {"store": current_store_id(), "limit": SHOWN + 1})
    return [Dead(row.id, row.topic, row.last_error or "", row.attempts, row.failed_at) for row in rows]


@unit_of_work
def retry(ids: Collection[UUID], *, group: tuple[str, str] | None = None, now: datetime) -> int:
    """Have it tried again from the beginning: these, or all of one topic and reason. How many. Raises NothingDead."""
    took_lock(Lock.OUTBOX)
    found = db.session.execute(RETRY, {**_chosen(ids, group), "now": now}).all()
    if not found:
        raise NothingDead()
    after_commit(outbox.wake)
    return len(found)


@unit_of_work
def drop(ids: Collection[UUID], *, group: tuple[str, str] | None = None) -> list[UUID]:
    """Leave it undone. For half a minute it can be brought back; then what it held is erased. Which. Raises NothingDead."""
    took_lock(Lock.OUTBOX)
    found = list(db.session.execute(DROP, _chosen(ids, group)).scalars())
    if not found:
        raise NothingDead()
    return found


@unit_of_work
def undo_drop(ids: Collection[UUID]) -> int:
    """Bring back what was just dropped; how many. Raises TooLateToUndrop."""
    took_lock(Lock.OUTBOX)
    names = {"store": current_store_id(), "ids": list(ids), "held": HELD_SECONDS}
    found = db.session.execute(UNDO, names).all()
    if not found:
        raise TooLateToUndrop()
    return len(found)


def forget_dropped() -> None:
    """In all stores: what can no longer be brought back is over, and what it held is erased."""
    with across_stores(), transaction(outermost=True) as session:
        session.execute(FORGET, {"held": HELD_SECONDS})


def _chosen(ids: Collection[UUID], group: tuple[str, str] | None) -> dict[str, object]:
    topic, reason = group or ("", "")
    return {"store": current_store_id(), "ids": list(ids), "topic": topic, "reason": reason}
