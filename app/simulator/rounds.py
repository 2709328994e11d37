"""What the worker does by itself, in the simulation's time and in its store alone: what is due, as it falls due.

The real worker looks each minute, or each hour; here time stands between two turns, so a turn that would find nothing is
left out: detection without a change of a cart, delivery before a message is due, the outbox while it is empty.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import cast

import msgspec
from flask import Flask
from sqlalchemy import text

from app.config import Config
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import finish_reading
from app.events import outbox, relay
from app.orders import accepting, handling, settlement
from app.recovery import delivery, detection, expiry, explaining, revenue, salvage, triggers, wiring
from app.recovery.values import Channel
from app.simulator.post import NAME, Post
from app.stores.directory import StoreView

AT_MOST = 10_000
QUARTER = timedelta(hours=6)
AT_NIGHT, AT_WORK = 0, 1  # quarters of the day
CREDITED = (accepting.PLACED, handling.RELEASED, handling.CANCELLED, settlement.REFUNDED)
UNHURRIED = f"{NAME}=99999"  # the sender of the simulation takes everything at once

NEXT_DUE = text("SELECT min(due_at) FROM messages WHERE store_id = :store AND state = 'scheduled'")


class Rounds:
    """The turns of one store."""

    def __init__(self, store: StoreView) -> None:
        self.store = store
        self._look_until: datetime | None = None
        self._next_due: datetime | None = None
        self._quarter: tuple[object, int] | None = None
        self.recorded = True  # whether something may be in the outbox

    def touched(self, now: datetime) -> None:
        """Somebody changed a cart: it may be abandoned once the threshold has passed."""
        until = now + timedelta(minutes=self.store.settings.abandonment_minutes)
        self._look_until = until if self._look_until is None else max(self._look_until, until)

    @property
    def due_at(self) -> datetime | None:
        """When a turn has something to do next, as far as is known; None: when somebody has done something."""
        return min((moment for moment in (self._look_until, self._next_due) if moment is not None), default=None)

    def turn(self, now: datetime) -> None:
        """One turn at this moment."""
        if self._look_until is not None:
            if detection.detect(self.store, now).episodes:
                explaining.explain(self.store)
            if self._look_until <= now:
                self._look_until = None
        self._by_the_clock(now)
        self.drain(now)
        if self._due(now):
            delivery.deliver(lambda: now, at_most=AT_MOST)
            self._due(now)

    def drain(self, now: datetime) -> None:
        """Carry out what was recorded."""
        while self.recorded:
            self.recorded = False
            relay.drain(lambda: now, at_most=AT_MOST)

    def record(self) -> None:
        """Something was recorded in the outbox."""
        self.recorded = True

    def _due(self, now: datetime) -> bool:
        self._next_due = db.session.execute(NEXT_DUE, {"store": current_store_id()}).scalar_one()
        finish_reading()
        return self._next_due is not None and self._next_due <= now

    def _by_the_clock(self, now: datetime) -> None:
        quarter = (now.date(), int(timedelta(hours=now.hour) / QUARTER))
        if quarter == self._quarter:
            return
        self._quarter = quarter
        salvage.salvage(self.store, now)
        if quarter[1] == AT_NIGHT:
            expiry.expire(self.store, now)
        elif quarter[1] == AT_WORK:
            triggers.close_over(self.store, now)
            triggers.nudge(self.store, now)
            triggers.tell_dropped(self.store, now)


@contextmanager
def at_work(app: Flask, rounds: Rounds, post: Post) -> Iterator[None]:
    """Inside, this process delivers to `post`, wakes no worker and writes no letters of orders."""
    config = cast(Config, app.config["DUALCART"])
    app.config["DUALCART"] = msgspec.structs.replace(config, demo=True, message_rates=UNHURRIED)
    wiring.connect(lambda: {Channel.EMAIL: post, Channel.SMS: post, Channel.PUSH: post})
    woke = outbox.wake_with(rounds.record)
    try:
        with relay.instead(dict.fromkeys(CREDITED, revenue.hear)):
            yield
    finally:
        outbox.wake_with(woke)
        wiring.connect()
        app.config["DUALCART"] = config
