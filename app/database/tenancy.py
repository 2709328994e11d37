"""Which store the work at hand belongs to, told to PostgreSQL at the start of every transaction.

Row level security compares each row's store_id with the setting app.store. No store, no rows: it fails closed.
The settings are transaction-local, so a pooled connection (also PgBouncer's) never carries a store over.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Connection, Engine, event

from app.ids import StoreId

_store: ContextVar[StoreId | None] = ContextVar("store", default=None)
_relay: ContextVar[bool] = ContextVar("relay", default=False)

TIMEOUTS = (
    "SET LOCAL lock_timeout='3s'; SET LOCAL statement_timeout='5s'; SET LOCAL idle_in_transaction_session_timeout='10s'"
)


@contextmanager
def use_store(store_id: StoreId) -> Iterator[None]:
    """All transactions begun inside see this store's rows and no others."""
    token = _store.set(store_id)
    try:
        yield
    finally:
        _store.reset(token)


@contextmanager
def across_stores() -> Iterator[None]:
    """For the outbox relay alone: transactions begun inside see the outbox of all stores (and no other table)."""
    token = _relay.set(True)
    try:
        yield
    finally:
        _relay.reset(token)


def set_store(store_id: StoreId | None) -> None:
    """Enter a store for the rest of this context (a web request; the context ends with it)."""
    _store.set(store_id)


def current_store_id() -> StoreId:
    """The store of the work at hand. Raises LookupError outside of any."""
    store_id = _store.get()
    if store_id is None:
        raise LookupError("no store: enter one with use_store()")
    return store_id


def begin_with_store(engine: Engine, role: str) -> None:
    """Make every transaction of `engine` begin as `role`, in the store of its context, with time-outs set."""
    plain = role.replace('"', "")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        statement = f'BEGIN; SET LOCAL ROLE "{plain}"; {TIMEOUTS}'
        store_id = _store.get()
        if store_id is not None:
            statement += f"; SET LOCAL app.store='{store_id}'"
        if _relay.get():
            statement += "; SET LOCAL app.relay='on'"
        raw: Any = connection.connection.dbapi_connection
        raw.execute(statement, prepare=False)


def protect(table: str) -> list[str]:
    """The statements that put `table` (with a store_id) behind row level security, for migrations."""
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY store ON {table} USING (store_id = NULLIF(current_setting('app.store', true), '')::uuid)",
    ]


def grant(table: str, role: str, rights: str = "SELECT, INSERT, UPDATE, DELETE") -> str:
    """The statement that lets the application's role use `table`, for migrations."""
    return f'GRANT {rights} ON {table} TO "{role}"'
