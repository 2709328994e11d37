"""Why a cart does not count as abandoned: the rule's parts for one cart, one after the other, for those who ask why nothing was sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import CartId, CustomerId
from app.money import Money
from app.recovery import opening
from app.stores import directory
from app.stores.directory import StoreView
from app.stores.segments import Shopper


@dataclass(frozen=True, slots=True)
class OpenCart:
    """A customer's open cart without an open episode. `why` is the first reason that applies; `due_at` when it will count."""

    cart_id: CartId
    value: Money
    last_activity: datetime
    why: str
    due_at: datetime | None


CARTS = text("""
    SELECT c.id, c.currency, c.updated_at, c.examined, k.locale, k.password_hash IS NOT NULL AS member,
        EXISTS (SELECT 1 FROM orders o WHERE o.store_id = :store AND o.customer_id = ANY(:people)
            AND o.state IN ('placed', 'fulfilled')) AS buyer,
        coalesce(w.value, 0)::bigint AS value, s.started_at,
        split_part(coalesce(v.actor, ''), ' ', 2) AS agent,
        EXISTS (SELECT 1 FROM staff_members m JOIN customers p ON p.store_id = m.store_id AND p.email = m.email
            WHERE m.store_id = :store AND m.removed_at IS NULL AND p.id = ANY(:people)) AS staff,
        EXISTS (SELECT 1 FROM orders o WHERE o.store_id = :store AND o.customer_id = ANY(:people)
            AND o.state = 'in_review') AS held,
        EXISTS (SELECT 1 FROM orders o WHERE o.store_id = :store AND o.customer_id = ANY(:people)
            AND o.state IN ('placed', 'fulfilled') AND o.placed_at >= c.updated_at) AS bought
    FROM carts c
    JOIN customers h ON h.store_id = c.store_id AND h.id = c.customer_id
    JOIN customers k ON k.store_id = h.store_id AND k.id = coalesce(h.merged_into, h.id)
    LEFT JOIN recovery_starts s ON s.store_id = c.store_id
    LEFT JOIN cart_events v ON v.store_id = c.store_id AND v.cart_id = c.id AND v.version = c.version
    CROSS JOIN LATERAL (
        SELECT sum(l.quantity * CAST(l.snapshot #>> '{unit_price,amount}' AS bigint)) AS value FROM cart_lines l
        WHERE l.store_id = c.store_id AND l.cart_id = c.id AND l.pane = 'active') w
    WHERE c.store_id = :store AND c.customer_id = ANY(:people) AND c.status = 'open' AND NOT EXISTS (
        SELECT 1 FROM episodes e WHERE e.store_id = c.store_id AND e.cart_id = c.id AND e.state = 'open'
          AND e.trigger = 'cart_abandoned')
    ORDER BY c.id""")


def list_unabandoned(customer_ids: frozenset[CustomerId], now: datetime) -> list[OpenCart]:
    """The person's open carts that do not count as abandoned at the moment, and why."""
    rows = list(db.session.execute(CARTS, {"store": current_store_id(), "people": list(customer_ids)}))
    found = []
    for row in rows:
        store = directory.get(current_store_id())
        settings = store.settings_of(Shopper(row.member, row.locale, row.currency, row.buyer))
        due_at = row.updated_at + timedelta(minutes=settings.abandonment_minutes)
        why = _why(row, store, due_at, now)
        coming = why in ("active_lately", "not_looked_at_yet")
        found.append(
            OpenCart(CartId(row.id), Money(row.value, row.currency), row.updated_at, why, due_at if coming else None)
        )
    return found


def _why(row: Any, store: StoreView, due_at: datetime, now: datetime) -> str:
    if not store.settings.recovery:
        return "recovery_off"
    if not row.value:
        return "cart_empty"
    if row.value < opening.minimums(store).get(row.currency, opening.ELSEWHERE):
        return "below_minimum"
    for reason, applies in (
        ("staff", row.staff),
        ("robot", row.agent in opening.ROBOTS),
        ("order_under_review", row.held),
        ("left_before_start", row.started_at is not None and row.updated_at <= row.started_at),
        ("active_lately", due_at > now),
        ("bought_since", row.bought),
        ("not_looked_at_yet", not row.examined),
    ):
        if applies:
            return reason
    return "counted_before"
