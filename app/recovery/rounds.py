"""What recovery does by itself, task by task, in every store: called by the clock's table (tasks/periodic.py)."""

from collections.abc import Callable
from datetime import datetime

import structlog

from app.database.tenancy import use_store
from app.database.transaction import finish_reading
from app.recovery import (
    callbacks,
    catching_up,
    delivery,
    detection,
    expiry,
    explaining,
    salvage,
    ticks,
    triggers,
)
from app.recovery.rollups import measured, rolling
from app.stores import directory
from app.stores.directory import StoreView
from app.web.live import publish_staff

DELIVER_AT_MOST = 10_000  # in one turn: the next is a minute away

log = structlog.get_logger(__name__)


def find_abandoned(now: datetime) -> int | None:
    """Each minute: episodes for the carts that were left. How many, or None if another worker had the turn."""

    def look(store: StoreView) -> int:
        catching_up.close_bought(store, now)
        found = detection.detect(store, now).episodes
        if found:
            publish_staff()
        return found

    return ticks.once("recovery.detect", "minute", lambda: _everywhere(look))


def deliver_due(now: Callable[[], datetime]) -> int | None:
    """Each minute: what is due leaves, in all stores. Several turns may overlap: each message is one worker's."""
    return ticks.once("recovery.deliver", "minute", lambda: delivery.deliver(now, at_most=DELIVER_AT_MOST))


def forget_told(now: datetime) -> int | None:
    """Each hour: what channels' providers told and cannot tell again goes."""
    return ticks.once("recovery.forget_told", "hour", lambda: _everywhere(lambda _store: callbacks.forget(now)))


def explain_abandoned() -> int | None:
    """Each minute: why those carts were left. How many, or None if another worker had the turn."""
    return ticks.once("recovery.explain", "minute", lambda: _everywhere(explaining.explain))


def remind_of_saved(now: datetime) -> int | None:
    """Each hour: episodes about saved things, and the end of those that are over. How many began, or None."""

    def look(store: StoreView) -> int:
        triggers.close_over(store, now)
        return triggers.nudge(store, now) + triggers.tell_dropped(store, now)

    return ticks.once("recovery.saved", "hour", lambda: _everywhere(look))


def salvage_abandoned(now: datetime) -> int | None:
    """Each minute: what was left for long goes to next purchase. How many carts."""
    return ticks.once("recovery.salvage", "minute", lambda: _everywhere(lambda store: salvage.salvage(store, now)))


def expire_carts(now: datetime) -> int | None:
    """Each hour: carts that nobody has touched for the store's limit are archived. How many."""
    return ticks.once("recovery.expire", "hour", lambda: _everywhere(lambda store: expiry.expire(store, now)))


def roll_up(now: datetime) -> int | None:
    """Each minute: the sums by the hour, where something has changed. How many hours were summed."""
    return ticks.once("recovery.roll_up", "minute", lambda: _everywhere(lambda store: rolling.roll(store, now)))


def measure(now: datetime) -> int | None:
    """Each minute: what messages add is reckoned anew where that was done long enough ago. How many figures."""
    return ticks.once("recovery.measure", "minute", lambda: _everywhere(lambda store: measured.renew(store, now)))


def _everywhere(work: Callable[[StoreView], int]) -> int:
    """Do `work` in each store; one that fails does not keep the others waiting."""
    done = 0
    stores = directory.list_stores()
    finish_reading()
    for store_id, slug in stores:
        with use_store(store_id):
            try:
                done += work(directory.get(store_id))
            except Exception:
                log.exception("store_failed", store=slug)
            finish_reading()
    return done
