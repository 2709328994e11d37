"""Purchases at any moment of a message's way: none passes the gate after a committed purchase. INTERLEAVINGS=10000 for many."""

import os
import queue
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.database.base import db
from app.database.statements import hot
from app.database.tenancy import use_store
from app.database.transaction import Lock, took_lock, transaction, unit_of_work
from app.ids import CustomerId, StoreId
from app.recovery import breaker, delivery, episodes, facts_query, gate, people
from app.recovery.content import Step
from app.recovery.message_models import EvaluationRow, MessageRow
from app.recovery.parts import Address, Claimed
from app.recovery.values import Channel, EpisodeState
from tests.conftest import TestStore
from tests.integration.recovery import delivering
from tests.integration.recovery.delivering import Letter, Scripted
from tests.many import in_production, many_due

INTERLEAVINGS = int(os.environ.get("INTERLEAVINGS", "80"))
POINTS = ("claimed", "at the gate", "behind the lock", "being written", "being sent", "never")
STEP = Step(number=1, delay_seconds=0, channel=Channel.EMAIL, texts={}, conditions=(delivering.CONDITION,))
LONGEST_PAUSE, LONGEST_PAUSE_THERE = 0.004, 0.015  # there a whole purchase would have room

LOCK_CART = text("SELECT id FROM carts WHERE customer_id = :customer FOR NO KEY UPDATE")
CLOSE = text("UPDATE episodes SET state = 'recovered', closed_at = now() WHERE id = ANY(:ids)")


@dataclass
class Street:
    """A shop's shoppers, who buy when a message of theirs comes to a point of its way; and when each thing happened."""

    app: Flask
    store_id: StoreId
    dice: random.Random
    patience: float = 0.0  # seconds that a message waits for the purchase that it meets
    cancelling: float = 0.5  # of the purchases, the others leave it to the gate to see that the episode is over
    scripted: Scripted = field(default_factory=Scripted)
    wishes: "queue.Queue[CustomerId | None]" = field(default_factory=queue.Queue)
    points: dict[UUID, str] = field(default_factory=dict)
    bought: dict[UUID, float] = field(default_factory=dict)
    decided: dict[UUID, float] = field(default_factory=dict)

    def reaches(self, point: str, message: Claimed) -> None:
        if self.points[message.id] == point:
            self.wishes.put(message.customer_id)
            self.lets_go_first(message)
        time.sleep(self.dice.uniform(0, LONGEST_PAUSE_THERE if point == "behind the lock" else LONGEST_PAUSE))

    def lets_go_first(self, message: Claimed) -> None:
        """Wait until they have bought, if they can."""
        until = time.perf_counter() + self.patience
        while time.perf_counter() < until and CustomerId(message.customer_id) not in self.bought:
            time.sleep(0.002)

    def content(self, campaign_id: UUID, version: int) -> Any:
        return self.scripted.contents[campaign_id]

    def unmet(self, step: Step, message: Claimed) -> str:
        self.reaches("behind the lock", message)
        self.decided[message.id] = time.perf_counter()
        return ""

    def write(self, message: Claimed, address: Address, now: Any) -> Letter:
        self.reaches("being written", message)
        letter = self.scripted.write(message, address, now)
        self.reaches("being sent", message)
        return letter

    def work(self) -> None:
        """A worker, until nothing is due any more."""
        with self.app.app_context():
            while claimed := delivery.states.claim(None, [Channel.EMAIL], 5):
                parts = delivery._connected[0]
                for message in claimed:
                    self.reaches("claimed", message)
                    self.reaches("at the gate", message)
                traffic = parts.traffic(parts.senders())
                delivery._deliver_batch(claimed, parts, traffic, lambda: None, lambda: None)
            db.session.remove()

    def work_in_lanes(self) -> None:
        """One worker with several lanes, until nothing is due any more."""
        with self.app.app_context():
            delivery.deliver(lambda: datetime.now(UTC), at_most=2 * INTERLEAVINGS, lanes=3)
            db.session.remove()

    def shop(self) -> None:
        """A till, at which one buys after the other."""
        with self.app.app_context(), use_store(self.store_id):
            while customer_id := self.wishes.get():
                time.sleep(self.dice.uniform(0, LONGEST_PAUSE))
                buy(customer_id, cancels=self.dice.random() < self.cancelling)
                self.bought[customer_id] = time.perf_counter()
            db.session.remove()


@unit_of_work
def buy(customer_id: CustomerId, *, cancels: bool) -> None:
    """An order's own transaction, as far as it meets messages."""
    with transaction() as session:
        took_lock(Lock.CART)
        session.execute(LOCK_CART, {"customer": customer_id})
        locked = episodes.lock_of_person(people.ids_of(customer_id))
        if cancels:
            episodes.close(locked, EpisodeState.RECOVERED, now=datetime.now(UTC))
        else:
            session.execute(CLOSE, {"ids": locked})


@pytest.fixture
def street(app: Flask, in_store: TestStore) -> Iterator[Street]:
    street = Street(app, in_store.id, random.Random(7))
    breaker.worked(street.scripted.provider.name)
    scripted = street.scripted
    delivery.connect(scripted.parts(content=street.content, unmet=street.unmet, write=street.write))
    with in_production(app):
        yield street
    delivering.change("messages", "state = 'cancelled', reason = 'test', lease_token = NULL", store_id=in_store.id)


def play(
    street: Street, made: list[tuple[UUID, UUID, UUID]], points: Sequence[str] = POINTS, *works: Callable[[], None]
) -> Counter[str]:
    """Two workers and two tills; how often what came out, with those that passed after a purchase."""
    customers = {message: customer for message, _episode, customer in made}
    street.points |= {message: street.dice.choice(points) for message in customers}
    tills = [threading.Thread(target=street.shop) for _ in range(2)]
    workers = [threading.Thread(target=work) for work in works or (street.work, street.work)]
    for thread in (*tills, *workers):
        thread.start()
    for thread in workers:
        thread.join()
    for _ in tills:
        street.wishes.put(None)
    for thread in tills:
        thread.join()
    with transaction() as session:
        passed = set(session.execute(select(EvaluationRow.message_id).where(EvaluationRow.verdict == "send")).scalars())
        states = {row.id: row.state for row in session.execute(select(MessageRow.id, MessageRow.state))}
    found = Counter(states.values())
    for message, customer in customers.items():
        assert (message in passed) == (states[message] == "sent")
        if message in passed and street.bought.get(customer, float("inf")) < street.decided[message]:
            found["passed after a purchase"] += 1
    assert set(street.scripted.provider.taken) == passed
    assert len(street.scripted.provider.handed) == len(passed)
    return found


def test_nothing_passes_the_gate_after_a_purchase(
    street: Street, superuser_url: str, database_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    street.scripted.steps = (STEP,)
    found = play(street, many_due(superuser_url, database_name, street.scripted, INTERLEAVINGS))
    if INTERLEAVINGS > 1000:
        with capsys.disabled():
            sys.stdout.write(f"{dict(found)}\n")
    assert found["passed after a purchase"] == 0
    assert found["sent"] + found["cancelled"] == INTERLEAVINGS
    assert found["cancelled"] > INTERLEAVINGS / 20
    assert found["sent"] > INTERLEAVINGS / 10


def test_nor_in_any_lane_of_a_worker(
    street: Street, superuser_url: str, database_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def arrives(message: Claimed, *given: Any) -> Any:
        street.reaches("at the gate", message)
        return gate.pass_gate(message, *given)

    monkeypatch.setattr(delivery, "pass_gate", arrives)
    street.scripted.steps, street.patience = (STEP,), 0.05
    made = many_due(superuser_url, database_name, street.scripted, INTERLEAVINGS)
    found = play(street, made, POINTS[1:], street.work_in_lanes)
    assert found["passed after a purchase"] == 0
    assert found["sent"] + found["cancelled"] == INTERLEAVINGS
    assert found["cancelled"] > INTERLEAVINGS / 20
    assert found["sent"] > INTERLEAVINGS / 10


def test_without_the_episodes_lock_some_would(
    street: Street, superuser_url: str, database_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_looked_at = "SELECT id FROM episodes WHERE store_id = :store AND id = :episode"
    monkeypatch.setattr(facts_query, "LOCK_EPISODE", hot(only_looked_at))
    street.scripted.steps, street.patience = (STEP,), 0.5
    street.cancelling = 0  # cancelling takes the lease, which is a guard of its own
    found = play(street, many_due(superuser_url, database_name, street.scripted, 80))
    assert found["passed after a purchase"] > 0
