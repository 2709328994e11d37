"""A turn belongs to one worker; a failing one is noted and does not stop the next; every store gets its turn."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import use_store
from app.database.transaction import finish_reading, transaction
from app.jobs import ticks
from app.recovery import detection, rounds
from tests.abandoning import ABANDONED, begin_looking, make_campaign, puts, rows, this_store
from tests.concurrency.racing import race
from tests.conftest import TestStore
from tests.factories import make_customer, make_product


def slots(task: str) -> list[Any]:
    found = db.session.execute(text("SELECT * FROM task_slots WHERE task = :task ORDER BY slot"), {"task": task}).all()
    finish_reading()
    return list(found)


@pytest.fixture
def nothing_had(app: Flask) -> None:
    """No turn was taken in this minute."""
    with app.app_context(), transaction() as session:
        session.execute(text("DELETE FROM task_slots"))


def test_of_twenty_workers_one_has_the_turn(app: Flask, store: TestStore, nothing_had: None) -> None:
    answers = race(app, store.id, [lambda: ticks.once("test.race", "hour", lambda: 7)] * 20)
    assert sorted(answers, key=str) == [7, *[None] * 19]
    with app.app_context():
        [slot] = slots("test.race")
    assert (slot.done, slot.error) == (7, None)
    assert slot.finished_at >= slot.started_at >= slot.slot
    assert (slot.slot.minute, slot.slot.second) == (0, 0)


def test_a_turn_that_fails_is_noted_by_name_and_is_not_taken_again(app: Flask, nothing_had: None) -> None:
    with app.app_context():
        assert ticks.once("test.fails", "hour", lambda: 1 // 0) is None
        assert [(slot.done, slot.error) for slot in slots("test.fails")] == [(None, "ZeroDivisionError")]
        assert ticks.once("test.fails", "hour", lambda: 1) is None


def test_old_turns_are_forgotten(app: Flask, nothing_had: None) -> None:
    with app.app_context():
        with transaction() as session:
            session.execute(
                text("""INSERT INTO task_slots (task, slot, started_at) SELECT 'test.old', now() - d * interval '1 day', now()
                        FROM generate_series(1, 30) d""")
            )
        ticks.once("test.old", "minute", lambda: 0)
        assert len(slots("test.old")) == 7


def test_every_store_is_looked_at_whatever_happens_in_another(
    app: Flask, make_store: Any, nothing_had: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, whole = make_store(), make_store()
    with app.app_context():
        for store in (broken, whole):
            with use_store(store.id):
                begin_looking()
                make_campaign()
                puts(make_customer(), make_product(price=2500).variant_id)
                finish_reading()
        detect = detection.detect

        def stumbling(store: Any, now: Any, **how: Any) -> Any:
            if store.id == broken.id:
                raise RuntimeError("this store only")
            return detect(store, now, **how)

        monkeypatch.setattr(detection, "detect", stumbling)
        assert rounds.find_abandoned(ABANDONED) is not None
        assert rounds.find_abandoned(ABANDONED) is None  # the turn is taken
        with use_store(whole.id):
            finish_reading()
            with transaction() as session:
                assert session.execute(text("SELECT count(*) FROM episodes")).scalar_one() == 1


def test_salvage_and_expiry_have_turns_of_their_own(app: Flask, store: TestStore, nothing_had: None) -> None:
    with app.app_context():
        with use_store(store.id):
            begin_looking()
            puts(make_customer("s@example.com"), make_product(price=2500).variant_id)
            detection.detect(this_store(), ABANDONED)
        assert rounds.salvage_abandoned(ABANDONED + timedelta(days=8)) == 1
        again = rounds.salvage_abandoned(ABANDONED + timedelta(days=8))
        assert again is None or len(slots("recovery.salvage")) == 2, "the minute may have gone by in between"
        assert rounds.expire_carts(ABANDONED + timedelta(days=40)) is not None
        with use_store(store.id):
            assert [cart.status for cart in rows("SELECT status FROM carts")] == ["archived"]


def test_sums_and_uplift_are_brought_up_to_date_by_turns(app: Flask, store: TestStore, nothing_had: None) -> None:
    with app.app_context():
        with use_store(store.id):
            begin_looking()
            puts(make_customer("u@example.com"), make_product(price=2500).variant_id)
            detection.detect(this_store(), ABANDONED)
        later = ABANDONED + timedelta(hours=2)
        assert (rounds.roll_up(later) or 0) >= 1
        assert (rounds.measure(later) or 0) >= 2
        with use_store(store.id):
            assert [row.episodes for row in rows("SELECT episodes FROM hourly_episodes")] == [1]
            assert {row.days for row in rows("SELECT days FROM measured_uplifts")} == {28, 90}
        assert [slot.error for slot in slots("recovery.roll_up")] == [None]
        assert [slot.error for slot in slots("recovery.measure")] == [None]


def test_what_is_held_no_worker_does_and_afterwards_it_is_given_back(app: Flask) -> None:
    with app.app_context():
        assert ticks.once("test.held", "hour", lambda: 1) == 1
        with ticks.held({"test.hold": "minute", "test.held": "hour"}) as hold:
            assert ticks.once("test.hold", "minute", lambda: 1) is None
            hold()
            assert ticks.once("test.hold", "minute", lambda: 1) is None
        assert ticks.once("test.hold", "minute", lambda: 1) == 1
        assert ticks.once("test.held", "hour", lambda: 1) is None, "that turn was somebody else's"
