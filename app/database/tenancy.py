"""Which store the work at hand belongs to, told to PostgreSQL at the start of every transaction.

Row level security compares each row's store_id with the setting app.store. No store, no rows: it fails closed.
The settings are transaction-local, so a pooled connection (also PgBouncer's) never carries a store over.
"""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Connection, Engine, event

from app.ids import StoreId

_store: ContextVar[StoreId | None] = ContextVar("store", default=None)
_relay: ContextVar[bool] = ContextVar("relay", default=False)

# One statement, so that the driver can prepare it and send it together with the first that follows.
ENTER = b"""
    SELECT set_config('role', %s, true), set_config('app.store', %s, true), set_config('app.relay', %s, true),
        set_config('lock_timeout', '3s', true), set_config('statement_timeout', '5s', true),
        set_config('idle_in_transaction_session_timeout', '10s', true)"""
NOT_BEGUN = "dualcart_not_begun"

Entry = tuple[str, str, str]


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
    """Make every transaction of `engine` begin as `role`, in the store of its context, with time-outs set.

    BEGIN waits for the first statement, and goes with it in one round trip where that is a hot one.
    """
    plain = role.replace('"', "")

    @event.listens_for(engine, "begin")
    def noted(connection: Connection) -> None:
        store_id = _store.get()
        entry: Entry = (plain, str(store_id) if store_id is not None else "", "on" if _relay.get() else "")
        connection.info[NOT_BEGUN] = entry

    @event.listens_for(engine, "before_cursor_execute")
    def before_first(connection: Connection, *_statement: Any) -> None:
        if (entry := take_entry(connection.info)) is not None:
            raw: Any = connection.connection.dbapi_connection
            with raw.pipeline():
                begin(raw, entry)

    @event.listens_for(engine, "commit")
    @event.listens_for(engine, "rollback")
    def ended(connection: Connection) -> None:
        take_entry(connection.info)


def take_entry(info: MutableMapping[Any, Any]) -> Entry | None:
    """What a transaction is to be begun with, if it has sent nothing so far; whoever takes it begins it."""
    entry: Entry | None = info.pop(NOT_BEGUN, None)
    return entry


def begin(raw: Any, entry: Entry) -> None:
    """Begin it, on the driver's connection, in a pipeline."""
    raw.execute(b"BEGIN", prepare=True)
    enter(raw, entry)


def enter(raw: Any, entry: Entry) -> None:
    """Say for the rest of the transaction who works where: a pipeline without BEGIN is one by itself."""
    raw.execute(ENTER, entry, prepare=True)


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
