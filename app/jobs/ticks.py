"""A turn of a periodic task, taken once: whoever inserts its row carries it out, however many workers there are."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import text

from app.database.base import db
from app.database.transaction import transaction
from app.ids import StoreId
from app.jobs.table import Each

KEPT = "7 days"

# By the database's own clock: the application's may be moved forward and back (docs/locking.md).
TAKE = text("""
    INSERT INTO task_slots (task, slot, started_at, for_store)
    VALUES (:task, coalesce(CAST(:asked_at AS timestamptz), date_trunc(:each, now())), clock_timestamp(), CAST(:store AS uuid))
    ON CONFLICT DO NOTHING RETURNING slot""")

FINISH = text("""
    UPDATE task_slots SET finished_at = clock_timestamp(), done = :done, error = :error
    WHERE task = :task AND slot = :slot""")

FORGET = text("DELETE FROM task_slots WHERE task = :task AND slot < now() - CAST(:kept AS interval)")

# By name, so that nobody's own clock is meant: that of the database itself.
TAKE_AHEAD = text("""
    INSERT INTO task_slots (task, slot, started_at)
    SELECT :task, s.slot, pg_catalog.now() FROM generate_series(
        date_trunc(:each, pg_catalog.now()), pg_catalog.now() + INTERVAL '1 minute', CAST('1 ' || :each AS interval)) AS s(slot)
    ON CONFLICT DO NOTHING RETURNING slot""")

GIVE_BACK = text("DELETE FROM task_slots WHERE task = :task AND slot = ANY(:slots) AND finished_at IS NULL")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ByHand:
    """A turn that somebody asked for: when, which names it, and for which store alone."""

    asked_at: datetime
    store_id: StoreId


_by_hand: ContextVar[ByHand | None] = ContextVar("by_hand", default=None)


@contextmanager
def by_hand(asked_at: datetime, store_id: StoreId) -> Iterator[None]:
    """Turns begun inside are not the clock's: each is taken once for the moment it was asked for."""
    token = _by_hand.set(ByHand(asked_at, store_id))
    try:
        yield
    finally:
        _by_hand.reset(token)


def asked_for() -> ByHand | None:
    """By whom the turn at hand was asked for; None: it is the clock's."""
    return _by_hand.get()


@contextmanager
def held(tasks: Mapping[str, Each]) -> Iterator[Callable[[], None]]:
    """Inside, no worker has a turn of these tasks, as long as what is given is called twice a minute. For a simulation."""
    taken: dict[str, list[datetime]] = {task: [] for task in tasks}

    def hold() -> None:
        with transaction(outermost=True):
            for task, each in tasks.items():
                taken[task] += db.session.execute(TAKE_AHEAD, {"task": task, "each": each}).scalars()

    hold()
    try:
        yield hold
    finally:
        with transaction(outermost=True):
            for task, slots in taken.items():
                db.session.execute(GIVE_BACK, {"task": task, "slots": slots})


def once(task: str, each: Each, work: Callable[[], int]) -> int | None:
    """Do `work` if nobody has had this turn of `task`; what it did, or None.

    A turn whose worker dies is not taken again: all that periodic tasks find is found at the next turn as well.
    """
    hand = asked_for()
    names = {"task": task, "each": each, "asked_at": hand and hand.asked_at, "store": hand and hand.store_id}
    with transaction(outermost=True):
        slot: datetime | None = db.session.execute(TAKE, names).scalar_one_or_none()
    if slot is None:
        return None
    done, error = None, None
    try:
        done = work()
    except Exception as failure:
        error = type(failure).__name__
        log.exception("turn_failed", task=task)
    with transaction(outermost=True):
        db.session.execute(FINISH, {"task": task, "slot": slot, "done": done, "error": error})
        db.session.execute(FORGET, {"task": task, "kept": KEPT})
    return done
