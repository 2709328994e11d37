"""What is recorded is carried out once it is committed, never if it is not, again when it failed, never by two at once."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from app.database.base import db
from app.database.transaction import transaction
from app.events import outbox, relay
from app.events.failures import PermanentFailure
from tests.concurrency.racing import race
from tests.conftest import NOW, TestStore


@pytest.fixture
def handled() -> Iterator[list[tuple[Any, UUID]]]:
    """What the handler of the topic "test" was given."""
    seen: list[tuple[Any, UUID]] = []

    def handler(payload: Mapping[str, Any], row_id: UUID) -> None:
        seen.append((payload, row_id))
        if payload["wish"] == "fail":
            raise RuntimeError
        if payload["wish"] == "fail for good":
            raise PermanentFailure("refused")

    relay.handle("test", handler)
    yield seen
    relay._handlers.pop("test")


@pytest.fixture(autouse=True)
def nobody_else(in_store: TestStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """No wake-ups, and nothing left over from other tests."""
    monkeypatch.setattr(outbox, "_wake", None)
    with transaction():
        db.session.execute(text("SET LOCAL app.relay = 'on'"))
        db.session.execute(text("DELETE FROM outbox"))


def drain(moment: Any = NOW) -> int:
    return relay.drain(lambda: moment)


def row() -> Any:
    found = db.session.execute(text("SELECT attempts, last_error, done_at, failed_at, payload FROM outbox")).one()
    db.session.rollback()
    return found


def test_it_is_carried_out_once(handled: list[Any]) -> None:
    with transaction():
        outbox.record("test", {"wish": "well"}, now=NOW)
    assert drain() == 1
    assert drain() == 0
    assert [payload for payload, _ in handled] == [{"wish": "well"}]
    assert row().done_at is not None
    assert row().payload == {}


def test_a_rolled_back_record_never_happens(handled: list[Any]) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        outbox.record("test", {"wish": "well"}, now=NOW)
        handled.append(1 / 0)
    assert drain() == 0
    assert handled == []


def test_recording_needs_a_transaction(handled: list[Any]) -> None:
    with pytest.raises(RuntimeError):
        outbox.record("test", {"wish": "well"}, now=NOW)


def test_a_failure_waits_and_is_tried_again_under_the_same_id(handled: list[Any]) -> None:
    with transaction():
        outbox.record("test", {"wish": "fail"}, now=NOW)
    assert drain() == 0
    assert (row().attempts, row().last_error, row().failed_at) == (1, "RuntimeError", None)
    assert drain() == 0
    assert len(handled) == 1  # not due yet
    later = NOW + timedelta(days=3650)
    drain(later)
    assert len(handled) == 2
    assert handled[0][1] == handled[1][1]


def test_a_failure_for_good_is_not_tried_again(handled: list[Any]) -> None:
    with transaction():
        outbox.record("test", {"wish": "fail for good"}, now=NOW)
    drain()
    drain(NOW + timedelta(days=3650))
    assert len(handled) == 1
    assert row().failed_at is not None
    assert row().last_error == "refused"


def test_it_gives_up_after_many_attempts(handled: list[Any]) -> None:
    with transaction():
        outbox.record("test", {"wish": "fail"}, now=NOW)
    for year in range(1, 20):
        drain(NOW + timedelta(days=3650 * year))
    assert len(handled) == relay.ATTEMPTS
    assert row().failed_at is not None


def test_many_relays_share_the_work(app: Flask, in_store: TestStore, handled: list[Any]) -> None:
    with transaction():
        for number in range(100):
            outbox.record("test", {"wish": "well", "number": number}, now=NOW)
    assert sum(race(app, in_store.id, [drain] * 6)) == 100
    assert len({row_id for _, row_id in handled}) == len(handled) == 100


def test_others_carry_out_a_topic_inside_and_nobody_is_woken(handled: list[Any]) -> None:
    instead, woken = list[UUID](), list[bool]()
    before = outbox.wake_with(lambda: woken.append(True))
    with relay.instead({"test": lambda _payload, row_id: instead.append(row_id)}):
        with transaction():
            outbox.record("test", {"wish": "well"}, now=NOW)
        assert drain() == 1
    assert outbox.wake_with(before) is not None
    with transaction():
        outbox.record("test", {"wish": "well"}, now=NOW)
    assert drain() == 1
    assert (len(instead), len(handled), woken) == (1, 1, [True])
