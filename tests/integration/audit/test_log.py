"""The audit log: entries in order without gaps, whoever writes at once; a changed byte shows."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.audit import log
from app.database.tenancy import use_store
from app.database.transaction import transaction
from tests.conftest import NOW, TestStore


def did(action: str = "order_released", **details: Any) -> None:
    log.record(action, actor="staff:nora", subject=("order", "1001"), now=NOW, details=details)


def test_what_was_done_is_there_newest_first(in_store: TestStore) -> None:
    did(before="in_review", after="placed")
    did("order_viewed")
    entries = log.list_entries()
    assert [(entry.number, entry.action) for entry in entries] == [(2, "order_viewed"), (1, "order_released")]
    assert entries[1].details == {"before": "in_review", "after": "placed"}
    assert log.list_entries(before=2) == entries[1:]
    assert log.list_entries(action="order_viewed") == entries[:1]
    assert log.list_entries(kind="order", subject="1002") == []
    assert log.verify() == log.Verified(2, None)


def test_what_was_rolled_back_was_not_done(in_store: TestStore) -> None:
    with pytest.raises(RuntimeError), transaction():
        did()
        raise RuntimeError
    assert log.list_entries() == []
    assert log.verify() == log.Verified(0, None)


def test_those_who_write_at_once_take_turns(app: Flask, store: TestStore) -> None:
    def write(number: int) -> None:
        with app.app_context(), use_store(store.id):
            did(n=number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    with app.app_context(), use_store(store.id):
        assert log.verify() == log.Verified(40, None)
        assert sorted(entry.details["n"] for entry in log.list_entries()) == list(range(40))


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_entries SET actor = 'staff:somebody' WHERE store_id = :store AND number = 2",
        "UPDATE audit_entries SET details = '{\"n\": 7}' WHERE store_id = :store AND number = 2",
        "DELETE FROM audit_entries WHERE store_id = :store AND number = 2",
        "DELETE FROM audit_entries WHERE store_id = :store AND number = 3",
    ],
    ids=["who", "what", "left-out", "cut-off"],
)
def test_a_changed_entry_shows(in_store: TestStore, owner_engine: Engine, tampering: str) -> None:
    for number in range(3):
        did(n=number)
    with owner_engine.begin() as connection:
        connection.execute(text("SELECT set_config('app.store', :store, true)"), {"store": str(in_store.id)})
        connection.execute(text(tampering), {"store": in_store.id})
    assert log.verify().broken_at in (2, 3)


def test_the_application_cannot_change_it(in_store: TestStore) -> None:
    did()
    for statement in ("UPDATE audit_entries SET actor = 'x'", "DELETE FROM audit_entries"):
        with pytest.raises(Exception, match="permission denied"), transaction() as session:
            session.execute(text(statement))
