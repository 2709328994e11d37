"""Every periodic task: how often, when late is too late, how long it usually takes. The clock and the console go by it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Each = Literal["minute", "hour"]

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PERIODS: dict[Each, timedelta] = {"minute": MINUTE, "hour": HOUR}


@dataclass(frozen=True, slots=True)
class Job:
    """A periodic task. `at` is its minute, for hourly ones; `grace` is how late it may be before that counts as failing,
    `usual` how long a turn takes at most when all is well. A store may pause it if it is `pausable`.
    """

    key: str
    each: Each
    at: int = 0
    grace: timedelta = timedelta(minutes=4)
    usual: timedelta = timedelta(seconds=30)
    pausable: bool = True

    @property
    def period(self) -> timedelta:
        """From one turn to the next."""
        return PERIODS[self.each]

    @property
    def cron_minute(self) -> str:
        """The minutes of the hour, as crontab writes them."""
        return "*" if self.each == "minute" else str(self.at)

    def next_after(self, moment: datetime) -> datetime:
        """When the next turn begins."""
        if self.each == "minute":
            return moment.replace(second=0, microsecond=0) + MINUTE
        due = moment.replace(minute=self.at, second=0, microsecond=0)
        return due if due > moment else due + HOUR


def _hourly(key: str, at: int) -> Job:
    return Job(key, "hour", at, grace=timedelta(minutes=30), usual=timedelta(minutes=5))


# Without the outbox nothing is carried out, letters and what is asked for by hand among it; without the settling of payments
# somebody may have paid and have no order. So these two cannot be paused.
SETTLE = Job("orders.settle", "minute", pausable=False)
DRAIN = Job("outbox.drain", "minute", pausable=False)
DELIVER = Job("recovery.deliver", "minute", usual=timedelta(seconds=55))
DETECT = Job("recovery.detect", "minute")
EXPLAIN = Job("recovery.explain", "minute")
ROLL_UP = Job("recovery.roll_up", "minute")
MEASURE = Job("recovery.measure", "minute")
IMPORT = Job("catalog.import", "minute", usual=timedelta(seconds=55))
EXPORT = Job("exports.make", "minute", usual=timedelta(seconds=55))
SALVAGE = Job("recovery.salvage", "minute")
SAVED = _hourly("recovery.saved", 23)
EXPIRE = _hourly("recovery.expire", 41)
FORGET_TOLD = _hourly("recovery.forget_told", 47)
FORGET_EXPORTS = _hourly("exports.forget", 29)
EXPIRE_ALERTS = _hourly("alerts.expire", 17)
FREEZE = _hourly("sellers.freeze", 11)
TELL = Job("webhooks.deliver", "minute", usual=timedelta(seconds=55))
FORGET_TELLING = _hourly("webhooks.forget", 53)

JOBS: dict[str, Job] = {
    job.key: job
    for job in (
        DETECT,
        EXPLAIN,
        DELIVER,
        SAVED,
        SALVAGE,
        EXPIRE,
        ROLL_UP,
        MEASURE,
        FREEZE,
        IMPORT,
        EXPORT,
        SETTLE,
        DRAIN,
        TELL,
        EXPIRE_ALERTS,
        FORGET_TOLD,
        FORGET_TELLING,
        FORGET_EXPORTS,
    )
}
