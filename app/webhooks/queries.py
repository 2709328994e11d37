"""Deliveries as staff look at them: the last ones of an endpoint by what came of them, and one as it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.webhooks.errors import DeliveryNotFound

SHOWN = 50

_DELIVERY = """
    SELECT id, endpoint_id, event_id, type, occurred_at, data, state, due_at, attempts, tried_at, took_ms, status, error, answer
    FROM webhook_deliveries WHERE store_id = :store"""

LAST = text(f"{_DELIVERY} AND endpoint_id = :endpoint ORDER BY number DESC LIMIT :limit")

ONE = text(f"{_DELIVERY} AND endpoint_id = :endpoint AND id = :id")

TROUBLED = text("""
    SELECT count(*) FROM webhook_endpoints WHERE store_id = :store AND removed_at IS NULL AND off_reason IN ('failing', 'gone')""")


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to an endpoint, or at its end."""

    id: UUID
    endpoint_id: UUID
    event_id: UUID
    type: str
    occurred_at: datetime
    data: Mapping[str, Any]
    state: str
    due_at: datetime
    attempts: int
    tried_at: datetime | None
    took_ms: int | None
    status: int | None
    error: str
    answer: str


@dataclass(frozen=True, slots=True)
class Group:
    """Deliveries of which the same came. `error` is "" for those that were taken or have not been tried."""

    error: str
    state: str
    deliveries: tuple[Delivery, ...]


def list_last(endpoint_id: UUID) -> list[Delivery]:
    """The last SHOWN deliveries, the newest first."""
    names = {"store": current_store_id(), "endpoint": endpoint_id, "limit": SHOWN}
    return [Delivery(*row) for row in db.session.execute(LAST, names)]


def grouped(found: Sequence[Delivery]) -> list[Group]:
    """By what came of them: what failed first, then what waits, then what was taken."""
    groups: dict[tuple[str, str], list[Delivery]] = {}
    for one in found:
        groups.setdefault((one.error, one.state), []).append(one)
    order = {"given_up": 0, "waiting": 1, "delivered": 2}
    keys = sorted(groups, key=lambda key: (order[key[1]] if key[0] else order[key[1]] + 1, key[0]))
    return [Group(error, state, tuple(groups[error, state])) for error, state in keys]


def get_delivery(endpoint_id: UUID, delivery_id: UUID) -> Delivery:
    """One of them. Raises DeliveryNotFound."""
    row = db.session.execute(ONE, {"store": current_store_id(), "endpoint": endpoint_id, "id": delivery_id}).first()
    if row is None:
        raise DeliveryNotFound()
    return Delivery(*row)


def count_switched_off() -> int:
    """Endpoints that were switched off because nobody takes their events."""
    return int(db.session.execute(TROUBLED, {"store": current_store_id()}).scalar_one())
