"""Held orders as whoever decides sees them: the queue, what an order is linked with, and how often reasons were right."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import OrderId
from app.money import Money
from app.orders.fraud import Reason
from app.orders.values import OrderState

AT_MOST = 50
LINKED_AT_MOST = 12
LINKED_FOR = timedelta(days=30)
SAME_CARD_FOR = timedelta(days=1)  # a card is known by its last digits only, which others have as well

_LAST = """
    LEFT JOIN LATERAL (
        SELECT r.id, r.decision, r.cause, r.note, r.actor, r.decided_at, r.due_at, r.state FROM order_reviews r
        WHERE r.store_id = o.store_id AND r.order_id = o.id AND r.state <> 'undone'
        ORDER BY r.decided_at DESC, r.id DESC LIMIT 1) r ON true"""

# Those nobody has decided about first, the oldest first; then those that were held on to.
QUEUE = text(f"""
    SELECT o.id, o.number, o.currency, o.total, o.placed_at, o.contact ->> 'name' AS name, o.risk,
           coalesce(r.decision = 'hold', false) AS on_hold
    FROM orders o {_LAST}
    WHERE o.store_id = :store AND o.state = 'in_review' AND (r.state IS NULL OR r.state <> 'waiting')
    ORDER BY on_hold, o.placed_at, o.id LIMIT :limit""")  # noqa: S608  constants of this file

ITEM = text(f"""
    SELECT o.risk, r.id, r.decision, r.cause, r.note, r.actor, r.decided_at, r.due_at, r.state
    FROM orders o {_LAST} WHERE o.store_id = :store AND o.id = :order""")  # noqa: S608  constants of this file

# Each way by an index: the person's and the address's own, and what is recent in the same currency. Since when is reckoned
# beforehand: behind row level security no index helps with a comparison in which something is reckoned from a column.
LINKED = text("""
    WITH this AS MATERIALIZED (
        SELECT *, created_at - CAST(:days AS interval) AS recent, created_at - CAST(:day AS interval) AS just_now
        FROM orders WHERE store_id = :store AND id = :order),
    found AS (
        SELECT o.id, 'customer' AS trait FROM this t JOIN orders o ON o.store_id = :store AND o.customer_id = t.customer_id
        UNION ALL
        SELECT o.id, 'email' FROM this t JOIN orders o ON o.store_id = :store AND o.email = t.email
        UNION ALL
        SELECT o.id, x.trait FROM this t
        JOIN orders o ON o.store_id = :store AND o.currency = t.currency AND o.placed_at > t.recent
        CROSS JOIN LATERAL (VALUES
            ('phone', o.contact ->> 'phone' <> '' AND o.contact ->> 'phone' = t.contact ->> 'phone'),
            ('address', o.address ->> 'street' = t.address ->> 'street' AND o.address ->> 'postcode' = t.address ->> 'postcode'
                AND o.address ->> 'country' = t.address ->> 'country'),
            ('card', o.payment_label <> '' AND o.payment_label = t.payment_label
                AND o.placed_at > t.just_now)) AS x(trait, same)
        WHERE x.same)
    SELECT o.id, o.number, o.state, o.total, o.currency, o.created_at, array_agg(DISTINCT f.trait) AS traits
    FROM found f JOIN orders o ON o.store_id = :store AND o.id = f.id
    WHERE o.id <> :order AND o.number IS NOT NULL
    GROUP BY o.store_id, o.id ORDER BY o.created_at DESC LIMIT :limit""")

DECIDED = text("""
    SELECT r.id, r.order_id, r.decision, r.actor, r.decided_at, r.due_at, r.state, o.number
    FROM order_reviews r JOIN orders o ON o.store_id = r.store_id AND o.id = r.order_id
    WHERE r.store_id = :store AND r.state <> 'undone' AND r.decided_at > :since
    ORDER BY r.decided_at DESC LIMIT :limit""")

HIT_RATES = text("""
    SELECT reason, count(*) AS decided, count(*) FILTER (WHERE d.decision = 'block') AS blocked
    FROM order_reviews d CROSS JOIN unnest(d.reasons) AS reason
    WHERE d.store_id = :store AND d.state = 'done' AND d.decision IN ('allow', 'block')
    GROUP BY reason ORDER BY decided DESC, reason""")


@dataclass(frozen=True, slots=True)
class Held:
    """An order in the queue."""

    id: OrderId
    number: int
    total: Money
    placed_at: datetime
    name: str
    score: int
    on_hold: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as it is shown. `number` is the order's."""

    id: UUID
    order_id: OrderId
    number: int | None
    decision: str
    actor: str
    decided_at: datetime
    due_at: datetime
    state: str
    cause: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Weighed:
    """What speaks against an order, the weightiest first, and what was decided about it last."""

    score: int
    reasons: tuple[Reason, ...]
    last: Decided | None


@dataclass(frozen=True, slots=True)
class Linked:
    """Another order that shares something with this one: customer, email, phone, address, card."""

    id: OrderId
    number: int
    state: OrderState
    total: Money
    created_at: datetime
    traits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HitRate:
    """How often orders that a reason spoke against were blocked in the end."""

    reason: str
    decided: int
    blocked: int


def list_held() -> list[Held]:
    """What waits for a decision."""
    rows = db.session.execute(QUEUE, {"store": current_store_id(), "limit": AT_MOST})
    return [
        Held(
            OrderId(row.id),
            row.number,
            Money(row.total, row.currency),
            row.placed_at,
            row.name,
            _score(row.risk),
            row.on_hold,
        )
        for row in rows
    ]


def weigh(order_id: OrderId) -> Weighed:
    """An order of the store, with its reasons."""
    row = db.session.execute(ITEM, {"store": current_store_id(), "order": order_id}).one()
    reasons = msgspec.convert((row.risk or {}).get("reasons", []), list[Reason])
    last = None
    if row.id is not None:
        last = Decided(
            row.id, order_id, None, row.decision, row.actor, row.decided_at, row.due_at, row.state, row.cause, row.note
        )
    return Weighed(_score(row.risk), tuple(sorted(reasons, key=lambda reason: -reason.points)), last)


def list_linked(order_id: OrderId) -> list[Linked]:
    """Other orders of whoever may be the same person, the newest first."""
    names = {"store": current_store_id(), "order": order_id, "limit": LINKED_AT_MOST}
    rows = db.session.execute(LINKED, {**names, "days": LINKED_FOR, "day": SAME_CARD_FOR})
    return [
        Linked(
            OrderId(row.id),
            row.number,
            OrderState(row.state),
            Money(row.total, row.currency),
            row.created_at,
            tuple(row.traits),
        )
        for row in rows
    ]


def list_decided(since: datetime, *, limit: int = 10) -> list[Decided]:
    """What was decided since then, the newest first."""
    rows = db.session.execute(DECIDED, {"store": current_store_id(), "since": since, "limit": limit})
    return [
        Decided(
            row.id, OrderId(row.order_id), row.number, row.decision, row.actor, row.decided_at, row.due_at, row.state
        )
        for row in rows
    ]


def hit_rates() -> list[HitRate]:
    """By reason, the most frequent first; decisions that were carried out only."""
    rows = db.session.execute(HIT_RATES, {"store": current_store_id()})
    return [HitRate(row.reason, row.decided, row.blocked) for row in rows]


def _score(risk: Any) -> int:
    return int((risk or {}).get("score", 0))
