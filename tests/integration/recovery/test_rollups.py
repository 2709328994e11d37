"""Sums by the hour are the rows: whatever happens, in whatever order, and however often an hour is summed."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.database.base import db
from app.database.tenancy import current_store_id, use_store
from app.database.transaction import finish_reading, transaction
from app.recovery import breakdowns, reports, revenue, trends
from app.recovery.breakdowns import Row
from app.recovery.reports import By, Period
from app.recovery.rollups import comparing, rolling
from app.recovery.rollups.facts import FACTS
from app.stores import directory
from app.stores.directory import StoreView
from tests.concurrency.racing import race
from tests.conftest import NOW, TestStore
from tests.factories import make_customer
from tests.measuring import (
    close_episode,
    happen,
    make_campaign,
    make_episode,
    make_message,
    make_order,
    make_order_line,
    set_order,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = NOW + 3 * DAY


def this_store() -> StoreView:
    return directory.get(current_store_id())


def rows(table: str) -> list[Any]:
    found = db.session.execute(text(f"SELECT * FROM {table} ORDER BY {table}")).all()
    finish_reading()
    return list(found)


def answers(period: Period) -> list[Any]:
    """Everything that is read from the sums."""
    found = [
        trends.rates(period),
        trends.list_days(period, "Asia/Tehran"),
        trends.list_orders(period, "Asia/Tehran"),
        trends.list_sent(period, "Asia/Tehran"),
        trends.list_reasons(period),
        trends.list_reached(period),
        reports.list_sent(period, By.CAMPAIGN, By.STEP, By.CHANNEL, By.SUBJECT),
        reports.list_earned_by(period, By.CAMPAIGN, By.STEP),
        reports.list_entered(period),
        reports.list_earned(period),
        reports.list_endings(period),
        *(in_any_order(breakdowns.list_rows(cut, period, "Asia/Tehran")) for cut in breakdowns.Cut),
    ]
    finish_reading()
    return found


def in_any_order(found: list[Row]) -> list[Row]:
    return sorted(found, key=lambda row: row.key)


def unrolled(period: Period) -> list[Any]:
    """The same from the rows alone."""
    with transaction() as session:
        state = session.execute(text("DELETE FROM rollup_states RETURNING shift, rolled_until, rolled_at")).first()
    try:
        return answers(period)
    finally:
        if state:
            with transaction() as session:
                names = {"store": current_store_id(), **state._mapping}
                session.execute(
                    text("INSERT INTO rollup_states VALUES (:store, :shift, :rolled_until, :rolled_at)"), names
                )


class Life:
    """A store in which things happen by chance, also to what is long past."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.campaign = make_campaign()
        self.people = [make_customer(f"{uuid4()}@example.com") for _ in range(6)]
        self.products = [uuid4() for _ in range(3)]
        self.episodes: list[tuple[UUID, Any]] = []
        self.messages: list[UUID] = []
        self.orders: list[UUID] = []

    def moment(self) -> Any:
        return NOW + self.dice.randrange(0, 60 * 50) * timedelta(minutes=1)

    def left(self) -> None:
        person = self.dice.choice(self.people)
        arm = self.dice.choice(["campaign", "campaign", "holdout", "none"])
        campaign = None if arm == "none" else self.campaign
        episode = make_episode(person, arm=arm, campaign_id=campaign, opened_at=self.moment(), reason=self.dice.choice(["", "just_left", "delivery_cost"]),
                               value=self.dice.randrange(1_000, 9_000), reached=self.dice.choice(["", "cart", "checkout"]),
                               currency=self.dice.choice(["EUR", "EUR", "IRR"]))  # fmt: skip
        self.episodes.append((episode, person))

    def wrote(self) -> None:
        if self.episodes:
            episode, person = self.dice.choice(self.episodes)
            state = self.dice.choice(["scheduled", "sent", "delivered", "bounced", "cancelled", "failed"])
            self.messages.append(
                make_message(episode, person, step=len(self.messages) + 1, state=state, at=self.moment())
            )

    def heard(self) -> None:
        if self.messages:
            message = self.dice.choice(self.messages)
            happen(message, self.dice.choice(["clicked", "unsubscribed", "opened"]), self.moment())
            with transaction() as session:
                session.execute(text("UPDATE messages SET state = 'cancelled', reason = 'episode_closed', ended_at = now() WHERE id = :id AND state = 'scheduled'"), {"id": message})  # fmt: skip

    def bought(self) -> None:
        person = self.dice.choice(self.people)
        order = make_order(person, self.dice.randrange(1_000, 20_000), at=self.moment())
        self.orders.append(order)
        for position, product in enumerate(self.dice.sample(self.products, 2)):
            make_order_line(order, product, position, self.dice.randrange(100, 3_000), self.dice.randrange(1, 4))
        revenue.credit(order)
        mine = [episode for episode, whose in self.episodes if whose == person]
        if mine:
            self.recovered(self.dice.choice(mine), order)

    def recovered(self, episode: UUID, order: UUID) -> None:
        close_episode(episode, "recovered", self.moment(), order)

    def explained(self) -> None:
        if self.episodes:
            with transaction() as session:
                session.execute(text("UPDATE episodes SET reason = 'price_rose', reached = 'payment' WHERE id = :id"), {"id": self.dice.choice(self.episodes)[0]})  # fmt: skip

    def returned(self) -> None:
        if self.orders:
            order = self.dice.choice(self.orders)
            set_order(order, refunded=500)
            revenue.credit(order)

    def go_on(self, things: int) -> None:
        happenings: list[Callable[[], None]] = [
            self.left, self.left, self.wrote, self.wrote, self.heard, self.bought, self.explained, self.returned,
        ]  # fmt: skip
        for _ in range(things):
            self.dice.choice(happenings)()


@pytest.mark.parametrize("seed", range(4))
def test_what_is_read_is_the_rows_whatever_happens_when(in_store: TestStore, seed: int) -> None:
    life = Life(seed)
    life.go_on(25)
    periods = [Period(NOW - DAY, LATER), Period(NOW + timedelta(minutes=77), NOW + 30 * HOUR + timedelta(minutes=3))]
    for at in (NOW + 20 * HOUR, NOW + 31 * HOUR, LATER):
        rolling.roll(this_store(), at)
        assert list(comparing.compare()) == []
        for period in periods:
            assert answers(period) == unrolled(period)
        life.go_on(12)
    rolling.roll(this_store(), LATER)
    assert [answers(period) for period in periods] == [unrolled(period) for period in periods]
    assert rows("rollup_touches") == []


def test_summing_an_hour_again_changes_nothing(in_store: TestStore) -> None:
    life = Life(7)
    life.go_on(25)
    rolling.roll(this_store(), LATER)
    before = {fact.table: rows(fact.table) for fact in FACTS}
    assert all(before.values())
    with transaction() as session:
        for fact in FACTS:
            session.execute(
                text(
                    f"INSERT INTO rollup_touches (store_id, fact, slot) SELECT store_id, :fact, hour FROM {fact.table}"
                ),
                {"fact": fact.touched_by},
            )
    assert rolling.roll(this_store(), LATER) > 0
    assert {fact.table: rows(fact.table) for fact in FACTS} == before
    rolling.forget()
    rolling.roll(this_store(), LATER)
    assert {fact.table: rows(fact.table) for fact in FACTS} == before


def test_nothing_to_do_is_nothing_done_and_the_current_hour_is_read_live(in_store: TestStore) -> None:
    customer = make_customer()
    make_episode(customer, opened_at=NOW - DAY)
    rolling.roll(this_store(), NOW)
    assert rolling.roll(this_store(), NOW) == 0
    state = rolling.find_state()
    assert state is not None
    assert (state.rolled_until, state.rolled_at) == (NOW, NOW)
    make_episode(customer, opened_at=NOW + timedelta(minutes=5))
    assert trends.rates(Period(NOW - 2 * DAY, NOW + HOUR)).abandoned == 2


def test_hours_begin_where_the_stores_zone_begins_them(in_store: TestStore) -> None:
    make_episode(make_customer(), opened_at=NOW - DAY)
    store = replace(this_store(), time_zone="Asia/Kathmandu")
    rolling.roll(store, NOW)
    assert [row.hour.minute for row in rows("hourly_episodes")] == [15]
    rolling.roll(replace(store, time_zone="Asia/Tehran"), NOW)
    assert [row.hour.minute for row in rows("hourly_episodes")] == [30]
    assert rolling.shift_of("Europe/Berlin", NOW) == 0


def test_what_takes_too_long_at_once_is_summed_in_pieces(in_store: TestStore, monkeypatch: pytest.MonkeyPatch) -> None:
    Life(5).go_on(25)
    asked: list[int] = []
    turn = rolling._turn_of

    def slow(store: StoreView, now: Any, at_once: int) -> tuple[int, bool]:
        asked.append(at_once)
        with transaction() as session:
            session.execute(text("SET LOCAL statement_timeout = '20ms'"))
            session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": 0.5 * (at_once > 100)})
        return turn(store, now, at_once)

    monkeypatch.setattr(rolling, "_turn_of", slow)
    assert rolling.roll(this_store(), LATER) > 0
    assert asked[:2] == [rolling.HOURS_AT_ONCE, rolling.HOURS_AT_ONCE // 4]
    assert max(asked[2:]) < 100
    assert list(comparing.compare()) == []
    monkeypatch.setattr(rolling, "HOURS_AT_LEAST", 200)
    with pytest.raises(DBAPIError):
        rolling.roll(this_store(), LATER)


def test_a_wrong_sum_is_found(in_store: TestStore) -> None:
    make_episode(make_customer(), opened_at=NOW - DAY)
    rolling.roll(this_store(), NOW)
    assert list(comparing.compare()) == []
    with transaction() as session:
        session.execute(text("UPDATE hourly_episodes SET value = value + 1"))
    assert [(wrong.table, wrong.hour) for wrong in comparing.compare()] == [("hourly_episodes", NOW - DAY)]


def test_two_workers_do_not_undo_each_other(app: Flask, store: TestStore) -> None:
    with app.app_context(), use_store(store.id):
        life = Life(3)
        life.go_on(20)
    race(app, store.id, [lambda: rolling.roll(this_store(), LATER)] * 4)
    with app.app_context(), use_store(store.id):
        rolling.roll(this_store(), LATER)
        assert list(comparing.compare()) == []


def test_a_neighbours_rows_are_not_summed(app: Flask, make_store: Any, in_store: TestStore) -> None:
    with use_store(make_store().id):
        make_episode(make_customer(), opened_at=NOW - DAY)
        rolling.roll(this_store(), NOW)
    rolling.roll(this_store(), NOW)
    assert rows("hourly_episodes") == []
