"""What is heard of a message: once, forward only, in any order."""

import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.ids import new_id
from app.recovery.message_events import record_event
from app.recovery.values import Agent
from tests.conftest import TestStore
from tests.integration.recovery import delivering
from tests.integration.recovery.delivering import THEN, Scripted, one_due, row_of


@pytest.fixture
def message_id(in_store: TestStore) -> UUID:
    made = one_due(Scripted())
    delivering.change("messages", "state = 'sent', sent_at = due_at", id=made)
    return made


def hear(message_id: UUID, kind: str, agent: Agent = Agent.PROVIDER, *, minutes: int = 0, **changes: Any) -> bool:
    values = {"occurred_at": THEN + timedelta(minutes=minutes), "dedupe": f"{message_id}{kind}{agent}{minutes}"}
    return record_event(message_id, kind, agent, **{**values, **changes}, evidence={"via": "test"}, now=THEN)


def test_each_thing_counts_once(message_id: UUID) -> None:
    assert hear(message_id, "delivered")
    assert not hear(message_id, "delivered")
    assert hear(message_id, "delivered", minutes=-5, dedupe="another")
    row = row_of(message_id)
    assert (row.state, row.delivered_at) == ("delivered", THEN - timedelta(minutes=5))


def test_of_a_message_nobody_knows_nothing_is_kept(message_id: UUID) -> None:
    assert not hear(new_id(), "delivered")


ALL = ("delivered", "opened", "clicked", "bounced")


@pytest.mark.parametrize("order", list(itertools.permutations(ALL)), ids="-".join)
def test_in_whatever_order_it_comes(message_id: UUID, order: tuple[str, ...]) -> None:
    furthest = -1
    for kind in order:
        hear(message_id, kind, Agent.HUMAN if kind in ("opened", "clicked") else Agent.PROVIDER)
        furthest = max(furthest, ALL.index(kind))
        assert row_of(message_id).state == ALL[furthest]
    row = row_of(message_id)
    assert row.delivered_at == row.opened_at == row.clicked_at == THEN


@pytest.mark.parametrize("agent", [Agent.SCANNER, Agent.PREFETCH], ids=str)
def test_machines_neither_open_nor_click(message_id: UUID, agent: Agent) -> None:
    assert hear(message_id, "opened", agent)
    assert hear(message_id, "clicked", agent)
    assert hear(message_id, "clicked", Agent.PROXY)
    assert row_of(message_id).state == "sent"
    assert hear(message_id, "opened", Agent.PROXY)
    assert row_of(message_id).state == "opened"


@pytest.mark.parametrize("kind", ["deferred", "unsubscribed", "replied"])
def test_some_things_are_kept_and_change_no_state(message_id: UUID, kind: str) -> None:
    assert hear(message_id, kind)
    assert row_of(message_id).state == "sent"


def test_failed_at_the_provider_unless_it_arrived(message_id: UUID) -> None:
    hear(message_id, "failed")
    row = row_of(message_id)
    assert (row.state, row.reason, row.ended_at) == ("failed", "provider_failed", THEN)
    hear(message_id, "delivered")
    row = row_of(message_id)
    assert (row.state, row.ended_at) == ("delivered", None)
    hear(message_id, "failed", minutes=1)
    assert row_of(message_id).state == "delivered"


def test_what_was_uncertain_is_known_once_something_is_heard(message_id: UUID) -> None:
    delivering.change("messages", "state = 'uncertain', reason = 'x', sent_at = NULL, ended_at = now()", id=message_id)
    hear(message_id, "delivered")
    row = row_of(message_id)
    assert (row.state, row.sent_at, row.ended_at) == ("delivered", THEN, None)


@pytest.mark.parametrize("state", ["scheduled", "cancelled"])
def test_what_never_left_stays_where_it_is(message_id: UUID, state: str) -> None:
    delivering.change("messages", f"state = '{state}', reason = 'x'", id=message_id)
    assert hear(message_id, "delivered")
    assert row_of(message_id).state == state
