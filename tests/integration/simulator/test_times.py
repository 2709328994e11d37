"""The simulation's time: its own connections live in it, everybody else in the true one, and nothing of it stays."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.config import Config
from app.database.base import db
from app.database.statements import fetch, hot
from app.database.transaction import transaction
from app.simulator import times
from tests.conftest import TestStore

THEN = datetime(2025, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC)
ASKED = "SELECT now() AS begun, clock_timestamp() AS read, to_regnamespace('simulated_time') IS NOT NULL AS there"


def asked() -> Any:
    with transaction() as session:
        return session.execute(text(ASKED)).one()


def test_database_and_application_live_at_the_moment_and_go_on_with_it(
    app: Flask, config: Config, in_store: TestStore, owner_engine: Engine
) -> None:
    with times.simulated(app, config, THEN) as clock:
        assert app.config["CLOCK"] is clock
        assert tuple(asked()) == (THEN, THEN, True)
        clock.moment += timedelta(days=1)
        assert asked().begun == THEN + timedelta(days=1)
        assert fetch(hot(ASKED), {})[0].read == clock.moment
        clock.moment -= timedelta(seconds=1)
        assert asked().begun == clock.moment, "the database is never ahead of the application"
        with owner_engine.connect() as somebody_else:
            assert somebody_else.scalar(text("SELECT now()")) > datetime.now(UTC) - timedelta(minutes=1)
    assert app.config["CLOCK"] is not clock
    after = asked()
    assert after.begun > datetime.now(UTC) - timedelta(minutes=1)
    assert not after.there


def test_two_do_not_simulate_in_one_database(app: Flask, config: Config, in_store: TestStore) -> None:
    with (
        times.simulated(app, config, THEN),
        pytest.raises(times.AlreadySimulating),
        times.simulated(app, config, THEN),
    ):
        raise AssertionError
    db.session.remove()
    with times.simulated(app, config, THEN):
        assert asked().begun == THEN
