"""What other systems are told of carts that were left: told in the transaction in which it happens."""

from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import before_commit
from app.recovery.values import EpisodeState
from app.webhooks.catalogue import Event
from app.webhooks.publishing import publish

TYPES = {EpisodeState.RECOVERED: "cart.recovered", EpisodeState.SALVAGED: "cart.salvaged"}
MESSAGES = {"bounced": "message.bounced", "complained": "message.complained"}

# What is told of a cart, as SQL for the statement that opens its episode (`e` as in opening.py).
ABANDONED = """
    SELECT e.episode_id AS id, 'cart.abandoned' AS type, e.id AS subject, CAST(:now AS timestamptz) AS occurred_at,
           jsonb_build_object('cart_id', e.id, 'episode_id', e.episode_id, 'customer_id', e.customer_id,
               'value', jsonb_build_object('amount', e.value, 'currency', e.currency), 'units', e.units,
               'inactive_since', e.since) AS data
    FROM assigned e WHERE :trigger = 'cart_abandoned'"""

# And of a message that left, for the statement that says so (`s` as in message_states.py).
SENT = """
    SELECT s.id, 'message.sent' AS type, e.cart_id AS subject, s.sent_at AS occurred_at,
           jsonb_build_object('message_id', s.id, 'channel', s.channel, 'kind', s.kind, 'step', s.step,
               'cart_id', e.cart_id, 'episode_id', e.id, 'customer_id', s.customer_id) AS data
    FROM sent s JOIN episodes e ON e.store_id = :store AND e.id = s.episode_id"""

EPISODES = text("""
    SELECT id, cart_id, customer_id, value, currency FROM episodes
    WHERE store_id = :store AND id = ANY(:ids) AND trigger = 'cart_abandoned' ORDER BY id""")

MESSAGE = text("""
    SELECT m.id, m.channel, m.kind, m.step, m.customer_id, e.id AS episode_id, e.cart_id
    FROM messages m JOIN episodes e ON e.store_id = m.store_id AND e.id = m.episode_id
    WHERE m.store_id = :store AND m.id = :id""")


def closed(episode_ids: Collection[UUID], state: EpisodeState, order_id: UUID | None, now: datetime) -> None:
    """Abandoned carts were bought after all, or saved for the next purchase; told as the last step, as it waits for nobody."""
    if state in TYPES and episode_ids:
        before_commit(partial(_tell_closed, list(episode_ids), TYPES[state], order_id, now))


def heard(message_id: UUID, kind: str, occurred_at: datetime) -> None:
    """Something was heard of a message that left. Inside the caller's unit of work."""
    if kind not in MESSAGES:
        return
    row: Any = db.session.execute(MESSAGE, {"store": current_store_id(), "id": message_id}).one()
    data = {
        "message_id": str(row.id),
        "channel": row.channel,
        "kind": row.kind,
        "step": row.step,
        "cart_id": str(row.cart_id),
        "episode_id": str(row.episode_id),
        "customer_id": str(row.customer_id),
    }
    publish([Event(uuid5(message_id, kind), MESSAGES[kind], row.cart_id, occurred_at, data)])


def _tell_closed(episode_ids: list[UUID], type_: str, order_id: UUID | None, now: datetime) -> None:
    rows = db.session.execute(EPISODES, {"store": current_store_id(), "ids": episode_ids})
    publish([Event(uuid5(row.id, type_), type_, row.cart_id, now, _facts(row, order_id)) for row in rows])


def _facts(row: Any, order_id: UUID | None) -> dict[str, object]:
    facts: dict[str, object] = {
        "cart_id": str(row.cart_id),
        "episode_id": str(row.id),
        "customer_id": str(row.customer_id),
        "value": {"amount": row.value, "currency": row.currency},
    }
    return facts if order_id is None else {**facts, "order_id": str(order_id)}
