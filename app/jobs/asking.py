"""What a store's staff may do about periodic work: pause their share of a task, let it go on, have it done now."""

from datetime import datetime

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import unit_of_work
from app.errors import Conflict
from app.events import outbox
from app.jobs.queries import JobNotFound
from app.jobs.table import JOBS, Job

RUN_NOW = "jobs.run_now"

PAUSE = text("""
    INSERT INTO job_standings (store_id, task, paused_at, paused_by) VALUES (:store, :task, now(), :actor)
    ON CONFLICT (store_id, task) DO UPDATE SET paused_at = now(), paused_by = :actor WHERE job_standings.paused_at IS NULL
    RETURNING task""")

RESUME = text("""
    UPDATE job_standings SET paused_at = NULL, paused_by = ''
    WHERE store_id = :store AND task = :task AND paused_at IS NOT NULL RETURNING task""")


class CannotBePaused(Conflict):
    """Without this task something is lost, and not only later."""

    code = "job_cannot_be_paused"


class PausedAlready(Conflict):
    """Somebody else was quicker."""

    code = "job_paused_already"


class NotPaused(Conflict):
    """It goes on already."""

    code = "job_not_paused"


@unit_of_work
def pause(key: str, *, actor: str) -> None:
    """Leave the current store out of the task's turns. Raises JobNotFound, CannotBePaused, PausedAlready."""
    if not _job(key).pausable:
        raise CannotBePaused()
    if not db.session.execute(PAUSE, {"store": current_store_id(), "task": key, "actor": actor}).first():
        raise PausedAlready()


@unit_of_work
def resume(key: str) -> None:
    """Let the task do its work in the current store again. Raises JobNotFound, NotPaused."""
    _job(key)
    if not db.session.execute(RESUME, {"store": current_store_id(), "task": key}).first():
        raise NotPaused()


def run_now(key: str, *, now: datetime) -> None:
    """Have the current store's share of the task done at once, paused or not, inside the caller's unit of work. Raises JobNotFound."""
    _job(key)
    outbox.record(RUN_NOW, {"task": key, "asked_at": now.isoformat()}, now=now)


def _job(key: str) -> Job:
    if key not in JOBS:
        raise JobNotFound()
    return JOBS[key]
