"""What providers told is kept for as long as they may tell it again, and no longer."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.recovery import callbacks, rounds
from tests.conftest import NOW, TestStore

DAYS_OLD = (0, 1, 2.9, 3.1, 4, 5, 30)


def tell(days_old: float) -> bool:
    """Whether what was told so long ago was new."""
    with transaction():
        return bool(callbacks.first_time([("sendgrid", f"event-{days_old}")], NOW - timedelta(days=days_old)))


def test_it_goes_after_three_days_in_batches(
    app: Flask, make_store: Callable[[], TestStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "FORGOTTEN_AT_ONCE", 2)
    mine, other = make_store(), make_store()
    with app.app_context():
        for one in (mine, other):
            with use_store(one.id):
                assert all(tell(days) for days in DAYS_OLD)
        with use_store(mine.id):
            assert callbacks.forget(NOW) == 4
            assert callbacks.forget(NOW) == 0
            assert [days for days in DAYS_OLD if tell(days)] == [3.1, 4, 5, 30]
        with use_store(other.id):
            assert not any(tell(days) for days in DAYS_OLD)


def test_each_hour_in_every_store(app: Flask, store: TestStore, owner_engine: Engine) -> None:
    with owner_engine.begin() as connection:
        connection.execute(text("DELETE FROM task_slots WHERE task = 'recovery.forget_told'"))
    with app.app_context(), use_store(store.id):
        assert tell(365)  # by any clock
    with app.app_context():
        assert rounds.forget_told(app.config["CLOCK"].now())
        assert rounds.forget_told(app.config["CLOCK"].now()) is None  # one worker's turn
    with app.app_context(), use_store(store.id):
        assert tell(365)
