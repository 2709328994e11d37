"""When simulated shoppers come: as many as asked for, within the span, the same for a seed, at the hours people shop."""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.simulator.arrivals import BY_HOUR, GROWTH, arrivals, is_sale

UNTIL = datetime(2026, 11, 21, 10, 20, tzinfo=UTC)
YEAR = timedelta(days=365)
BERLIN, TEHRAN = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tehran")


@given(number=some.integers(0, 300), days=some.integers(1, 40), seed=some.text(max_size=5))
def test_as_many_as_asked_in_order_within_the_span_and_the_same_again(number: int, days: int, seed: str) -> None:
    since = UNTIL - timedelta(days=days)
    moments = arrivals(number, since, UNTIL, BERLIN, Random(seed))
    assert len(moments) == number
    assert moments == sorted(moments)
    assert all(since <= moment < UNTIL for moment in moments)
    assert moments == arrivals(number, since, UNTIL, BERLIN, Random(seed))


@pytest.mark.parametrize("zone", [BERLIN, TEHRAN], ids=["berlin", "tehran"])
def test_they_come_by_the_stores_own_hours(zone: ZoneInfo) -> None:
    moments = arrivals(20_000, UNTIL - YEAR, UNTIL, zone, Random("hours"))
    by_hour = [0] * 24
    for moment in moments:
        by_hour[moment.astimezone(zone).hour] += 1
    for hour, share in enumerate(BY_HOUR):
        assert by_hour[hour] / len(moments) == pytest.approx(share / sum(BY_HOUR), abs=0.01), hour


def test_more_come_at_the_end_and_on_days_of_a_sale() -> None:
    moments = arrivals(40_000, UNTIL - YEAR, UNTIL, BERLIN, Random("growth"))
    usual = [moment for moment in moments if not is_sale(moment.astimezone(BERLIN).date())]
    first = sum(moment < UNTIL - YEAR + timedelta(days=70) for moment in usual)
    last = sum(moment >= UNTIL - timedelta(days=70) for moment in usual)
    assert last / first == pytest.approx(GROWTH ** (295 / 365), rel=0.1)
    sales = len(moments) - len(usual)
    assert sales / 5 > 2 * len(usual) / 360


@pytest.mark.parametrize("number", [0, -1])
def test_nobody_comes_when_nobody_is_asked_for(number: int) -> None:
    assert arrivals(number, UNTIL - YEAR, UNTIL, BERLIN, Random("")) == []


def test_nobody_comes_in_no_time() -> None:
    assert arrivals(5, UNTIL, UNTIL, BERLIN, Random("")) == []
