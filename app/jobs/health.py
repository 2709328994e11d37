"""How a periodic task stands, from its last turns: late before failing, so that one slow minute alarms nobody. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.jobs.table import Job

JITTER = timedelta(seconds=30)  # the clock wakes workers a little late; that is not late


class Health(StrEnum):
    """In one word, as the console shows it."""

    OK = "ok"
    SLOW = "slow"  # late, or longer under way than usual
    FAILING = "failing"
    PAUSED = "paused"
    NEW = "new"  # no turn yet


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn as it went. `error` is the kind of what went wrong, "" for nothing."""

    started_at: datetime
    finished_at: datetime | None
    error: str = ""
    by_hand: bool = False

    @property
    def took(self) -> timedelta | None:
        """How long it was under way; None: it has not come to an end."""
        return None if self.finished_at is None else self.finished_at - self.started_at


@dataclass(frozen=True, slots=True)
class Standing:
    """What is unusual about a store's share."""

    paused_at: datetime | None = None
    paused_by: str = ""
    failures: int = 0
    failed_at: datetime | None = None
    error: str = ""


def judge(job: Job, turns: Sequence[Turn], standing: Standing, now: datetime) -> Health:
    """`turns` are the newest first; those by hand say nothing about the clock."""
    if standing.paused_at is not None:
        return Health.PAUSED
    last = next((turn for turn in turns if not turn.by_hand), None)
    if last is None:
        return Health.NEW
    if standing.failures or last.error:
        return Health.FAILING
    age = now - last.started_at
    if age > job.period + job.grace:
        return Health.FAILING
    under_way = last.took if last.took is not None else age
    if age > job.period + JITTER or under_way > job.usual:
        return Health.SLOW
    return Health.OK
