"""Clocks that jump, differ and change: no message at night, none twice, none forgotten."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from app.recovery import breaker, delivery
from app.stores.service import change_setting
from tests.conftest import TestStore
from tests.integration.recovery import delivering
from tests.integration.recovery.delivering import LEFT, THEN, Scripted, clock, evaluations, one_due, row_of
from tests.many import in_production, many_due

HALF_AN_HOUR = timedelta(minutes=30)
FROM, UP_TO = 8, 21


@pytest.fixture
def scripted(in_store: TestStore) -> Iterator[Scripted]:
    made = Scripted()
    breaker.worked(made.provider.name)
    delivery.connect(made.parts())
    yield made
    delivering.change("messages", "state = 'cancelled', reason = 'test', lease_token = NULL", store_id=in_store.id)


def by_day_only() -> None:
    change_setting(key="email_hours", value=[FROM, UP_TO], actor="test", now=LEFT)


@pytest.mark.parametrize(
    ("zone", "night"),
    [
        ("Europe/Berlin", datetime(2031, 3, 30, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2031, 10, 26, tzinfo=UTC)),
        ("America/New_York", datetime(2031, 3, 9, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2031, 4, 6, tzinfo=UTC)),
    ],
    ids=["spring", "autumn", "new_york", "half_an_hour"],
)
def test_over_the_nights_on_which_clocks_change(scripted: Scripted, zone: str, night: datetime) -> None:
    by_day_only()
    start, quarter = night - timedelta(hours=15), timedelta(hours=6)
    ids = [
        one_due(scripted, email=f"{at}@example.com", due_at=start + at * quarter, created_at=start) for at in range(7)
    ]
    delivering.change("customers", f"time_zone = '{zone}'", locale="en")
    delivering.change("carts", f"updated_at = '{start - timedelta(hours=2)}'", currency="EUR")
    delivering.change("episodes", f"inactive_since = '{start - timedelta(hours=2)}'", state="open")
    moment = start
    while moment < night + timedelta(hours=45):
        delivery.deliver(lambda moment=moment: moment)
        moment += HALF_AN_HOUR
    for message_id in ids:
        row = row_of(message_id)
        local = row.sent_at.astimezone(ZoneInfo(zone))
        assert FROM <= local.hour < UP_TO, local
        # as soon as it was decent: not a whole day later because of an hour that there is twice or not at all
        assert row.sent_at - row.created_at < timedelta(hours=56)
        assert all(
            e.until.astimezone(ZoneInfo(zone)).hour == FROM for e in evaluations(message_id) if e.verdict == "defer"
        )


def test_a_clock_that_jumps_by_a_day_and_back_sends_each_once(scripted: Scripted) -> None:
    ids = [one_due(scripted, email=f"{at}@example.com", due_at=THEN + at * timedelta(hours=8)) for at in range(6)]
    handed = []
    for moment in (THEN, THEN + timedelta(days=1), THEN, THEN + timedelta(minutes=1), THEN + timedelta(days=2)):
        delivery.deliver(lambda moment=moment: moment)
        handed.append(len(scripted.provider.handed))
    assert handed == [1, 4, 4, 4, 6]
    assert scripted.provider.taken == ids


def test_a_jump_into_the_night_puts_off_what_it_makes_due(scripted: Scripted) -> None:
    by_day_only()
    message_id = one_due(scripted, due_at=THEN + timedelta(hours=3))
    night = THEN + timedelta(hours=15)  # 3 in the morning
    assert delivery.deliver(lambda: night) == 0
    assert (row_of(message_id).state, row_of(message_id).due_at) == ("scheduled", night + timedelta(hours=5))
    assert delivery.deliver(clock) == 0
    assert delivery.deliver(lambda: night + timedelta(hours=5)) == 1


def test_leases_do_not_run_out_by_a_jump(scripted: Scripted) -> None:
    message_id = one_due(scripted)
    assert len(delivery.states.claim(THEN, tuple(delivery.Channel), 5)) == 1
    assert delivery.deliver(lambda: THEN + timedelta(days=1)) == 0
    assert row_of(message_id).state == "claimed"


@pytest.mark.parametrize("skew", [timedelta(days=-1), timedelta(hours=9), timedelta(days=400)], ids=str)
def test_a_workers_own_clock_decides_nothing(
    scripted: Scripted, app: Flask, superuser_url: str, database_name: str, skew: timedelta
) -> None:
    made = many_due(superuser_url, database_name, scripted, 6)
    later = [message for message, *_ in made[3:]]
    for message in later:
        delivering.change("messages", "due_at = now() + interval '1 hour'", id=message)
    began = datetime.now(UTC)
    with in_production(app):
        assert delivery.deliver(lambda: datetime.now(UTC) + skew) == 3
        assert delivery.deliver(lambda: datetime.now(UTC)) == 0
    for message, *_ in made[:3]:
        assert began <= row_of(message).sent_at <= datetime.now(UTC)
        assert all(began <= e.evaluated_at <= datetime.now(UTC) for e in evaluations(message))
    assert {row_of(message).state for message in later} == {"scheduled"}


def test_the_hours_are_those_of_the_databases_clock(
    scripted: Scripted, app: Flask, superuser_url: str, database_name: str
) -> None:
    now = datetime.now(UTC)
    open_hours = [(now + timedelta(hours=3)).hour, (now + timedelta(hours=3)).hour + 1]
    change_setting(key="email_hours", value=open_hours, actor="test", now=LEFT)
    [(message, _episode, _customer)] = many_due(superuser_url, database_name, scripted, 1)
    with in_production(app):
        assert delivery.deliver(lambda: now + timedelta(hours=3)) == 0  # by whose clock it is a decent hour
    assert (row_of(message).state, row_of(message).reason) == ("scheduled", "quiet_hours")
