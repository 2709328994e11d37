"""Which weeks are over: on the store's clocks, none twice, no hour in two of them."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from app.sellers.tally import Left, tally
from app.sellers.weeks import AT_MOST, due

BERLIN, TEHRAN = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tehran")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
KETTLE, MUG, THROW = UUID(int=1), UUID(int=2), UUID(int=3)
VENDORS = {KETTLE: "hearth", MUG: "hearth", THROW: "loom"}


def test_weeks_begin_on_mondays_of_the_store_also_where_the_clocks_change() -> None:
    found = due(BERLIN, NOW, first=datetime(2026, 10, 20, tzinfo=UTC), frozen=None)
    assert [one.monday for one in found] == [date(2026, 10, 19) + timedelta(days=7 * at) for at in range(4)]
    summer_ends = found[0]
    assert (summer_ends.since, summer_ends.until) == (
        datetime(2026, 10, 18, 22, tzinfo=UTC),
        datetime(2026, 10, 25, 23, tzinfo=UTC),
    )
    assert summer_ends.days()[0][0] == summer_ends.since
    assert summer_ends.days()[-1] == (datetime(2026, 10, 25, 22, tzinfo=UTC), summer_ends.until)
    assert summer_ends.sunday == date(2026, 10, 25)


def test_frozen_weeks_are_not_due_again_and_old_ones_not_at_all() -> None:
    year = NOW - timedelta(days=365)
    assert len(due(BERLIN, NOW, first=year, frozen=None)) == AT_MOST
    newest = due(BERLIN, NOW, first=year, frozen=None)[-1]
    assert due(BERLIN, NOW, first=year, frozen=(newest.monday, newest.until)) == []
    assert due(BERLIN, NOW, first=NOW, frozen=None) == []


def test_a_store_that_moves_has_no_hour_in_two_weeks() -> None:
    before = due(BERLIN, NOW, first=NOW - timedelta(days=14), frozen=None)[0]
    after = due(TEHRAN, NOW, first=NOW - timedelta(days=14), frozen=(before.monday, before.until))[0]
    assert after.since == before.until
    assert after.until == datetime(2026, 11, 15, 20, 30, tzinfo=UTC)


def test_everybody_counts_once_with_the_first_reason_and_the_best_end() -> None:
    left = [
        Left("a", frozenset({KETTLE, THROW}), "price_rose", bought=False, back=True),
        Left("a", frozenset({KETTLE, MUG}), "out_of_stock", bought=True, back=True),
        Left("b", frozenset({MUG}), "", bought=False, back=False),
        Left("c", frozenset({UUID(int=9)}), "price_rose", bought=False, back=False),
    ]
    found = tally([("a", KETTLE), ("d", MUG), ("d", UUID(int=9))], left, VENDORS)
    hearth, loom = found["hearth"], found["loom"]
    assert (hearth.had, hearth.left, loom.had, loom.left) == (3, 2, 1, 1)
    assert hearth.outcomes == {"bought": 1, "back": 0, "gone": 1}
    assert loom.outcomes == {"bought": 0, "back": 1, "gone": 0}
    assert {name: people for name, people in hearth.reasons.items() if people} == {"price_rose": 1, "just_left": 1}
    assert [one.people for one in hearth.products.values()] == [1, 2]
    assert dict(hearth.products[str(MUG)].reasons) == {"price_rose": 1, "just_left": 1}
    assert tally([], [], VENDORS) == {}
