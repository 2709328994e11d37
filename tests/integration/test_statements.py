"""Hot statements: as fenced in as any other, in one round trip, and part of a unit of work where there is one."""

import os
import socket
from typing import Any

import psycopg
import pytest
from flask import Flask
from psycopg._pipeline_base import BasePipeline
from psycopg._queries import MAX_CACHED_STATEMENT_LENGTH
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from app.cart import repository
from app.database.base import db
from app.database.statements import fetch, fetch_all, hot, tight
from app.database.tenancy import use_store
from app.database.transaction import transaction, unit_of_work
from app.recovery import reading
from tests.conftest import TestStore
from tests.factories import make_customer, make_product

PRODUCTS = hot("SELECT id, handle FROM products")
SETTINGS = hot("SELECT current_setting('app.store', true) AS store, current_user AS role, pg_backend_pid() AS pid")


def test_another_stores_rows_do_not_exist(app: Flask, make_store: Any) -> None:
    mine, other = make_store(), make_store()
    with app.app_context():
        with use_store(other.id):
            make_product()
            assert len(fetch(PRODUCTS, {})) == 1
        with use_store(mine.id):
            assert fetch(PRODUCTS, {}) == []
        with pytest.raises(LookupError):
            fetch(PRODUCTS, {})


def test_the_connection_goes_back_without_the_store(app: Flask, in_store: TestStore) -> None:
    make_product()
    inside = fetch(SETTINGS, {})[0]
    assert (inside.store, inside.role) == (str(in_store.id), app.config["DUALCART"].database_role)
    pooled = db.engine.raw_connection()
    try:
        raw: Any = pooled.dbapi_connection
        assert raw.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        left = raw.execute(
            "SELECT current_setting('app.store', true), pg_backend_pid(), count(*) FROM products"
        ).fetchone()
    finally:
        pooled.close()
    assert left == ("", inside.pid, 0)


def test_a_failure_leaves_nothing_behind(in_store: TestStore) -> None:
    with pytest.raises(DBAPIError):
        fetch(hot("SELECT 1 / CAST(:zero AS int)"), {"zero": 0})
    assert fetch(SETTINGS, {})[0].store == str(in_store.id)


def test_a_pooled_connection_that_died_is_replaced(in_store: TestStore) -> None:
    pid = fetch(SETTINGS, {})[0].pid
    pooled = db.engine.raw_connection()
    raw: Any = pooled.dbapi_connection
    assert raw.info.backend_pid == pid
    with socket.socket(fileno=os.dup(raw.pgconn.socket)) as wire:
        wire.shutdown(socket.SHUT_RDWR)
    pooled.close()
    with pytest.raises(OperationalError):
        fetch(SETTINGS, {})
    assert fetch(SETTINGS, {})[0].store == str(in_store.id)


def test_it_sees_what_its_unit_of_work_wrote_and_is_rolled_back_with_it(in_store: TestStore) -> None:
    customers = hot("SELECT count(*) AS number FROM customers")
    with pytest.raises(RuntimeError), transaction():
        make_customer()
        assert fetch(customers, {})[0].number == 1
        fetch(hot("UPDATE customers SET name = :name"), {"name": "x"})
        assert [rows[0].number for rows in fetch_all((customers, {}), (customers, {}))] == [1, 1]
        raise RuntimeError
    assert fetch(customers, {})[0].number == 0


def test_a_lock_time_out_in_a_hot_statement_is_tried_again(in_store: TestStore) -> None:
    tries = []

    @unit_of_work
    def work() -> None:
        tries.append(1)
        if len(tries) < 3:
            fetch(hot("DO $$ BEGIN RAISE lock_not_available; END $$"), {})

    work()
    assert len(tries) == 3


def test_a_read_is_one_round_trip(in_store: TestStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is sent before anything is waited for: libpq is asked for one Sync, at the end."""
    make_product()
    fetch(PRODUCTS, {})
    sent = []
    synchronize = BasePipeline._enqueue_sync
    monkeypatch.setattr(BasePipeline, "_enqueue_sync", lambda self: (sent.append("sync"), synchronize(self))[1])
    execute = psycopg.Cursor.execute

    def noted(self: Any, query: Any, *values: Any, **options: Any) -> Any:
        sent.append("statement")
        return execute(self, query, *values, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", noted)
    assert len(fetch(PRODUCTS, {})) == 1
    assert sent == ["statement", "statement", "sync"]


@pytest.mark.parametrize(
    "statement", [repository.READ, repository.BEHIND_LOCK, reading._READ], ids=["cart", "behind_its_lock", "a_message"]
)
def test_the_driver_keeps_them_as_it_takes_them_apart(statement: str) -> None:
    assert len(statement) <= MAX_CACHED_STATEMENT_LENGTH


def test_a_tight_statement_says_the_same() -> None:
    loose = "\n  SELECT a ,  b AS c ,\n ( SELECT 'x y' )  FROM t WHERE a = '' AND b IN ( 1 , 2 )"
    assert tight(loose) == " SELECT a,b AS c,(SELECT 'x y')FROM t WHERE a='' AND b IN(1,2)"


def test_a_pipeline_is_sent_at_once(in_store: TestStore, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    communicate = BasePipeline._communicate_gen

    def noted(self: Any) -> Any:
        sent.append(len(self.command_queue))
        return communicate(self)

    fetch(PRODUCTS, {})
    monkeypatch.setattr(BasePipeline, "_communicate_gen", noted)
    fetch_all((PRODUCTS, {}), (SETTINGS, {}))
    assert len(sent) == 1, "not once for each statement"


def test_names_become_the_drivers(in_store: TestStore) -> None:
    assert hot("SELECT :one, '10%', CAST(:one AS int)") == "SELECT %(one)s, '10%%', CAST(%(one)s AS int)"
    assert db.session.execute(text("SELECT 1")).scalar_one() == 1
