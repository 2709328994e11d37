"""Whom a price concerns: customers' open carts that hold the variant, and those that would ask before they take the new price."""

from dataclasses import dataclass

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import VariantId
from app.money import Money

# What is saved comes back by itself only within the store's limit (cart/activation.py); what is in the order asks for a nod
# whenever its price is another one. An index for each pane.
HOLDING = text("""
    SELECT count(DISTINCT l.cart_id) AS carts,
        count(DISTINCT l.cart_id) FILTER (WHERE l.pane = 'active') AS ordering,
        count(DISTINCT l.cart_id) FILTER (WHERE l.pane = 'next_purchase'
            AND l.snapshot -> 'unit_price' ->> 'currency' = :currency
            AND CAST(:amount AS numeric) * 100 > (l.snapshot -> 'unit_price' ->> 'amount')::bigint * (100 + CAST(:limit AS numeric))) AS asking
    FROM cart_lines l JOIN carts c ON c.store_id = l.store_id AND c.id = l.cart_id AND c.status = 'open'
    WHERE l.store_id = :store AND l.variant_id = :variant AND l.pane IN ('active', 'next_purchase')
      AND c.currency = :currency""")


@dataclass(frozen=True, slots=True)
class Holding:
    """How many carts hold the variant, how many of them in the order, and how many saved it and would ask."""

    carts: int
    ordering: int
    asking: int


def holding(variant_id: VariantId, price: Money | None, currency: str, limit_percent: int) -> Holding:
    """Whom this price would concern; without a price who holds the variant in a cart of that currency at all."""
    names = {"store": current_store_id(), "variant": variant_id, "currency": currency, "limit": limit_percent}
    amount = price.amount if price is not None else 0
    return Holding(*db.session.execute(HOLDING, {**names, "amount": amount}).one())
