"""How many carts a batch takes: as many as are seen to in the time that a shopper may be kept waiting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recovery.detection import BATCH, SECONDS, SMALLEST, next_batch


@pytest.mark.parametrize(
    ("batch", "seconds", "following"),
    [(400, SECONDS, 400), (400, SECONDS / 2, 800), (400, 0.0, 800), (400, SECONDS * 4, 100), (1_500, 0.01, BATCH)],
    ids=["just right", "quick", "no time at all", "slow", "as large as they get"],
)
def test_it_follows_the_time_that_the_last_one_took(batch: int, seconds: float, following: int) -> None:
    assert next_batch(batch, seconds) == following


@given(st.integers(1, 10_000), st.floats(0, 600))
def test_it_stays_within_bounds(batch: int, seconds: float) -> None:
    assert SMALLEST <= next_batch(batch, seconds) <= BATCH
