"""Handing a cart over to an order, inside the unit of work of whoever places it."""

from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import text

from app.cart import codec, repository
from app.cart.commands import PlaceOrder
from app.cart.domain import decide
from app.cart.policy import Policy
from app.cart.repository import StoredCart
from app.cart.state import Cart, Line
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import after_commit
from app.ids import CustomerId
from app.web import live

HOLDER = text("""
    SELECT coalesce(p.merged_into, p.id) FROM carts c
    JOIN customers p ON p.store_id = c.store_id AND p.id = c.customer_id
    WHERE c.store_id = :store AND c.id = :cart""")


def lock_cart(customer_id: CustomerId, op_id: UUID, now: datetime) -> StoredCart:
    """The customer's open cart with its facts, locked until the transaction ends."""
    return repository.lock_open(customer_id, op_id, set(), now)


def holder_of(cart_id: UUID) -> CustomerId:
    """Whose open cart holds what was in this one: its own customer's, or the account's it was merged into."""
    holder: UUID = db.session.execute(HOLDER, {"store": current_store_id(), "cart": cart_id}).scalar_one()
    return CustomerId(holder)


def take_ordered(
    stored: StoredCart, order_id: UUID, lines: tuple[Line, ...], *, op_id: UUID, actor: str, now: datetime
) -> Cart:
    """Take the units of an order out of the locked cart; what else is there, and next purchase, stays.

    Nothing leaves a cart that was never opened: the one of the order was archived before its payment was heard of.
    """
    if not stored.cart.version:
        return stored.cart
    command = PlaceOrder(order_id, lines)
    events = decide(stored.cart, command, {}, Policy(), now)
    asked = codec.fingerprint(command)
    after = repository.save(stored, events, op_id=op_id, fingerprint=asked, actor=actor, now=now)
    after_commit(partial(live.publish_cart, actor, after.cart.version))
    return after.cart
