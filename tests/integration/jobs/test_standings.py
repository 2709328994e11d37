"""What a store has paused passes it by; what fails in it is noted for it alone; what is asked for by hand is done once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id, use_store
from app.database.transaction import finish_reading, transaction
from app.events import outbox, relay
from app.jobs import asking, queries, shares, ticks
from app.jobs.health import Health
from app.jobs.table import DELIVER, DETECT, JOBS, SALVAGE
from app.stores import directory
from tests.conftest import NOW, TestStore


@pytest.fixture(autouse=True)
def no_turns(app: Flask) -> Iterator[None]:
    """No turn was taken in this minute, and nobody is woken."""
    woken, outbox._wake = outbox._wake, None
    with app.app_context(), transaction() as session:
        session.execute(text("DELETE FROM task_slots"))
    yield
    outbox._wake = woken


def visited(task: str, among: list[TestStore], broken: TestStore | None = None) -> set[Any]:
    seen = set()

    def work() -> int:
        if broken and current_store_id() == broken.id:
            raise KeyError("secret")
        seen.add(current_store_id())
        return 1

    shares.in_each(task, [(one.id, one.slug) for one in among], work)
    return seen


def test_a_paused_store_is_passed_by(app: Flask, make_store: Any) -> None:
    here, there = make_store(), make_store()
    with app.app_context():
        with use_store(here.id):
            asking.pause(SALVAGE.key, actor="staff:x")
            with pytest.raises(asking.PausedAlready):
                asking.pause(SALVAGE.key, actor="staff:y")
            with pytest.raises(asking.CannotBePaused):
                asking.pause("orders.settle", actor="staff:x")
            with pytest.raises(queries.JobNotFound):
                asking.pause("dance", actor="staff:x")
        assert visited(SALVAGE.key, [here, there]) == {there.id}
        assert visited(DETECT.key, [here, there]) == {here.id, there.id}
        with use_store(here.id):
            assert queries.get_job(SALVAGE.key).health is Health.PAUSED
        with use_store(there.id):
            finish_reading()
            assert queries.get_job(SALVAGE.key).health is Health.NEW
        with use_store(here.id):
            finish_reading()
            asking.resume(SALVAGE.key)
            with pytest.raises(asking.NotPaused):
                asking.resume(SALVAGE.key)
        assert visited(SALVAGE.key, [here, there]) == {here.id, there.id}


def test_asking_by_hand_lifts_no_others_pause(app: Flask, make_store: Any) -> None:
    here, there = make_store(), make_store()
    with app.app_context():
        for store in (here, there):
            with use_store(store.id):
                asking.pause(DELIVER.key, actor="staff:x")
        with ticks.by_hand(NOW, here.id):
            paused = shares.standings(DELIVER.key).paused
        assert there.id in paused
        assert here.id not in paused


def test_a_failing_share_is_that_stores_alone(app: Flask, make_store: Any) -> None:
    broken, whole = make_store(), make_store()
    with app.app_context():
        for _ in range(2):
            assert visited(DETECT.key, [broken, whole], broken) == {whole.id}
        ticks.once(DETECT.key, DETECT.each, lambda: 0)
        with use_store(broken.id):
            finish_reading()
            view = queries.get_job(DETECT.key)
            assert (view.health, view.standing.failures, view.standing.error) == (Health.FAILING, 2, "KeyError")
        with use_store(whole.id):
            finish_reading()
            assert queries.get_job(DETECT.key).health is Health.OK
        finish_reading()
        visited(DETECT.key, [broken, whole])
        with use_store(broken.id):
            finish_reading()
            assert queries.get_job(DETECT.key).health is Health.OK


def test_by_hand_for_one_store_paused_or_not(app: Flask, make_store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.tasks import periodic

    here, there = make_store(), make_store()
    seen: list[Any] = []

    def work() -> None:
        ticks.once(SALVAGE.key, SALVAGE.each, lambda: shares.in_each(SALVAGE.key, directory.list_stores(), note))

    def note() -> int:
        seen.append(current_store_id())
        return 1

    monkeypatch.setitem(periodic.WORK, SALVAGE.key, work)
    with app.app_context(), use_store(here.id):
        asking.pause(SALVAGE.key, actor="staff:x")
        with transaction():
            asking.run_now(SALVAGE.key, now=NOW)
        payload = db.session.execute(text("SELECT payload FROM outbox")).scalar_one()
        relay.drain(lambda: NOW + timedelta(seconds=1))
        assert seen == [here.id]
        with use_store(here.id):
            periodic.by_hand(payload, here.id)  # the worker died before it could say so: the turn is not taken again
        assert seen == [here.id]
        [turn] = queries.get_job(SALVAGE.key).turns
        assert turn.by_hand
    with app.app_context(), use_store(there.id):
        assert queries.get_job(SALVAGE.key).turns == ()


def test_the_clock_and_the_table_name_the_same_tasks(app: Flask) -> None:
    from app.console.jobs.words import JOBS as WORDS
    from app.tasks import periodic
    from app.tasks.queue import huey

    assert set(periodic.WORK) == set(JOBS) == set(WORDS)
    assert len(huey._registry.periodic_tasks) == len(JOBS)
