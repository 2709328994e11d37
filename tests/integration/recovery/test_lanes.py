"""Several lanes of one worker: together what one would do, each message once; circuits, rates and limits hold over all."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import text

from app.channels.outgoing import Accepted, TryLater
from app.database.transaction import transaction
from app.recovery import breaker, delivery
from app.recovery.traffic import BUSY
from tests.conftest import TestStore
from tests.integration.recovery import delivering
from tests.integration.recovery.delivering import Provider, Scripted
from tests.integration.recovery.test_traffic import Limited, open_it, pass_time
from tests.many import in_production, many_due

MANY, LANES = 3 * delivery.BATCH, 3
STATES = text("SELECT state, reason, attempts, due_at FROM messages")


@dataclass
class Slow(Provider):
    """Takes a moment for each, notes which lane came, and fails from some message on."""

    honours_keys: bool = False
    works_for: int = 1_000
    lanes: Counter[str] = field(default_factory=Counter)
    at_once: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._inside: set[str] = set()

    def send(self, message: Any) -> Accepted:
        lane = threading.current_thread().name
        self._inside.add(lane)
        self.at_once.add(len(self._inside))
        self.lanes[lane] += 1
        time.sleep(0.005)
        self._inside.discard(lane)
        if len(self.handed) >= self.works_for:
            self.outcome = TryLater("not_reached")
        return super().send(message)


def now() -> datetime:
    return datetime.now(UTC)


def deliver(lanes: int = LANES, **options: Any) -> int:
    return delivery.deliver(now, lanes=lanes, **options)


def rows() -> list[Any]:
    with transaction() as session:
        return list(session.execute(STATES).all())


@pytest.fixture
def provider(app: Flask, in_store: TestStore) -> Iterator[Slow]:
    made = Slow(name="p" + "".join(letter for letter in uuid4().hex if letter.isalpha()))
    with in_production(app):
        yield made
    delivering.change("messages", "state = 'cancelled', reason = 'test', lease_token = NULL", store_id=in_store.id)


@pytest.fixture
def due(provider: Slow, superuser_url: str, database_name: str) -> list[UUID]:
    scripted = Scripted(provider=provider)
    made = [message for message, *_ in many_due(superuser_url, database_name, scripted, MANY)]
    delivery.connect(scripted.parts())
    return made


def test_each_message_leaves_once_however_many_lanes(provider: Slow, due: list[UUID]) -> None:
    assert deliver() == MANY
    assert sorted(provider.taken) == sorted(due)
    assert {row.state for row in rows()} == {"sent"}
    assert len(provider.lanes) == LANES
    assert max(provider.at_once) > 1


def test_one_lane_is_this_thread_alone(provider: Slow, due: list[UUID]) -> None:
    assert deliver(1) == MANY
    assert set(provider.lanes) == {threading.current_thread().name}


def test_one_batch_needs_no_other_lane(provider: Slow, due: list[UUID]) -> None:
    assert deliver(at_most=delivery.BATCH) == delivery.BATCH
    delivering.change("messages", "state = 'cancelled', reason = 'test'", state="scheduled", id=due[-1])
    assert deliver(at_most=delivery.BATCH) == delivery.BATCH
    provider.lanes.clear()
    assert deliver() == delivery.BATCH - 1
    assert set(provider.lanes) == {threading.current_thread().name}


def test_all_lanes_together_look_at_so_many_at_most(provider: Slow, due: list[UUID]) -> None:
    assert deliver(at_most=2 * delivery.BATCH) == 2 * delivery.BATCH
    assert Counter(row.state for row in rows()) == {"sent": 2 * delivery.BATCH, "scheduled": delivery.BATCH}


def test_a_lane_that_fails_takes_no_other_with_it_and_what_it_held_is_claimed_anew(
    provider: Slow, due: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, failed = delivery.states.claim, threading.Event()

    def once_too_often(*asked: Any) -> Any:
        claimed = claim(*asked)
        if threading.current_thread().name.startswith("lane-") and not failed.is_set():
            failed.set()
            raise RuntimeError("this lane ends")
        return claimed

    monkeypatch.setattr(delivery.states, "claim", once_too_often)
    with pytest.raises(RuntimeError, match="this lane ends"):
        deliver()
    assert Counter(row.state for row in rows()) == {"sent": 2 * delivery.BATCH, "claimed": delivery.BATCH}
    assert deliver() == 0, "they are under a lease"
    delivering.change("messages", "lease_until = now() - interval '1 second'", state="claimed")
    assert deliver() == delivery.BATCH
    assert sorted(provider.taken) == sorted(due)


def test_a_provider_that_fails_is_tried_by_one_lane(provider: Slow, due: list[UUID]) -> None:
    provider.works_for = 0
    assert deliver() == 0
    assert provider.lanes == {threading.current_thread().name: breaker.FAILURES}


def test_one_that_fails_meanwhile_is_left_alone_by_all(provider: Slow, due: list[UUID]) -> None:
    provider.works_for = delivery.BATCH
    assert deliver() == len(provider.taken)
    in_the_hands_of_others = LANES - 1
    assert len(provider.handed) - len(provider.taken) <= breaker.FAILURES + in_the_hands_of_others
    assert breaker.look(provider.name).wait > 0


def test_a_half_open_circuit_lets_one_go_not_one_for_each_lane(provider: Slow, due: list[UUID]) -> None:
    open_it(provider.name)
    pass_time(provider.name, breaker.FIRST_SECONDS + 1)
    provider.works_for = 0
    assert deliver() == 0
    assert len(provider.handed) == 1
    pass_time(provider.name, 2 * breaker.FIRST_SECONDS + 1)
    provider.works_for, provider.outcome = 1_000, None
    delivering.change("messages", "due_at = now()", state="scheduled")
    assert deliver() > 0
    assert breaker.look(provider.name) == breaker.Circuit()


def test_rates_hold_over_all_lanes_and_who_is_too_much_comes_back_in_one_row(
    provider: Slow, due: list[UUID], app: Flask
) -> None:
    with Limited(app, f"{provider.name}=25"):
        began = time.monotonic()
        taken = deliver()
        seconds = time.monotonic() - began
    assert 25 <= taken <= 25 + 25 * seconds + 1
    later = [row for row in rows() if row.state == "scheduled"]
    assert len(later) == MANY - taken
    assert {(row.reason, row.attempts) for row in later} == {(BUSY, 0)}
    moments = sorted(row.due_at for row in later)
    assert (moments[-1] - moments[0]).total_seconds() >= 0.8 * (len(later) - 1) / 25, (
        "they do not all come back at once"
    )
