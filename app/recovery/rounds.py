"""What recovery does by itself, task by task, in every store: called by the clock's table (tasks/periodic.py)."""

from collections.abc import Callable
from datetime import datetime
from typing import cast

from flask import current_app

from app.config import Config
from app.database.tenancy import current_store_id
from app.jobs import shares, ticks
from app.jobs.table import DELIVER, DETECT, EXPIRE, EXPLAIN, FORGET_TOLD, MEASURE, ROLL_UP, SALVAGE, SAVED, Job
from app.recovery import (
    callbacks,
    catching_up,
    delivery,
    detection,
    expiry,
    explaining,
    salvage,
    triggers,
)
from app.recovery.rollups import measured, rolling
from app.stores import directory
from app.stores.directory import StoreView
from app.stores.turns import in_each_store
from app.web.live import publish_staff

DETECT_LANES = 2  # where much is due, PostgreSQL may be asked by so many; more would leave shoppers waiting
DELIVER_AT_MOST = 10_000  # in one turn: the next is a minute away


def find_abandoned(now: datetime) -> int | None:
    """Each minute: episodes for the carts that were left. How many, or None if another worker had the turn."""

    def look(store: StoreView) -> int:
        catching_up.close_bought(store, now)
        found = detection.detect(store, now, lanes=DETECT_LANES).episodes
        if found:
            publish_staff()
        return found

    return _in_each_store(DETECT, look)


def deliver_due(now: Callable[[], datetime]) -> int | None:
    """Each minute: what is due leaves, in all stores. Several turns may overlap: each message is one worker's."""
    lanes = cast(Config, current_app.config["DUALCART"]).delivery_lanes

    def deliver() -> int:
        paused = shares.standings(DELIVER.key).paused
        return delivery.deliver(now, at_most=DELIVER_AT_MOST, paused=paused, lanes=lanes)

    return ticks.once(DELIVER.key, DELIVER.each, deliver)


def forget_told(now: datetime) -> int | None:
    """Each hour: what channels' providers told and cannot tell again goes."""
    return _in_each_store(FORGET_TOLD, lambda _store: callbacks.forget(now))


def explain_abandoned() -> int | None:
    """Each minute: why those carts were left. How many, or None if another worker had the turn."""
    return _in_each_store(EXPLAIN, explaining.explain)


def remind_of_saved(now: datetime) -> int | None:
    """Each hour: episodes about saved things, and the end of those that are over. How many began, or None."""

    def look(store: StoreView) -> int:
        triggers.close_over(store, now)
        return triggers.nudge(store, now) + triggers.tell_dropped(store, now)

    return _in_each_store(SAVED, look)


def salvage_abandoned(now: datetime) -> int | None:
    """Each minute: what was left for long goes to next purchase. How many carts."""
    return _in_each_store(SALVAGE, lambda store: salvage.salvage(store, now))


def expire_carts(now: datetime) -> int | None:
    """Each hour: carts that nobody has touched for the store's limit are archived. How many."""
    return _in_each_store(EXPIRE, lambda store: expiry.expire(store, now))


def roll_up(now: datetime) -> int | None:
    """Each minute: the sums by the hour, where something has changed. How many hours were summed."""
    return _in_each_store(ROLL_UP, lambda store: rolling.roll(store, now))


def measure(now: datetime) -> int | None:
    """Each minute: what messages add is reckoned anew where that was done long enough ago. How many figures."""
    return _in_each_store(MEASURE, lambda store: measured.renew(store, now))


def _in_each_store(job: Job, work: Callable[[StoreView], int]) -> int | None:
    return in_each_store(job, lambda: work(directory.get(current_store_id())))
