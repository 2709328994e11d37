"""The simulation's time, in Python and in PostgreSQL.

Statements of recovery go by the later of the application's clock and the database's: right in production, where the
first is never behind, and for a demo moved ahead, but not for a year that is past. So the simulation's connections, and no
others, find `now()` and `clock_timestamp()` in a schema of the simulation's before those of PostgreSQL: the statements
stay as they are. Making that schema takes the owner of the database.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import create_engine, event, pool, text

from app.clock import Clock
from app.config import Config
from app.database.base import db

SCHEMA = "simulated_time"
AT = f"{SCHEMA}.at"  # a setting of the session

MADE = f"""
    CREATE SCHEMA IF NOT EXISTS {SCHEMA};
    GRANT USAGE ON SCHEMA {SCHEMA} TO PUBLIC;
    CREATE OR REPLACE FUNCTION {SCHEMA}.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
        AS $$ SELECT CAST(pg_catalog.current_setting('{AT}') AS pg_catalog.timestamptz) $$;
    CREATE OR REPLACE FUNCTION {SCHEMA}.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
        AS $$ SELECT CAST(pg_catalog.current_setting('{AT}') AS pg_catalog.timestamptz) $$;"""
# A crash in the middle of a year that is made up loses nothing that anybody would miss: commits need not wait for the disk.
# And plans are kept from the first time on, by index whatever the size of the tables then: planning took a third of PostgreSQL's time.
ENTER = f"""
    SET search_path = {SCHEMA}, pg_catalog, public; SET synchronous_commit = off;
    SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off"""
BEHIND = timedelta(minutes=5)  # as much as the database's clock may be behind the application's
SET = f"SELECT set_config('{AT}', %s, false)"
ALONE = "SELECT pg_try_advisory_lock(hashtext('dualcart simulation'))"


class AlreadySimulating(Exception):
    """Another simulation works on this database."""


class SimulatedClock(Clock):
    """Shows what it is told to show."""

    def __init__(self, moment: datetime) -> None:
        super().__init__()
        self.moment = moment

    def now(self) -> datetime:
        """The moment of the simulation."""
        return self.moment


@contextmanager
def simulated(app: Flask, config: Config, begin: datetime) -> Iterator[SimulatedClock]:
    """Inside, application and database live at the clock's moment. Raises AlreadySimulating.

    The database's clock follows when a connection is taken from the pool, between two units of work, and is never ahead.
    """
    clock, before = SimulatedClock(begin), app.config["CLOCK"]
    owner = create_engine(config.migration_url, poolclass=pool.NullPool, isolation_level="AUTOCOMMIT")
    with owner.connect() as held:
        if not held.scalar(text(ALONE)):
            raise AlreadySimulating
        held.execute(text(MADE))
        db.session.remove()
        db.engine.dispose()
        listeners = [("connect", _enter), ("checkout", _follow(clock))]
        for name, listener in listeners:
            event.listen(db.engine, name, listener)
        app.config["CLOCK"] = clock
        try:
            yield clock
        finally:
            app.config["CLOCK"] = before
            db.session.remove()
            for name, listener in listeners:
                event.remove(db.engine, name, listener)
            db.engine.dispose()
            held.execute(text(f"DROP SCHEMA {SCHEMA} CASCADE"))
    owner.dispose()


def _enter(connection: "psycopg.Connection[Any]", _record: Any) -> None:
    connection.execute(ENTER)


def _follow(clock: SimulatedClock) -> Any:
    def follow(connection: "psycopg.Connection[Any]", record: Any, _proxy: Any) -> None:
        at, moment = record.info.get("at"), clock.moment
        if at is None or not moment - BEHIND < at <= moment:
            connection.execute(SET, (moment.isoformat(),), prepare=True)
            record.info["at"] = moment

    return follow
