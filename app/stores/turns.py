"""A turn of a periodic task in every store: taken once, a share of it for each store that has not paused the task."""

from collections.abc import Callable

from app.database.transaction import finish_reading
from app.jobs import shares, ticks
from app.jobs.table import Job
from app.stores import directory


def in_each_store(job: Job, work: Callable[[], int]) -> int | None:
    """Do `work` in each store, if nobody has had this turn: the sum of what it did, or None. One that fails keeps nobody waiting."""

    def everywhere() -> int:
        stores = directory.list_stores()
        finish_reading()
        return shares.in_each(job.key, stores, work)

    return ticks.once(job.key, job.each, everywhere)
