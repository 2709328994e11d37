"""Decent hours: where somebody may be, the rules that hold there, and a table of all zones over their changes of the clock.

FULL_TABLE=1 tries every name of a zone; otherwise one of each kind of clock.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers.geodata import GEOCODE_DATA

from app.recovery.localtime import MARGIN, Place, hours_of, is_allowed, next_allowed, place_of
from app.recovery.region_data import ALWAYS, AREA_CODES, HOURS_RULES, REGION_ZONES, Week
from app.recovery.values import Channel

QUARTER = timedelta(minutes=15)
YEARS = (2026, 2027)
HOURS = {Channel.EMAIL: (0, 24), Channel.SMS: (8, 21), Channel.PUSH: (8, 22)}
STATES = {
    "CT": "Connecticut",
    "FL": "Florida",
    "MD": "Maryland",
    "MS": "Mississippi",
    "NJ": "New Jersey",
    "OK": "Oklahoma",
    "RI": "Rhode Island",
    "TX": "Texas",
}


def placed(**known: str) -> Place:
    return place_of(**{"time_zone": "", "country": "", "region": "", "phone": "", "store_zone": "Asia/Tehran", **known})


def changes(zone: ZoneInfo) -> tuple[tuple[datetime, timedelta], ...]:
    """The hours after which a zone's clock says something else, in the years tried."""
    start, end = datetime(YEARS[0], 1, 1, tzinfo=UTC), datetime(YEARS[-1] + 1, 1, 1, tzinfo=UTC)
    found, moment = [], start
    offset = moment.astimezone(zone).utcoffset()
    while moment < end:
        step = min(moment + timedelta(days=7), end)
        after = step.astimezone(zone).utcoffset()
        if after != offset:
            while moment.astimezone(zone).utcoffset() == offset:
                moment += QUARTER
            assert after is not None
            found.append((moment, after))
        offset, moment = after, step
    return tuple(found)


def clocks() -> list[tuple[str, tuple[datetime, ...]]]:
    """Zones with the moments at which they change: all of them, or one of each kind."""
    kinds: dict[object, tuple[str, tuple[datetime, ...]]] = {}
    for name in sorted(available_timezones() - {"localtime", "Factory"}):
        zone = ZoneInfo(name)
        changed = changes(zone)
        kind = name if os.environ.get("FULL_TABLE") else (datetime(2026, 1, 1, tzinfo=zone).utcoffset(), changed)
        kinds[kind] = (name, tuple(moment for moment, _offset in changed))
    return list(kinds.values())


def shown_by_the_wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """What a clock there shows, by plain addition: not the way the rules go."""
    offset = zone.utcoffset(moment.astimezone(zone))
    assert offset is not None
    return moment.replace(tzinfo=None) + offset


def days_around(moments: tuple[datetime, ...]) -> Iterator[datetime]:
    """The beginnings of the days in UTC on which the clock may change; one ordinary day for a clock that never does."""
    for moment in moments or (datetime(2026, 6, 6, tzinfo=UTC),):
        yield moment.replace(hour=0, minute=0) - timedelta(days=1)


def test_nothing_goes_out_in_quiet_hours_anywhere_on_any_day_the_clock_changes() -> None:
    tried, all_clocks = 0, clocks()
    assert len(all_clocks) > 60
    for name, moments in all_clocks:
        zone = ZoneInfo(name)
        for start in days_around(moments):
            grid = [start + at * QUARTER for at in range(4 * 24 * 4)]  # the day, one before it, two after
            hours = [shown_by_the_wall(moment, zone).hour for moment in grid]
            for channel, (first, last) in HOURS.items():
                week = hours_of(channel, (first, last), Place((name,)))
                expected = [moment if first <= hour < last else None for moment, hour in zip(grid, hours, strict=True)]
                for at in range(len(expected) - 2, -1, -1):
                    expected[at] = expected[at] or expected[at + 1]
                for at in range(0, 3 * 24 * 4, 2):  # each half hour
                    tried += 1
                    assert next_allowed(grid[at], (name,), week) == expected[at], (name, channel, grid[at])
    assert tried > 50_000


zones = st.lists(st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"})), min_size=1, max_size=4)
days = st.tuples(st.integers(0, 23), st.integers(1, 24)).map(lambda pair: pair if pair[0] < pair[1] else (0, 0))
weeks = st.tuples(*[days] * 7)


@given(zones, weeks, st.integers(0, 2 * 365 * 24 * 60))
def test_of_several_zones_and_weeks_the_answer_is_the_first_that_fits_all(
    names: list[str], week: Week, minutes: int
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    answer = next_allowed(now, tuple(names), week)
    end = answer or now + timedelta(days=9)
    assert answer is None or is_allowed(answer, names, week)
    moment = now
    while moment < end:
        assert not (is_allowed(moment, names, week) and is_allowed(moment + MARGIN, names, week))
        moment += timedelta(hours=1)


def test_the_hour_that_is_leapt_over_begins_where_the_clock_lands() -> None:
    night = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # 1:30 in Berlin, where 2:00 becomes 3:00
    assert next_allowed(night, ("Europe/Berlin",), ((2, 5),) * 7) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert next_allowed(night, ("Europe/Berlin",), ((2, 3),) * 7) == datetime(2026, 3, 30, 0, 0, tzinfo=UTC)


def test_the_hour_that_comes_twice_counts_twice() -> None:
    second = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)  # 2:15 in Berlin for the second time
    assert next_allowed(second, ("Europe/Berlin",), ((2, 3),) * 7) == second


def test_what_would_arrive_too_late_waits() -> None:
    evening = datetime(2026, 6, 1, 20, 59, 30, tzinfo=UTC)
    assert next_allowed(evening, ("UTC",), ((8, 21),) * 7) == datetime(2026, 6, 2, 8, 0, tzinfo=UTC)
    assert next_allowed(evening - timedelta(seconds=31), ("UTC",), ((8, 21),) * 7) == evening - timedelta(seconds=31)
    assert next_allowed(evening + timedelta(hours=3), ("UTC",), ALWAYS) == evening + timedelta(hours=3)


def test_where_somebody_may_be() -> None:
    assert placed().zones == ("Asia/Tehran",)
    assert placed(store_zone="Not/AZone").zones == ("UTC",)
    assert placed(time_zone="Europe/Rome").zones == ("Europe/Rome",)
    assert placed(time_zone="../../etc/passwd").zones == ("Asia/Tehran",)
    assert placed(country="IR").zones == ("Asia/Tehran",)
    assert placed(country="US", region="CA", phone="+17135550101") == Place(
        ("America/Chicago", "America/Los_Angeles"), (("US", "CA"), ("US", "TX"))
    )
    assert "Pacific/Honolulu" in placed(country="US").zones
    assert placed(country="CA", region="XX").zones == placed(country="CA").zones
    assert placed(phone="+4930123456") == Place(("Europe/Berlin",), (("DE", ""),))
    assert placed(phone="12345").zones == ("Asia/Tehran",)
    assert "Asia/Vladivostok" in placed(phone="+79161234567").zones  # a Russian mobile number may be anywhere


@pytest.mark.parametrize(("month", "hours"), [(1, range(13, 21)), (7, range(14, 21))], ids=["winter", "summer"])
def test_an_american_number_that_tells_nothing_leaves_eight_hours_or_seven(month: int, hours: range) -> None:
    place = placed(phone="+18005550101")
    week = hours_of(Channel.SMS, (0, 24), place)
    eastern = ZoneInfo("America/New_York")
    allowed = [
        hour for hour in range(24) if is_allowed(datetime(2026, month, 14, hour, tzinfo=eastern), place.zones, week)
    ]
    assert allowed == list(hours)


def test_the_narrowest_of_store_country_and_state_holds() -> None:
    monday, saturday, sunday = 0, 5, 6
    texas = Place((), (("US", "TX"),))
    assert hours_of(Channel.SMS, (0, 24), texas)[sunday] == (12, 21)
    assert hours_of(Channel.SMS, (0, 24), texas)[monday] == (9, 21)
    assert hours_of(Channel.SMS, (10, 20), texas)[sunday] == (12, 20)
    assert hours_of(Channel.SMS, (0, 24), Place((), (("US", "TX"), ("US", "RI"))))[saturday] == (10, 17)
    assert hours_of(Channel.SMS, (17, 20), Place((), (("US", "RI"),)))[saturday] == (0, 0)
    assert hours_of(Channel.EMAIL, (0, 24), texas) == ALWAYS
    assert hours_of(Channel.SMS, (0, 24), Place((), (("CA", "TX"),))) == ALWAYS


def test_no_hour_at_all() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert next_allowed(now, ("UTC",), ((0, 0),) * 7) is None
    assert next_allowed(now, ("Asia/Tokyo", "Europe/London"), ((12, 15),) * 7) is None


def test_the_data_is_about_places_that_exist() -> None:
    for states in REGION_ZONES.values():
        for zone_names in states.values():
            for name in zone_names:
                assert ZoneInfo(name)
    assert len(REGION_ZONES["US"]) == 51
    assert {rule.region for rule in HOURS_RULES} - {""} == set(STATES) == set(AREA_CODES.values())
    assert all(0 <= first < last <= 24 for rule in HOURS_RULES for first, last in rule.week)


def test_area_codes_are_where_the_phone_book_says() -> None:
    by_book = {}
    for code in range(200, 990):
        place = GEOCODE_DATA.get(f"1{code}", {}).get("en", "")
        for state, name in STATES.items():
            if place == name or place.endswith(f", {state}"):
                by_book[str(code)] = state
    assert len(by_book) > 50
    assert {code: state for code, state in by_book.items() if AREA_CODES.get(code) != state} == {}
