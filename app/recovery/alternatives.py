"""What to buy instead of what is sold out: like it in kind and price first, then what others bought with it."""

from datetime import datetime, timedelta

from sqlalchemy import text

from app.catalog.listing import list_in_stock, list_similar
from app.catalog.values import ProductCard
from app.database.base import db
from app.database.tenancy import current_store_id

AT_MOST = 2  # for each thing
LOOKED_AT = 3  # things that are missing: each costs two statements
SINCE = timedelta(days=180)
ORDERS_AT_MOST = 500

# Of the newest orders with the product, the products that were in most of them besides; sold now, and in stock.
_BOUGHT_WITH = text("""
    WITH recent AS (
        SELECT l.order_id FROM order_lines l
        JOIN orders o ON o.store_id = l.store_id AND o.id = l.order_id
        WHERE l.store_id = :store AND l.variant_id IN (SELECT v.id FROM variants v
            JOIN products p ON p.store_id = v.store_id AND p.id = v.product_id
            WHERE v.store_id = :store AND p.handle = :handle)
        AND o.placed_at > :since ORDER BY o.placed_at DESC LIMIT :orders)
    SELECT p.handle FROM order_lines l JOIN recent r ON r.order_id = l.order_id
    JOIN products p ON p.store_id = l.store_id AND p.id = l.product_id AND p.status = 'published'
    WHERE l.store_id = :store AND p.handle <> :handle
    GROUP BY p.handle HAVING count(DISTINCT l.order_id) >= 2
    ORDER BY count(DISTINCT l.order_id) DESC, p.handle LIMIT 6""")


def find(handle: str, currency: str, *, besides: set[str], now: datetime) -> tuple[ProductCard, ...]:
    """Up to 2 products that can be bought in `currency` instead of this one; none of the handles in `besides`."""
    taken = besides | {handle}
    similar = [card for card in list_similar(handle, currency) if _fits(card, taken)]
    if len(similar) < AT_MOST:
        taken |= {card.handle for card in similar}
        similar += [card for card in _bought_with(handle, currency, now) if _fits(card, taken)]
    return tuple(similar[:AT_MOST])


def _fits(card: ProductCard, taken: set[str]) -> bool:
    return card.handle not in taken and card.price is not None and not card.sold_out


def _bought_with(handle: str, currency: str, now: datetime) -> tuple[ProductCard, ...]:
    names = {"store": current_store_id(), "handle": handle, "since": now - SINCE, "orders": ORDERS_AT_MOST}
    return list_in_stock(list(db.session.execute(_BOUGHT_WITH, names).scalars()), currency)
