"""Telling of an event: a delivery for each endpoint that hears of it, written in the transaction of whoever tells.

It is an insertion and waits for nobody; where no endpoint hears of the event nothing is written.
"""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import after_commit, transaction
from app.webhooks.catalogue import TEST, Event

_wake: Callable[[], object] | None = None


def insertion(source: str) -> str:
    """The SQL that does it for statements that tell of what they did: `source` names rows of id, type, subject, occurred_at
    and data (jsonb). It asks for :store.
    """
    return f"""
        INSERT INTO webhook_deliveries (store_id, id, endpoint_id, event_id, type, subject, occurred_at, data, due_at)
        SELECT w.store_id, uuidv7(), w.id, v.id, v.type, v.subject, v.occurred_at, v.data, now()
        FROM {source} v JOIN webhook_endpoints w
          ON w.store_id = :store AND w.state = 'on' AND w.removed_at IS NULL AND v.type = ANY(w.types)
        ON CONFLICT (store_id, endpoint_id, event_id) DO NOTHING RETURNING id"""  # noqa: S608  constants of our files


PUBLISH = text(f"""
    WITH told AS (
        SELECT * FROM jsonb_to_recordset(CAST(:events AS jsonb))
        AS e(id uuid, type text, subject uuid, occurred_at timestamptz, data jsonb))
    {insertion("told")}""")  # noqa: S608  constants

TELL_ONE = text("""
    INSERT INTO webhook_deliveries (store_id, id, endpoint_id, event_id, type, subject, occurred_at, data, due_at)
    VALUES (:store, :delivery, :endpoint, :event, :type, :subject, :now, CAST('{}' AS jsonb), now())""")


def wake_with(callback: Callable[[], object]) -> None:
    """What to call after a commit that told of something, so that it is delivered at once and not at the next tick."""
    global _wake
    _wake = callback


def wake() -> None:
    """Have what is due delivered now, if anybody can be woken."""
    if _wake:
        _wake()


def publish(events: Sequence[Event]) -> int:
    """Tell of these, each once however often it is told; how many deliveries follow."""
    if not events:
        return 0
    told = [
        {"id": one.id, "type": one.type, "subject": one.subject, "occurred_at": one.occurred_at, "data": one.data}
        for one in events
    ]
    with transaction() as session:
        names: dict[str, Any] = {"store": current_store_id(), "events": msgspec.json.encode(told).decode()}
        count = len(session.execute(PUBLISH, names).all())
        if count:
            after_commit(wake)
    return count


def publish_test(endpoint_id: UUID, delivery_id: UUID, now: Any) -> None:
    """An event for one endpoint alone, whatever it hears of, inside the caller's unit of work."""
    names = {"store": current_store_id(), "delivery": delivery_id, "endpoint": endpoint_id, "event": delivery_id}
    db.session.execute(TELL_ONE, {**names, "type": TEST, "subject": delivery_id, "now": now})
