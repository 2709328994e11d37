"""Arms: evenly spread, always the same for the same person, and one question independent of the other."""

from uuid import UUID, uuid5

import pytest

from app.recovery.assignment import BUCKETS, arm, bucket, subject_arm
from app.recovery.values import Arm

STORE, CAMPAIGN, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
PEOPLE = [uuid5(STORE, str(number)) for number in range(20_000)]


def test_the_hash_is_what_it_was_when_the_first_episode_was_assigned() -> None:
    assert bucket(STORE, CAMPAIGN, UUID(int=4)) == 7725
    assert bucket(STORE, None, UUID(int=4)) == 7480
    assert subject_arm(STORE, CAMPAIGN, UUID(int=4), 1, 50) == "b"


def test_people_are_spread_evenly() -> None:
    counts = [0] * 100
    for person in PEOPLE:
        counts[bucket(STORE, CAMPAIGN, person) * 100 // BUCKETS] += 1
    expected = len(PEOPLE) / 100
    chi_square = sum((count - expected) ** 2 / expected for count in counts)
    assert chi_square < 148.2  # 0.1 % of true dice would be above (99 degrees of freedom)


@pytest.mark.parametrize("percent", [0, 10, 50])
def test_the_holdout_is_as_large_as_it_is_meant_to_be(percent: int) -> None:
    held = sum(arm(bucket(STORE, CAMPAIGN, person), CAMPAIGN, percent) is Arm.HOLDOUT for person in PEOPLE)
    assert abs(held / len(PEOPLE) - percent / 100) < 0.012


def test_without_a_campaign_there_is_no_arm() -> None:
    assert arm(0, None, 50) is Arm.NONE


def test_a_larger_holdout_keeps_everybody_who_was_in_the_smaller_one() -> None:
    buckets = [bucket(STORE, CAMPAIGN, person) for person in PEOPLE[:2000]]
    small = {at for at, b in enumerate(buckets) if arm(b, CAMPAIGN, 5) is Arm.HOLDOUT}
    large = {at for at, b in enumerate(buckets) if arm(b, CAMPAIGN, 20) is Arm.HOLDOUT}
    assert small < large


def test_campaigns_and_subjects_are_independent_of_each_other() -> None:
    def share(first: list[bool], second: list[bool]) -> float:
        return sum(a and b for a, b in zip(first, second, strict=True)) / len(first)

    here = [bucket(STORE, CAMPAIGN, person) < 5000 for person in PEOPLE]
    there = [bucket(STORE, OTHER, person) < 5000 for person in PEOPLE]
    first = [subject_arm(STORE, CAMPAIGN, person, 1, 50) == "b" for person in PEOPLE]
    second = [subject_arm(STORE, CAMPAIGN, person, 2, 50) == "b" for person in PEOPLE]
    for one, other in ((here, there), (here, first), (first, second)):
        assert abs(share(one, other) - 0.25) < 0.015
