"""How many lanes an installation may have; how work is shared out."""

import threading

import pytest

from app.config import BadConfiguration, from_environment
from app.recovery.lanes import Budget

NEEDED = {"DATABASE_URL": "postgresql://x/y", "REDIS_URL": "redis://x", "SECRET_KEY": "x" * 32}


@pytest.mark.parametrize(
    "changed",
    [
        {"DELIVERY_LANES": "0"},
        {"DELIVERY_LANES": "17"},
        {"DELIVERY_LANES": "many"},
        {"DELIVERY_LANES": "6", "DATABASE_POOL_SIZE": "5"},
    ],
    ids=["none", "too-many", "words", "more-than-connections"],
)
def test_bad_numbers_say_which(changed: dict[str, str]) -> None:
    with pytest.raises(BadConfiguration, match="DELIVERY_LANES"):
        from_environment({**NEEDED, **changed})


def test_without_a_word_there_are_four() -> None:
    assert from_environment(NEEDED).delivery_lanes == 4


def test_a_budget_is_shared_to_the_last_piece() -> None:
    budget, taken = Budget(1_000), []
    threads = [threading.Thread(target=lambda: taken.extend(iter(budget.take, False))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1_000
    assert not budget.take()
