"""Late before failing, by plain moments."""

from datetime import UTC, datetime, timedelta

import pytest

from app.jobs.health import Health, Standing, Turn, judge
from app.jobs.table import DETECT, SAVED

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
FINE = Standing()


def turn(ago: float, took: float | None = 1.0, error: str = "", *, by_hand: bool = False) -> Turn:
    """One that began so many seconds ago."""
    began = NOW - timedelta(seconds=ago)
    return Turn(began, None if took is None else began + timedelta(seconds=took), error, by_hand)


@pytest.mark.parametrize(
    ("turns", "standing", "health"),
    [
        ([], FINE, Health.NEW),
        ([turn(5, by_hand=True)], FINE, Health.NEW),
        ([turn(5)], FINE, Health.OK),
        ([turn(85)], FINE, Health.OK),
        ([turn(95)], FINE, Health.SLOW),
        ([turn(299)], FINE, Health.SLOW),
        ([turn(301)], FINE, Health.FAILING),
        ([turn(5, 31)], FINE, Health.SLOW),
        ([turn(20, None)], FINE, Health.OK),
        ([turn(40, None)], FINE, Health.SLOW),
        ([turn(400, None)], FINE, Health.FAILING),
        ([turn(5, 1, "RuntimeError")], FINE, Health.FAILING),
        ([turn(5), turn(65, 1, "RuntimeError")], FINE, Health.OK),
        ([turn(1, 1, "RuntimeError", by_hand=True), turn(5)], FINE, Health.OK),
        ([turn(5)], Standing(failures=1, error="KeyError"), Health.FAILING),
        ([turn(400)], Standing(paused_at=NOW), Health.PAUSED),
    ],
    ids=[
        "never", "only-by-hand", "just-now", "jitter", "late", "still-in-grace", "too-late", "took-long", "under-way",
        "under-way-for-long", "never-came-back", "failed", "failed-before", "failed-by-hand", "failing-here", "paused",
    ],
)  # fmt: skip
def test_in_one_word(turns: list[Turn], standing: Standing, health: Health) -> None:
    assert judge(DETECT, turns, standing, NOW) is health


def test_an_hour_has_its_own_patience() -> None:
    assert judge(SAVED, [turn(3600)], FINE, NOW) is Health.OK
    assert judge(SAVED, [turn(3700)], FINE, NOW) is Health.SLOW
    assert judge(SAVED, [turn(3600 + 1801)], FINE, NOW) is Health.FAILING


def test_the_next_turn() -> None:
    assert DETECT.next_after(NOW + timedelta(seconds=10)) == NOW + timedelta(minutes=1)
    assert SAVED.next_after(NOW) == NOW.replace(minute=23)
    assert SAVED.next_after(NOW.replace(minute=23)) == NOW.replace(hour=13, minute=23)
