"""Periodic tasks as the current store's staff see them: the installation's turns without their figures, the store's own share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.errors import NotFound
from app.jobs.health import Health, Standing, Turn, judge
from app.jobs.table import JOBS, Job

SHOWN = 30

TURNS = text("""
    SELECT j.task, s.started_at, s.finished_at, s.error, s.for_store IS NOT NULL AS by_hand
    FROM unnest(CAST(:tasks AS text[])) AS j(task) CROSS JOIN LATERAL (
        SELECT started_at, finished_at, error, for_store FROM task_slots t
        WHERE t.task = j.task AND (t.for_store IS NULL OR t.for_store = :store) ORDER BY t.slot DESC LIMIT :shown) s""")

STANDINGS = text("""
    SELECT task, paused_at, paused_by, failures, failed_at, error FROM job_standings
    WHERE store_id = :store AND task = ANY(:tasks)""")

NOW = text("SELECT now()")


class JobNotFound(NotFound):
    """There is no such periodic task."""

    code = "job_not_found"


@dataclass(frozen=True, slots=True)
class JobView:
    """A task with its turns, the newest first, and how it stands by the database's clock, which is the tasks'."""

    job: Job
    health: Health
    turns: tuple[Turn, ...]
    standing: Standing
    looked_at: datetime

    @property
    def next_at(self) -> datetime | None:
        """When it runs next; None while it is paused."""
        return None if self.health is Health.PAUSED else self.job.next_after(self.looked_at)


def list_jobs() -> list[JobView]:
    """All periodic tasks, in the order of the table."""
    return _views(list(JOBS.values()))


def get_job(key: str) -> JobView:
    """One of them. Raises JobNotFound."""
    if key not in JOBS:
        raise JobNotFound()
    return _views([JOBS[key]])[0]


def _views(jobs: Sequence[Job]) -> list[JobView]:
    names = {"tasks": [job.key for job in jobs], "store": current_store_id()}
    turns: dict[str, list[Turn]] = {}
    for row in db.session.execute(TURNS, {**names, "shown": SHOWN}):
        turn = Turn(row.started_at, row.finished_at, row.error or "", row.by_hand)
        turns.setdefault(row.task, []).append(turn)
    standings = {row.task: _standing(row) for row in db.session.execute(STANDINGS, names)}
    now: datetime = db.session.execute(NOW).scalar_one()
    return [_view(job, tuple(turns.get(job.key, ())), standings.get(job.key, Standing()), now) for job in jobs]


def _view(job: Job, turns: tuple[Turn, ...], standing: Standing, now: datetime) -> JobView:
    return JobView(job, judge(job, turns, standing, now), turns, standing, now)


def _standing(row: Any) -> Standing:
    return Standing(row.paused_at, row.paused_by, row.failures, row.failed_at, row.error)
