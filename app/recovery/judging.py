"""Whether a step's conditions hold for a message now: the facts they are decided by, read from the shop."""

from uuid import UUID

from app.cart import repository as carts
from app.cart.pricing import goods, review
from app.cart.settings import policy_of
from app.cart.state import Cart, Pane
from app.catalog.facts_query import get_facts
from app.database.statements import fetch, hot
from app.database.tenancy import current_store_id
from app.ids import CartId
from app.recovery import publisher
from app.recovery.conditions import ConditionFacts, first_unmet
from app.recovery.content import Condition
from app.recovery.reading import NoSuchMessage
from app.recovery.values import Trigger

# Whoever has the same address, or turned out to be the same account, is the same person.
_READ = hot("""
    SELECT e.trigger, e.cart_id, e.reason, e.likelihood, u.locale, u.country, u.password_hash IS NOT NULL AS has_account,
           (SELECT count(*) FROM orders o JOIN customers p ON p.store_id = o.store_id AND p.id = o.customer_id
            WHERE o.store_id = m.store_id AND o.placed_at IS NOT NULL AND o.state <> 'cancelled'
            AND (p.email = u.email OR p.id = u.merged_into OR p.merged_into = u.id)) AS orders
    FROM messages m
    JOIN episodes e ON e.store_id = m.store_id AND e.id = m.episode_id
    JOIN customers u ON u.store_id = m.store_id AND u.id = m.customer_id
    WHERE m.store_id = :store AND m.id = :message""")

_CATEGORIES = hot("""
    SELECT DISTINCT k.slug FROM products p JOIN categories k ON k.store_id = p.store_id AND k.id = p.category_id
    WHERE p.store_id = :store AND p.handle = ANY(CAST(:handles AS text[]))""")


def unmet(conditions: tuple[Condition, ...], message_id: UUID) -> str:
    """The kind of the first condition that does not hold; "" when all do. Reads nothing without conditions.

    Raises NoSuchMessage.
    """
    if not conditions:
        return ""
    found = first_unmet(conditions, facts_of(message_id))
    return found.kind if found else ""


def facts_of(message_id: UUID) -> ConditionFacts:
    """What is known now about a message's cart and person. Raises NoSuchMessage."""
    rows = fetch(_READ, {"store": current_store_id(), "message": message_id})
    if not rows:
        raise NoSuchMessage(str(message_id))
    row = rows[0]
    stored = carts.list_stored([CartId(row.cart_id)]).get(CartId(row.cart_id))
    cart = stored.cart if stored else Cart()
    pane = Pane.ACTIVE if row.trigger == Trigger.CART_ABANDONED else Pane.NEXT_PURCHASE
    policy = policy_of(publisher.current_store().settings)
    counted = [
        line for line in review(cart, pane, get_facts(cart.variant_ids(), cart.currency), policy) if line.counted
    ]
    handles = {line.facts.handle for line in counted if line.facts}
    slugs = fetch(_CATEGORIES, {"store": current_store_id(), "handles": sorted(handles)}) if handles else []
    return ConditionFacts(
        value=goods(counted, cart.currency),
        units=sum(line.line.quantity for line in counted),
        orders=row.orders,
        has_account=row.has_account,
        language=row.locale,
        reason=row.reason,
        country=row.country,
        likelihood=row.likelihood,
        products=frozenset(handles),
        categories=frozenset(slug.slug for slug in slugs),
    )
