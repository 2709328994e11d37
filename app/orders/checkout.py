"""What a shopper enters on the way to an order: kept with the cart, so that Back, another tab or a closed one lose nothing."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from app.cart import couponing
from app.cart.pricing import goods, review
from app.cart.queries import CartNow
from app.cart.repository import StoredCart
from app.cart.state import Pane
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import unit_of_work
from app.errors import Refusal
from app.orders.errors import CheckoutIncomplete, NothingToOrder
from app.orders.quote import Quote, Relief, quote
from app.orders.terms import Terms
from app.orders.values import CheckoutDetails
from app.promotions.domain import Reduction

FORGOTTEN_AFTER = timedelta(minutes=30)  # of a guest: whoever uses the browser next does not see an address

FIND = text("SELECT details, updated_at FROM checkouts WHERE store_id = :store AND cart_id = :cart")

KEEP = text("""
    INSERT INTO checkouts (store_id, cart_id, details, updated_at) VALUES (:store, :cart, :details, :now)
    ON CONFLICT (store_id, cart_id) DO UPDATE SET details = excluded.details, updated_at = excluded.updated_at""")

FORGET = text("DELETE FROM checkouts WHERE store_id = :store AND cart_id = :cart")


def find_details(cart_id: UUID, now: datetime, *, account: bool) -> CheckoutDetails:
    """What has been entered for this cart so far; a guest's entries are shown again for half an hour."""
    row = db.session.execute(FIND, {"store": current_store_id(), "cart": cart_id}).first()
    if row is None or (not account and now - row.updated_at > FORGOTTEN_AFTER):
        return CheckoutDetails()
    return msgspec.convert(row.details, CheckoutDetails)


@unit_of_work
def keep_details(cart_id: UUID, details: CheckoutDetails, now: datetime) -> None:
    """Keep what has been entered."""
    names: dict[str, Any] = {"store": current_store_id(), "cart": cart_id, "now": now}
    db.session.execute(KEEP, {**names, "details": msgspec.json.encode(details).decode()})


@unit_of_work
def forget_details(cart_id: UUID) -> None:
    """The order is placed: what was entered is in it."""
    db.session.execute(FORGET, {"store": current_store_id(), "cart": cart_id})


def quote_of(
    stored: StoredCart | CartNow, details: CheckoutDetails, terms: Terms, now: datetime, *, with_code: bool = True
) -> Quote:
    """What an order of this cart would come to with what has been entered so far; on wish without its discount code."""
    country = details.address.country if details.address else terms.country
    method = None
    if details.delivery_key:
        offered = terms.offered(country, stored.cart.currency)
        method = next((method for method in offered if method.key == details.delivery_key), None)
    cart, relief, not_counted = stored.cart, None, None
    if with_code:
        worth = goods(review(cart, Pane.ACTIVE, stored.facts, terms.policy), cart.currency)
        counted = couponing.counted(cart, stored.coupon, worth, now)
        not_counted = counted if isinstance(counted, Refusal) else None
        if isinstance(counted, Reduction):
            relief = Relief(cart.coupon, counted.amount, counted.free_delivery)
    quoted = quote(cart, stored.facts, terms.policy, taxes=terms.taxes, country=country, method=method, relief=relief)
    return replace(quoted, not_counted=not_counted)


def require_complete(stored: StoredCart | CartNow, details: CheckoutDetails, terms: Terms) -> None:
    """Raise what is still missing before an order can be made: NothingToOrder, CheckoutIncomplete with its step."""
    require_delivery(stored, details, terms)
    if not details.provider:
        raise CheckoutIncomplete(step="payment")


def require_delivery(stored: StoredCart | CartNow, details: CheckoutDetails, terms: Terms) -> None:
    """Raise what is still missing before it can be said how to pay: NothingToOrder, CheckoutIncomplete."""
    if not stored.cart.pane(Pane.ACTIVE):
        raise NothingToOrder()
    country = details.address.country if details.address else terms.country
    offered = {method.key: method for method in terms.offered(country, stored.cart.currency)}
    method = offered.get(details.delivery_key)
    if details.contact is None or method is None or (details.address is None and not method.pickup):
        raise CheckoutIncomplete(step="delivery")
