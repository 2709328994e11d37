"""A turn of a periodic task, taken once: whoever inserts its row carries it out, however many workers there are."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

import structlog
from sqlalchemy import text

from app.database.base import db
from app.database.transaction import transaction

KEPT = "7 days"

# By the database's own clock: the application's may be moved forward and back (docs/locking.md).
TAKE = text("""
    INSERT INTO task_slots (task, slot, started_at) VALUES (:task, date_trunc(:each, now()), now())
    ON CONFLICT DO NOTHING RETURNING slot""")

FINISH = text("""
    UPDATE task_slots SET finished_at = clock_timestamp(), done = :done, error = :error
    WHERE task = :task AND slot = :slot""")

FORGET = text("DELETE FROM task_slots WHERE task = :task AND slot < now() - CAST(:kept AS interval)")

log = structlog.get_logger(__name__)


def once(task: str, each: Literal["minute", "hour"], work: Callable[[], int]) -> int | None:
    """Do `work` if nobody has had this turn of `task`; what it did, or None.

    A turn whose worker dies is not taken again: all that periodic tasks find is found at the next turn as well.
    """
    with transaction(outermost=True):
        slot: datetime | None = db.session.execute(TAKE, {"task": task, "each": each}).scalar_one_or_none()
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
