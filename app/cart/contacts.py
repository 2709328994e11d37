"""Carts of contacts: a guest's cart goes to PostgreSQL when an address is given, and to the account at sign-in. Each once."""

from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import text

from app.accounts import contacts
from app.accounts.repository import claim_contact
from app.cart import codec, guest_repository, listening, repository
from app.cart.commands import MergeGuestCart
from app.cart.domain import decide, opened
from app.cart.errors import GuestCartMoved
from app.cart.events import MergeKept, replay
from app.cart.guest_repository import GuestCart
from app.cart.policy import Policy
from app.cart.service import Shopper
from app.cart.state import Cart
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import after_commit, unit_of_work
from app.ids import CustomerId, new_id
from app.web import live
from app.web.visitors import Visitor

CAPTURED = text("""
    SELECT p.id FROM guest_merges m
    JOIN carts c ON c.store_id = m.store_id AND c.id = m.cart_id AND c.status = 'open'
    JOIN customers p ON p.store_id = c.store_id AND p.id = c.customer_id
    WHERE m.store_id = :store AND m.guest_cart_id = :guest AND p.password_hash IS NULL AND p.merged_into IS NULL""")

ARCHIVE = text("UPDATE carts SET status = 'archived', updated_at = :now WHERE store_id = :store AND id = :cart")


def capture(
    guest: GuestCart,
    *,
    email: str,
    name: str,
    locale: str,
    currency: str,
    policy: Policy,
    now: datetime,
    by: Visitor = Visitor.PERSON,
) -> CustomerId:
    """Make a contact of whoever has this frozen guest's cart, and the cart theirs. Raises GuestCartMoved if that was done."""
    contact_id = _capture(guest, email, name, locale, currency, policy, now, by)
    guest_repository.delete(guest.id)
    return contact_id


def find_captured(guest_cart_id: UUID) -> CustomerId | None:
    """The contact who has what was this guest's cart: for the browser that had it, and never learned whose it became."""
    names = {"store": current_store_id(), "guest": guest_cart_id}
    contact_id: UUID | None = db.session.execute(CAPTURED, names).scalar_one_or_none()
    return CustomerId(contact_id) if contact_id else None


@unit_of_work
def _capture(
    guest: GuestCart, email: str, name: str, locale: str, currency: str, policy: Policy, now: datetime, by: Visitor
) -> CustomerId:
    contact_id = contacts.add_contact(email=email, name=name, locale=locale, now=now)
    command = MergeGuestCart(guest.id, guest.cart.lines, policy.merge_rule, guest.cart.currency, guest.cart.coupon)
    op_id, currency = new_id(), guest.cart.currency or currency
    before = repository.lock_open(contact_id, op_id, set(guest.cart.variant_ids()), now, currency=currency)
    if not repository.claim_merge(guest.id, before.id, now):
        raise GuestCartMoved()
    first = opened(before.cart, currency)
    merged = decide(replay(first, before.cart), command, before.facts, policy, now)
    # It is the same person in the same browser: there is nothing to tell them, and nothing to undo.
    events = (*first, *merged, *([MergeKept()] if merged else []))
    asked, shopper = codec.fingerprint(command), Shopper(contact_id, by=by)
    after = repository.save(before, events, op_id=op_id, fingerprint=asked, actor=shopper.logged_as, now=now)
    after_commit(partial(live.publish_cart, shopper.actor, after.cart.version))
    return contact_id


@unit_of_work
def merge_contact_cart(
    contact_id: CustomerId,
    customer_id: CustomerId,
    *,
    currency: str,
    policy: Policy,
    now: datetime,
    by: Visitor = Visitor.PERSON,
) -> Cart | None:
    """The contact has signed in: their cart becomes the account's, once. None if that was done before.

    The contact's cart is locked before the account's; only merges lock two, so that is an order.
    """
    if not claim_contact(contact_id, customer_id):
        return None
    op_id = new_id()
    theirs = repository.lock_open(contact_id, op_id, set(), now)
    currency = theirs.cart.currency or currency
    before = repository.lock_open(customer_id, op_id, set(theirs.cart.variant_ids()), now, currency=currency)
    db.session.execute(ARCHIVE, {"store": current_store_id(), "cart": theirs.id, "now": now})
    listening.merged(theirs.id, now)
    after_commit(partial(live.publish_cart, f"customer:{contact_id}", 0))
    if not theirs.cart.lines:
        return None
    command = MergeGuestCart(theirs.id, theirs.cart.lines, policy.merge_rule, theirs.cart.currency, theirs.cart.coupon)
    first = opened(before.cart, currency)
    events = (*first, *decide(replay(first, before.cart), command, before.facts, policy, now))
    asked, shopper = codec.fingerprint(command), Shopper(customer_id, by=by)
    after = repository.save(before, events, op_id=op_id, fingerprint=asked, actor=shopper.logged_as, now=now)
    after_commit(partial(live.publish_cart, shopper.actor, after.cart.version))
    return after.cart
