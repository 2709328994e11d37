"""One simulation from beginning to end, in the current store: what is set for it, the year, the truth, and all set back."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from flask import Flask, g

from app.config import Config
from app.database.tenancy import use_store
from app.jobs import ticks
from app.jobs.table import DELIVER, DETECT, EXPIRE, EXPLAIN, FREEZE, SALVAGE, SAVED
from app.recovery import starting
from app.recovery.reports import Period
from app.sellers import freezing
from app.simulator import times, truth
from app.simulator.persons import Record
from app.simulator.post import Post
from app.simulator.rounds import Rounds, at_work
from app.simulator.shop import Shop
from app.simulator.staff import ACTOR, Staff
from app.simulator.truth import Truth
from app.simulator.year import Options, Progress, Year
from app.stores import directory
from app.stores.directory import StoreView
from app.stores.service import change_setting

# What a worker would do of it by the true time.
TURNS = {job.key: job.each for job in (DELIVER, DETECT, EXPIRE, EXPLAIN, FREEZE, SALVAGE, SAVED)}
HELD_EACH = 20.0  # seconds
HOLDOUT = 20  # percent: a small year needs many to compare with
BEFORE = timedelta(minutes=1)


class NothingToSell(Exception):
    """The store has no products that can be bought, or delivers nothing anywhere."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    record: Record
    truth: Truth


def simulate(app: Flask, store: StoreView, options: Options, progress: Progress) -> Outcome:
    """Simulate in this store. Raises NothingToSell, times.AlreadySimulating.

    For its time `holdout_percent` is HOLDOUT, the store looks for abandoned carts from `options.since` on, and no worker
    does what the simulation does by its own clock. Afterwards the first is as it was, and the weeks that are over are frozen
    for sellers, who are told nothing of a week that may still change.
    """
    config = cast(Config, app.config["DUALCART"])
    with app.app_context(), use_store(store.id), times.simulated(app, config, options.since - BEFORE) as clock:
        before = store.settings.holdout_percent
        _begin(store, options)
        store = directory.get(store.id)
        shop, staff, post, rounds = Shop(store, config), Staff(), Post(), Rounds(store)
        if not staff.goods or not shop.terms.methods:
            raise NothingToSell
        try:
            with ticks.held(TURNS) as hold, at_work(app, rounds, post), _seldom_collecting():
                year = Year(shop, staff, rounds, post, clock, options)
                record = year.run(_holding(progress, hold))
                freezing.freeze(store, options.until)
        finally:
            staff.tidy_up(options.until)
            _set("holdout_percent", before, options.until)
            g.pop("store", None)
        period = Period(options.since, options.until)
        days = store.settings.attribution_days
        found = truth.look(record, period, store.currencies, window_days=days, now=options.until)
        return Outcome(record, found)


def _holding(progress: Progress, hold: Callable[[], None]) -> Progress:
    """Tell of the progress, and keep the turns."""
    held_at = [time.monotonic()]

    def told(done: int, moment: datetime) -> None:
        if time.monotonic() - held_at[0] > HELD_EACH:
            held_at[0] = time.monotonic()
            hold()
        progress(done, moment)

    return told


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """A year makes many small objects that die at once, and keeps many: looking for cycles among them costs a tenth."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _begin(store: StoreView, options: Options) -> None:
    """Have the store look for abandoned carts since before the first one, and leave some people alone."""
    began = options.since - BEFORE
    _set("holdout_percent", HOLDOUT, began)
    since = starting.looking_since(directory.get(store.id).settings, began)
    if since is None or since > began:
        _set("recovery", False, began)
        starting.looking_since(directory.get(store.id).settings, began)
        _set("recovery", True, began)
        starting.looking_since(directory.get(store.id).settings, began)


def _set(key: str, value: object, now: datetime) -> None:
    change_setting(key=key, value=value, actor=ACTOR, now=now)
