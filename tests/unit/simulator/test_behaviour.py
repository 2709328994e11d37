"""Who comes and why they leave: drawn beforehand, by rates that are known, the effect of messages exactly as asked for."""

from collections import Counter
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.recovery.reasons import Reason
from app.simulator import behaviour
from app.simulator.baskets import Good, Shelf
from app.simulator.behaviour import BUY_AT_ONCE, BY_STEP, KINDS, LEAVING, UNAIDED, Kind, Plan

SHELF = Shelf([Good(UUID(int=number), UUID(int=number)) for number in range(50)], Random("shelf"))
MANY = 6_000


def plans(effect: float = 0.1, seed: str = "seed", number: int = MANY) -> list[Plan]:
    return [behaviour.plan(seed, at, SHELF, effect, ("en", "fa")) for at in range(number)]


def test_the_same_seed_gives_the_same_people_and_another_others() -> None:
    assert plans(number=50) == plans(number=50)
    assert plans(number=50) != plans(number=50, seed="another")


def test_rates_are_as_said() -> None:
    made = plans()
    kinds = Counter(one.kind for one in made)
    for kind, share in KINDS.items():
        assert kinds[kind] / MANY == pytest.approx(share, abs=0.02)
    known = [one for one in made if one.kind is not Kind.GUEST]
    assert sum(not one.leaves for one in known) / len(known) == pytest.approx(BUY_AT_ONCE, abs=0.02)
    contacts = [one for one in made if one.kind is Kind.CONTACT and one.leaves]
    reasons = Counter(one.reason for one in contacts)
    for reason, weight in LEAVING[Kind.CONTACT].items():
        assert reasons[reason] / len(contacts) == pytest.approx(weight / sum(LEAVING[Kind.CONTACT].values()), abs=0.03)
    left = [one for one in made if one.reason is Reason.DELIVERY_COST]
    unaided = sum(one.unaided is not None for one in left) / len(left)
    assert unaided == pytest.approx(UNAIDED[Reason.DELIVERY_COST], abs=0.03)


def test_who_buys_at_once_has_nothing_to_come_back_for_and_guests_never_agree() -> None:
    made = plans()
    assert all(one.unaided is None for one in made if not one.leaves)
    assert not any(one.agrees for one in made if one.kind is Kind.GUEST)
    assert all(len(one.basket) > 1 for one in made if one.reason is Reason.SAVED_FOR_LATER)


@given(effect=some.floats(0, 0.5), draw=some.floats(0, 1, exclude_max=True))
def test_messages_persuade_exactly_the_share_that_was_asked_for(effect: float, draw: float) -> None:
    assert sum(BY_STEP) == pytest.approx(1)
    place = behaviour.persuaded(draw, effect)
    if abs(draw - effect) > 1e-9:
        assert (place is not None) == (draw < effect)
    if place is not None:
        assert draw >= sum(BY_STEP[:place]) * effect - 1e-9


def test_who_is_persuaded_opens_clicks_and_nobody_else_is_persuaded() -> None:
    for one in plans(effect=0.5, number=1_500):
        for place in range(3):
            does = behaviour.reaction("seed", one, place, counts=True, already_buying=False)
            assert does.persuaded == (one.persuaded_by == place)
            assert does.opens or not does.clicks
            assert does.clicks or not does.persuaded
            other = behaviour.reaction("seed", one, place, counts=False, already_buying=False)
            assert not other.persuaded


def test_without_an_effect_nobody_is_persuaded_and_nothing_else_changes() -> None:
    for with_effect, without in zip(plans(0.3, number=500), plans(0, number=500), strict=True):
        assert without.persuaded_by is None
        assert with_effect.basket == without.basket
        assert (with_effect.reason, with_effect.unaided) == (without.reason, without.unaided)


def test_only_languages_of_the_store_are_spoken() -> None:
    assert {behaviour.plan("seed", at, SHELF, 0.1, ("en",)).locale for at in range(300)} == {"en"}
    assert {one.locale for one in plans(number=300)} == {"en", "fa"}
