"""Crediting orders: one row per order that counts, to the cent, whatever the order in which its news arrive.

Told by the outbox that an order was placed, released, refunded or cancelled, it looks at the order as it is now. What an
order came to never changes and what went back only grows, so rows need no lock and news may come twice or late. An order
under review has no row yet; one that was cancelled has gone back whole.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import transaction
from app.ids import CustomerId
from app.recovery import people
from app.recovery.attribution import Candidate, Credit, Ordered, Touch, attribute
from app.recovery.values import Agent, Trigger
from app.stores import directory

COUNTS = "('placed', 'fulfilled', 'cancelled')"

# What an order came to and what of it went back: the one definition, of crediting and of checking.
RETURNED = "CASE WHEN o.state = 'cancelled' THEN o.total ELSE least(o.refunded, o.total) END"

ORDER = text(f"""
    SELECT o.id, o.customer_id, o.cart_id, o.placed_at, EXISTS (
        SELECT 1 FROM attributions a WHERE a.store_id = o.store_id AND a.order_id = o.id) AS credited
    FROM orders o WHERE o.store_id = :store AND o.id = :order AND o.number IS NOT NULL AND o.state IN {COUNTS}""")

# The last part: a message passed on. Whoever brought its things back by its link pressed a button, and ordered some of them
# (guests are followed into the cart theirs went into); scanners that press buttons have no click.
TOUCHES = text("""
    WITH theirs AS (
        SELECT id, state, sent_at, delivered_at FROM messages
        WHERE store_id = :store AND customer_id = ANY(:people))
    SELECT e.message_id, e.kind, e.agent, e.occurred_at AS at
    FROM message_events e JOIN theirs ON theirs.id = e.message_id
    WHERE e.store_id = :store AND e.kind IN ('clicked', 'opened') AND e.occurred_at BETWEEN :since AND :until
    UNION ALL
    SELECT id, 'reached', 'provider', coalesce(delivered_at, sent_at) FROM theirs
    WHERE state IN ('sent', 'delivered', 'opened', 'clicked') AND coalesce(delivered_at, sent_at) BETWEEN :since AND :until
    UNION ALL
    SELECT a.message_id, 'clicked', 'human', a.adopted_at FROM adoptions a
    WHERE a.store_id = :store AND a.adopted_at BETWEEN :since AND :until
      AND a.adopter_id IN (
        SELECT unnest(CAST(:people AS uuid[])) UNION
        SELECT g.guest_cart_id FROM guest_merges g JOIN carts c ON c.store_id = g.store_id AND c.id = g.cart_id
        WHERE g.store_id = :store AND c.customer_id = ANY(:people))
      AND a.variant_ids && ARRAY(SELECT l.variant_id FROM order_lines l WHERE l.store_id = :store AND l.order_id = :order)
      AND EXISTS (
        SELECT 1 FROM message_events e WHERE e.store_id = a.store_id AND e.message_id = a.message_id
          AND e.kind = 'clicked' AND e.agent = 'human' AND e.occurred_at <= a.adopted_at)""")

EPISODES = text("""
    SELECT id, cart_id, trigger, opened_at, order_id FROM episodes
    WHERE store_id = :store AND customer_id = ANY(:people) AND opened_at <= :until
      AND (opened_at > :since OR order_id = :order)
    UNION
    SELECT id, cart_id, trigger, opened_at, order_id FROM episodes WHERE store_id = :store AND order_id = :order""")

CREDIT = text(f"""
    INSERT INTO attributions (store_id, order_id, episode_id, message_id, kind, amount, returned, currency, ordered_at)
    SELECT o.store_id, o.id, :episode, :message, :kind, o.total, {RETURNED}, o.currency, o.placed_at
    FROM orders o WHERE o.store_id = :store AND o.id = :order AND o.state IN {COUNTS}
    ON CONFLICT (store_id, order_id) DO UPDATE SET returned = greatest(attributions.returned, excluded.returned)""")

RETURN = text(f"""
    UPDATE attributions a SET returned = greatest(a.returned, {RETURNED})
    FROM orders o WHERE o.store_id = a.store_id AND o.id = a.order_id AND a.store_id = :store AND a.order_id = :order""")

UNCREDITED = text(f"""
    SELECT o.id FROM orders o LEFT JOIN attributions a ON a.store_id = o.store_id AND a.order_id = o.id
    WHERE o.store_id = :store AND o.number IS NOT NULL AND o.state IN {COUNTS}
      AND (a.order_id IS NULL OR a.amount <> o.total OR a.returned <> {RETURNED}) LIMIT :limit""")


def hear(payload: Mapping[str, Any], _row_id: UUID) -> None:
    """Something happened to an order (topics orders.placed, .released, .refunded, .cancelled)."""
    credit(UUID(payload["order_id"]))


def credit(order_id: UUID) -> None:
    """Bring an order's row up to what the order is now. The credit itself is given once and stays."""
    names = {"store": current_store_id(), "order": order_id}
    days = directory.get(current_store_id()).settings.attribution_days
    with transaction() as session:
        row = session.execute(ORDER, names).first()
        if row is None:
            return
        if row.credited:
            session.execute(RETURN, names)
            return
        given = credit_of(row, timedelta(days=days))
        values = {"episode": given.episode_id, "message": given.message_id, "kind": given.kind}
        session.execute(CREDIT, {**names, **values})


def credit_of(order: Any, window: timedelta) -> Credit:
    """The credit that an order (id, customer_id, cart_id, placed_at) gets by what is known now."""
    persons = list(people.ids_of(CustomerId(order.customer_id)))
    names = {
        "store": current_store_id(),
        "people": persons,
        "order": order.id,
        "since": order.placed_at - window,
        "until": order.placed_at,
    }
    touches = [Touch(row.message_id, row.kind, Agent(row.agent), row.at) for row in db.session.execute(TOUCHES, names)]
    episodes = [
        Candidate(row.id, row.cart_id, Trigger(row.trigger), row.opened_at, row.order_id)
        for row in db.session.execute(EPISODES, names)
    ]
    return attribute(Ordered(order.id, order.cart_id, order.placed_at), touches, episodes, window)


def list_uncredited(limit: int = 100) -> list[UUID]:
    """Orders of the store whose row is missing or differs from the order: none, once the outbox is empty."""
    return list(db.session.execute(UNCREDITED, {"store": current_store_id(), "limit": limit}).scalars())
