"""What is done for sellers by itself, in every store: called by the clock's table (tasks/periodic.py)."""

from datetime import datetime

from app.database.tenancy import current_store_id
from app.jobs.table import FREEZE
from app.sellers import freezing
from app.stores import directory
from app.stores.turns import in_each_store


def freeze_weeks(now: datetime) -> int | None:
    """Each hour: weeks that are over. How many, or None if another worker had the turn."""
    return in_each_store(FREEZE, lambda: freezing.freeze(directory.get(current_store_id()), now))
