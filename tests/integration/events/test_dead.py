"""What failed for good is tried again or dropped, one or a group, by the store it belongs to."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import use_store
from app.database.transaction import finish_reading, transaction
from app.events import dead, outbox
from app.ids import new_id
from tests.conftest import NOW, TestStore

pytestmark = pytest.mark.usefixtures("asleep")  # the tests carry out what is asked for


def fail(topic: str = "a.letter", reason: str = "smtp_550") -> UUID:
    row_id = new_id()
    with transaction() as session:
        outbox.record(topic, {"to": "s@example.com"}, now=NOW, once=row_id)
        session.execute(
            text("UPDATE outbox SET failed_at = now(), attempts = 8, last_error = :reason WHERE id = :id"),
            {"id": row_id, "reason": reason},
        )
    return row_id


def row(row_id: UUID) -> Any:
    finish_reading()
    found = db.session.execute(text("SELECT * FROM outbox WHERE id = :id"), {"id": row_id}).one()
    finish_reading()
    return found


def test_by_kind(in_store: TestStore) -> None:
    fail(), fail("b.letter")
    with transaction() as session:
        for _ in range(3):
            outbox.record("a.letter", {}, now=NOW)
        outbox.record("a.letter", {}, now=NOW.replace(year=2100))
        retried = session.execute(text("SELECT id FROM outbox WHERE attempts = 0 ORDER BY id LIMIT 1")).scalar_one()
        session.execute(text("UPDATE outbox SET attempts = 1 WHERE id = :id"), {"id": retried})
    first, second = dead.list_topics(NOW)
    assert (first.topic, first.waiting, first.planned, first.retrying, first.dead) == ("a.letter", 2, 1, 1, 1)
    assert first.oldest == NOW
    assert (second.topic, second.dead, second.oldest) == ("b.letter", 1, None)


def test_again_from_the_beginning(in_store: TestStore) -> None:
    one, two, other = fail(), fail(), fail(reason="gaierror")
    assert dead.retry([one], now=NOW) == 1
    assert (row(one).failed_at, row(one).attempts) == (None, 0)
    assert row(two).failed_at is not None
    with pytest.raises(dead.NothingDead):
        dead.retry([one], now=NOW)
    assert dead.retry([], group=("a.letter", "smtp_550"), now=NOW) == 1
    assert [found.id for found in dead.list_dead()] == [other]


def test_dropped_with_a_moment_to_undo_it(in_store: TestStore) -> None:
    one, two = fail(), fail()
    assert set(dead.drop([one, two, new_id()])) == {one, two}
    assert dead.list_dead() == []
    dead.forget_dropped()
    assert row(one).payload == {"to": "s@example.com"}  # half a minute is not over
    assert dead.undo_drop([one]) == 1
    assert [found.id for found in dead.list_dead()] == [one]
    with transaction() as session:
        session.execute(
            text("UPDATE outbox SET dropped_at = now() - interval '31 seconds' WHERE dropped_at IS NOT NULL")
        )
    with pytest.raises(dead.TooLateToUndrop):
        dead.undo_drop([two])
    dead.forget_dropped()
    assert (row(two).payload, row(two).failed_at) == ({}, None)
    assert row(two).done_at is not None
    with pytest.raises(dead.NothingDead):
        dead.drop([two])


def test_another_stores_rows_are_not_there(app: Flask, make_store: Any) -> None:
    here, there = make_store(), make_store()
    with app.app_context():
        with use_store(there.id):
            theirs = fail()
        with use_store(here.id):
            finish_reading()
            assert dead.list_dead() == []
            for act in (
                lambda: dead.retry([theirs], group=("a.letter", "smtp_550"), now=NOW),
                lambda: dead.drop([theirs]),
            ):
                with pytest.raises(dead.NothingDead):
                    act()
        with use_store(there.id):
            finish_reading()
            assert len(dead.list_dead()) == 1
