"""Bringing the sums by the hour up to date: the hours that changed anew, and those that are over since the last time.

An hour is always summed from its rows and put in place of what was there, so doing it twice changes nothing. A change marks
its hour in its own transaction (triggers, migrations 0024 and 0030); taking the marks comes before reading the rows, so whatever was
committed by then is in the sums, and whatever comes later has left a mark for the next time. One worker at a time per
store: of two, the one with the older snapshot could finish last.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, ran_out_of_time, took_lock, transaction
from app.recovery.rollups.facts import FACTS, Fact
from app.stores.directory import StoreView

HOUR = timedelta(hours=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TOUCHES_AT_ONCE = 1_000
HOURS_AT_ONCE, HOURS_AT_LEAST = 24 * 31, 12  # that are over: a store's first time, or a clock that was moved
TURNS_AT_MOST = 200
PATIENCE = "SET LOCAL statement_timeout = '2min'"  # nobody waits, and a month of a large store takes its time

# Of the store alone; whoever comes second leaves it to the first.
ALONE = text("SELECT pg_try_advisory_xact_lock(hashtextextended('rollup ' || CAST(:store AS text), 0))")

STATE = text("SELECT shift, rolled_until, rolled_at FROM rollup_states WHERE store_id = :store")

BEGIN = text("""
    INSERT INTO rollup_states (store_id, shift, rolled_until) VALUES (:store, :shift, :first)
    ON CONFLICT (store_id) DO UPDATE SET shift = :shift, rolled_until = :first, rolled_at = NULL""")

ADVANCE = text("""
    UPDATE rollup_states SET rolled_until = :until, rolled_at = CASE WHEN :done THEN CAST(:now AS timestamptz) ELSE rolled_at END
    WHERE store_id = :store""")

TAKE = text("""
    WITH oldest AS (SELECT id FROM rollup_touches WHERE store_id = :store ORDER BY id LIMIT :limit)
    DELETE FROM rollup_touches t USING oldest WHERE t.store_id = :store AND t.id = oldest.id RETURNING t.fact, t.slot""")

HOURS = "SELECT h, h + interval '1 hour' FROM unnest(CAST(:hours AS timestamptz[])) h"
STRETCH = "SELECT CAST(:since AS timestamptz), CAST(:until AS timestamptz)"

# Plans of partly filled tables are not kept, and no table is read whole for some of its hours.
BY_INDEX = text("""
    SELECT set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true),
           set_config('jit', 'off', true)""")


@dataclass(frozen=True, slots=True)
class State:
    """How far the current store is rolled up; `rolled_at` is when it last was up to date."""

    shift: int
    rolled_until: datetime
    rolled_at: datetime | None

    def floor(self, moment: datetime) -> datetime:
        """The beginning of the moment's hour."""
        return floor(moment, self.shift)


def find_state() -> State | None:
    """None: nothing is rolled up, and reports read the rows themselves."""
    row = db.session.execute(STATE, {"store": current_store_id()}).first()
    return State(row.shift, row.rolled_until, row.rolled_at) if row else None


def roll(store: StoreView, now: datetime) -> int:
    """Bring the current store's sums up to date; how many hours were summed. Little by little: each turn is a transaction.

    A turn that ran into its time-out is tried again with fewer hours.
    """
    done, at_once = 0, HOURS_AT_ONCE
    for _turn in range(TURNS_AT_MOST):
        try:
            hours, more = _turn_of(store, now, at_once)
        except DBAPIError as error:
            if not ran_out_of_time(error) or at_once <= HOURS_AT_LEAST:
                raise
            at_once //= 4
            continue
        done += hours
        if not more:
            break
    return done


def forget() -> None:
    """Throw the current store's sums away: the next turn makes all of them anew."""
    with transaction() as session:
        took_lock(Lock.ADVISORY)
        names = {"store": current_store_id()}
        session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended('rollup ' || CAST(:store AS text), 0))"), names
        )
        _forget(names)


def floor(moment: datetime, shift: int) -> datetime:
    """The beginning of the moment's hour, where hours begin `shift` minutes past UTC's."""
    origin = EPOCH + timedelta(minutes=shift)
    return moment - (moment - origin) % HOUR


def shift_of(zone: str, now: datetime) -> int:
    """At how many minutes past UTC's full hours those of a zone begin: 0, 15, 30 or 45."""
    offset = now.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    return int(-offset.total_seconds() // 60 % 60)


def _turn_of(store: StoreView, now: datetime, at_once: int) -> tuple[int, bool]:
    """One transaction, at most `at_once` hours that are over: how many hours it summed, and whether there is more to do."""
    names: dict[str, Any] = {"store": current_store_id()}
    with transaction() as session:
        took_lock(Lock.ADVISORY)
        if not session.execute(ALONE, names).scalar_one():
            return 0, False
        session.execute(text(PATIENCE))
        session.execute(BY_INDEX)
        state = _state(store, now, names)
        taken = session.execute(TAKE, {**names, "limit": TOUCHES_AT_ONCE}).all()
        touched: dict[str, set[datetime]] = {}
        for row in taken:
            hour = state.floor(row.slot)
            if hour < state.rolled_until:  # a later one is summed when it is over
                touched.setdefault(row.fact, set()).add(hour)
        for fact in FACTS:
            _sum_anew(fact, touched.get(fact.touched_by, ()), state, names)
        over = max(state.floor(now), state.rolled_until)
        until = min(over, state.rolled_until + at_once * HOUR)
        if until > state.rolled_until:
            for fact in FACTS:
                _sum_stretch(fact, state, until, names)
        more = until < over or len(taken) == TOUCHES_AT_ONCE
        session.execute(ADVANCE, {**names, "until": until, "done": not more, "now": now})
        return sum(map(len, touched.values())) + (until - state.rolled_until) // HOUR, more


def _state(store: StoreView, now: datetime, names: dict[str, Any]) -> State:
    """Where the store stands; it begins at its first row, and anew when its zone's hours begin at another minute."""
    shift, state = shift_of(store.time_zone, now), find_state()
    if state is not None and state.shift == shift:
        return state
    _forget(names)
    firsts = [db.session.execute(text(fact.first), names).scalar_one() for fact in FACTS]
    first = floor(min((one for one in firsts if one), default=now), shift)
    db.session.execute(BEGIN, {**names, "shift": shift, "first": min(first, floor(now, shift))})
    return State(shift, min(first, floor(now, shift)), None)


def _forget(names: dict[str, Any]) -> None:
    for table in (*(fact.table for fact in FACTS), "rollup_touches", "rollup_states"):
        db.session.execute(text(f"DELETE FROM {table} WHERE store_id = :store"), names)  # noqa: S608  our own tables


def _sum_anew(fact: Fact, hours: Iterable[datetime], state: State, names: dict[str, Any]) -> None:
    wanted = sorted(hours)
    if not wanted:
        return
    values = {**names, "hours": wanted, "origin": EPOCH + timedelta(minutes=state.shift)}
    db.session.execute(
        text(f"DELETE FROM {fact.table} WHERE store_id = :store AND hour = ANY(:hours)"),  # noqa: S608  the same
        {**names, "hours": wanted},
    )
    db.session.execute(text(_insert(fact, HOURS)), values)


def _sum_stretch(fact: Fact, state: State, until: datetime, names: dict[str, Any]) -> None:
    stretch = {**names, "since": state.rolled_until, "until": until}
    db.session.execute(
        text(f"DELETE FROM {fact.table} WHERE store_id = :store AND hour >= :since AND hour < :until"),  # noqa: S608  the same
        stretch,
    )
    db.session.execute(text(_insert(fact, STRETCH)), {**stretch, "origin": EPOCH + timedelta(minutes=state.shift)})


def _insert(fact: Fact, spans: str) -> str:
    return f"INSERT INTO {fact.table} (store_id, {fact.columns}) SELECT :store, sums.* FROM ({fact.raw.format(spans=spans)}) AS sums"  # noqa: S608
