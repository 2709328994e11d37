"""Statements that every other request sends: by the driver itself, in as few round trips as there can be.

SQLAlchemy's session costs more CPU per statement than PostgreSQL needs to answer it. So hot statements are constants, sent
as they are and prepared; everything else stays with the session. Inside a unit of work they are part of its transaction.
Outside they read in a transaction of their own, which begins, enters the store and ends in one round trip: a pipeline up to
its Sync is one implicit transaction, so the store's setting ends with it, behind a pooler too (docs/decisions/0041).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from flask import current_app
from psycopg.rows import namedtuple_row
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError

from app.config import Config
from app.database.base import db
from app.database.tenancy import Entry, begin, current_store_id, enter, take_entry
from app.database.transaction import closing, in_transaction

Row = Any  # a named tuple of the columns
Values = Mapping[str, object]
Asked = tuple[str, Values]  # a hot statement, and what it is sent with

COMMIT = "COMMIT"
_DIALECT: Any = cast(Any, PGDialect_psycopg)()


def hot(statement: str) -> str:
    """`statement` with its :names as the driver wants them. For constants, once."""
    return str(text(statement).compile(dialect=_DIALECT))


def tight(statement: str) -> str:
    """`statement` without the white space that means nothing: under 4,096 letters the driver keeps it as it took it apart,
    else it does so at every execution (1 ms). For those whose literals have no white space beside others or `(),=`.
    """
    return re.sub(r"\s*([(),=]|\s)\s*", r"\1", statement)


def fetch(statement: str, values: Values) -> list[Row]:
    """The rows that a hot statement answers. Raises sqlalchemy.exc.DBAPIError, as the session does."""
    return fetch_all((statement, values))[0]


def fetch_all(*statements: Asked) -> list[list[Row]]:
    """The rows of several in their order, in one round trip; each sees what was committed before it began."""
    with _connection() as (connection, alone, entry):
        cursors = [connection.cursor(row_factory=namedtuple_row) for _ in statements]
        if len(statements) == 1 and not alone and entry is None:
            _send(cursors, statements)
        else:
            with connection.pipeline() as pipeline, _held(pipeline):
                if entry is not None:
                    begin(connection, entry)
                elif alone:
                    config = cast(Config, current_app.config["DUALCART"])
                    enter(connection, (config.database_role, str(current_store_id()), ""))
                _send(cursors, statements)
        # `description` would make an object of each column, on every answer
        return [cursor.fetchall() if cursor.pgresult and cursor.pgresult.nfields else [] for cursor in cursors]


def fetch_at_commit(statement: str, values: Values, then: Callable[[list[Row]], object], *along: Asked) -> None:
    """Send it at the very end of the unit of work, in one round trip with its COMMIT, and hand its rows to `then`.

    What `then` raises undoes nothing: this is for a last word that either changes one row or, harmlessly, none. What goes
    `along` is done in either case.
    """
    closing(lambda: then(fetch_all((statement, values), *along, (COMMIT, {}))[0]))


@contextmanager
def _held(pipeline: Any) -> Iterator[None]:
    """What goes into the pipeline inside is sent when it ends, all at once: the driver would send each statement by itself,
    and the server wake up for each. (A driver that does not know this method sends them as it does.)
    """
    pipeline._communicate_gen = _nothing_yet
    try:
        yield
    finally:
        del pipeline._communicate_gen


def _nothing_yet() -> Iterator[None]:
    yield from ()


def _send(cursors: list[psycopg.Cursor[Row]], statements: tuple[Asked, ...]) -> None:
    for cursor, (statement, values) in zip(cursors, statements, strict=True):
        cursor.execute(statement.encode(), values, prepare=True)


@contextmanager
def _connection() -> Iterator[tuple["psycopg.Connection[Any]", bool, Entry | None]]:
    """The connection of the transaction under way, with what it has yet to be begun by; else one from the pool, alone."""
    engine = db.engine
    begun = db.session.registry.has() and (in_transaction() or db.session().in_transaction())
    held = db.session().connection() if begun else None
    pooled = held.connection if held is not None else engine.raw_connection()
    connection = cast("psycopg.Connection[Any]", pooled.dbapi_connection)
    try:
        yield connection, held is None, take_entry(held.info) if held is not None else None
    except psycopg.Error as error:
        if connection.closed and held is not None:
            held.invalidate(error)
        elif connection.closed:
            pooled.invalidate(error)
            engine.dispose()  # the server went away: the others in the pool are dead too
        raise DBAPIError.instance(
            None, None, error, psycopg.Error, hide_parameters=True, dialect=engine.dialect
        ) from error
    finally:
        if held is None:
            pooled.close()
