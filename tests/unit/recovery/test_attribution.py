"""The rule that credits orders: the last human click in the window, else a message that arrived, else nobody. Opens never."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recovery.attribution import Candidate, Credit, CreditKind, Ordered, Touch, attribute
from app.recovery.values import Agent, Trigger

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
CART, OTHER_CART = UUID(int=90), UUID(int=91)
ORDER = Ordered(UUID(int=80), CART, AT)
ONE, TWO, THREE = UUID(int=1), UUID(int=2), UUID(int=3)


def touch(message_id: UUID, kind: str, ago: timedelta, agent: Agent = Agent.HUMAN) -> Touch:
    return Touch(message_id, kind, agent, AT - ago)


def hours(number: int) -> timedelta:
    return timedelta(hours=number)


def clicked(message_id: UUID, ago: timedelta, agent: Agent = Agent.HUMAN) -> Touch:
    return touch(message_id, "clicked", ago, agent)


def reached(message_id: UUID, ago: timedelta) -> Touch:
    return touch(message_id, "reached", ago, Agent.PROVIDER)


LAST, ASSISTED, DIRECT = CreditKind.LAST_CLICK, CreditKind.ASSISTED, CreditKind.DIRECT


@pytest.mark.parametrize(
    ("touches", "kind", "message"),
    [
        ([], DIRECT, None),
        ([clicked(ONE, hours(2))], LAST, ONE),
        ([clicked(TWO, hours(1)), clicked(ONE, hours(2))], LAST, TWO),
        ([clicked(ONE, WEEK)], LAST, ONE),
        ([clicked(ONE, WEEK + timedelta(seconds=1))], DIRECT, None),
        ([clicked(ONE, timedelta(seconds=-1))], DIRECT, None),
        ([clicked(ONE, hours(1), Agent.SCANNER)], DIRECT, None),
        ([clicked(ONE, hours(1), Agent.PREFETCH), reached(ONE, hours(2))], ASSISTED, ONE),
        ([touch(ONE, "opened", hours(1))], DIRECT, None),
        ([touch(TWO, "opened", hours(1)), reached(ONE, hours(3)), reached(TWO, hours(2))], ASSISTED, TWO),
        ([reached(TWO, hours(1)), clicked(ONE, hours(5))], LAST, ONE),
        ([reached(ONE, hours(200))], DIRECT, None),
    ],
    ids=[
        "nothing", "click", "last-of-two", "edge", "too-old", "after", "scanner", "prefetch", "open", "arrived",
        "click-before-arrival", "arrived-too-long-ago",
    ],
)  # fmt: skip
def test_an_order_has_one_credit(touches: list[Touch], kind: CreditKind, message: UUID | None) -> None:
    assert attribute(ORDER, touches, [], WEEK) == Credit(kind, message, None)


def episode(
    number: int, cart: UUID, opened_ago: timedelta, order: UUID | None = None, trigger: Trigger = Trigger.CART_ABANDONED
) -> Candidate:
    return Candidate(UUID(int=number), cart, trigger, AT - opened_ago, order)


@pytest.mark.parametrize(
    ("episodes", "expected"),
    [
        ([], None),
        ([episode(1, CART, hours(3))], 1),
        ([episode(1, CART, hours(300))], None),
        ([episode(1, CART, hours(300), ORDER.id)], 1),
        ([episode(1, CART, hours(300), ORDER.id), episode(2, CART, hours(1))], 1),
        ([episode(1, CART, hours(9)), episode(2, OTHER_CART, hours(1))], 1),
        ([episode(1, OTHER_CART, hours(9)), episode(2, OTHER_CART, hours(1))], 2),
        ([episode(1, CART, hours(9)), episode(2, CART, hours(1), trigger=Trigger.PRICE_DROPPED)], 1),
        ([episode(1, CART, hours(9), UUID(int=81)), episode(2, CART, hours(20), UUID(int=82))], 1),
    ],
    ids=[
        "none", "open", "too-old", "ended-by-it", "ended-goes-first", "own-cart", "newest", "abandonment",
        "second-order",
    ],
)  # fmt: skip
def test_an_order_belongs_to_one_episode_whatever_was_sent(episodes: list[Candidate], expected: int | None) -> None:
    for touches in ([], [clicked(ONE, hours(2))]):
        found = attribute(ORDER, touches, episodes, WEEK).episode_id
        assert found == (None if expected is None else UUID(int=expected))


TOUCHES = st.lists(
    st.builds(
        touch,
        st.sampled_from([ONE, TWO, THREE]),
        st.sampled_from(["clicked", "opened", "reached", "bounced"]),
        st.timedeltas(min_value=timedelta(days=-1), max_value=timedelta(days=9)),
        st.sampled_from(Agent),
    ),
    max_size=8,
)


@given(TOUCHES, st.randoms())
def test_the_order_in_which_touches_are_known_means_nothing(touches: list[Touch], chance: object) -> None:
    expected = attribute(ORDER, touches, [], WEEK)
    chance.shuffle(touches)  # type: ignore[attr-defined]
    assert attribute(ORDER, touches, [], WEEK) == expected
    assert attribute(ORDER, [touch for touch in touches if touch.kind != "opened"], [], WEEK) == expected
