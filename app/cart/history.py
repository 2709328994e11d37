"""The log is the truth: every past state from it, the state anew from it, and whether both agree for a whole store."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from app.cart import codec, guest_repository, repository
from app.cart.events import Event, evolve
from app.cart.repository import StoredCart
from app.cart.state import Cart
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, transaction
from app.errors import NotFound
from app.ids import CartId

BATCH = 200


class CartNotFound(NotFound):
    """The store has no such cart, or it did not exist then."""

    code = "cart_not_found"


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event with what the log says about it."""

    version: int
    event: Event
    actor: str
    op_id: UUID
    occurred_at: datetime
    hash: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A cart whose log is broken or does not give its state: `kind` is gap, chain, unreadable or state."""

    cart_id: CartId
    kind: str
    version: int


_EVENTS = """
    SELECT cart_id, version, kind, payload, actor, op_id, occurred_at, hash FROM cart_events
    WHERE store_id = :store AND cart_id = ANY(:carts) ORDER BY cart_id, version"""

_CARTS = """
    SELECT id FROM carts WHERE store_id = :store AND id > :after ORDER BY id LIMIT :batch"""


def list_events(cart_id: CartId) -> list[LoggedEvent]:
    """Everything that happened to a cart, in order."""
    rows = db.session.execute(text(_EVENTS), {"store": current_store_id(), "carts": [cart_id]})
    return [_logged(row) for row in rows]


def cart_at(cart_id: CartId, *, version: int | None = None, moment: datetime | None = None) -> Cart:
    """The cart as it was after an event, or at a moment; as it is now by default. Raises CartNotFound."""
    cart = Cart()
    for logged in list_events(cart_id):
        if (version is not None and logged.version > version) or (moment is not None and logged.occurred_at > moment):
            break
        cart = evolve(cart, logged.event)
    if cart.version == 0 or (version is not None and cart.version != version):
        raise CartNotFound()
    return cart


def guest_cart_at(guest_cart_id: UUID, *, version: int | None = None, moment: datetime | None = None) -> Cart:
    """The same for a guest's cart, as far back as its history is kept: the last 400 operations at least.

    Raises CartNotFound, also once it has been merged; GuestCartsUnavailable.
    """
    cart: Cart | None = None
    for entry in guest_repository.list_entries(guest_cart_id):
        if moment is not None and entry.at > moment:
            break
        begins = entry.before or (Cart() if entry.version == len(entry.events) else None)
        cart = begins if cart is None else cart
        if cart is None:  # what led to the first entries is no longer kept
            continue
        for kept in entry.events:
            if version is None or cart.version < version:
                cart = evolve(cart, codec.event_of(kept.kind, kept.payload))
    if cart is None or cart.version == 0 or (version is not None and cart.version != version):
        raise CartNotFound()
    return cart


def rebuild(cart_id: CartId, now: datetime) -> Cart:
    """Write the cart's state anew from its log. Raises CartNotFound."""
    with transaction():
        took_lock(Lock.CART)
        names = {"store": current_store_id(), "cart": cart_id}
        locked = text("SELECT id FROM carts WHERE store_id = :store AND id = :cart FOR NO KEY UPDATE")
        if db.session.execute(locked, names).first() is None:
            raise CartNotFound()
        events = list_events(cart_id)
        cart = Cart()
        for logged in events:
            cart = evolve(cart, logged.event)
        last = events[-1] if events else None
        repository.overwrite(cart_id, cart, last.event if last else None, last.hash if last else "", now)
    return cart


def verify() -> Iterator[Fault | CartId]:
    """Go through all carts of the current store: the id of each that is in order, a Fault for each that is not.

    Carts are locked in small batches while they are compared, so that shoppers may go on meanwhile.
    """
    after: UUID = UUID(int=0)
    while True:
        with transaction():
            took_lock(Lock.CART)
            found = db.session.execute(
                text(_CARTS + " FOR NO KEY UPDATE"), {"store": current_store_id(), "after": after, "batch": BATCH}
            ).scalars()
            carts = [CartId(cart_id) for cart_id in found]
            checked = list(_checked(carts))
        yield from checked
        if len(carts) < BATCH:
            return
        after = carts[-1]


def _checked(carts: list[CartId]) -> Iterator[Fault | CartId]:
    logs: dict[CartId, list[Any]] = {cart_id: [] for cart_id in carts}
    for row in db.session.execute(text(_EVENTS), {"store": current_store_id(), "carts": carts}):
        logs[CartId(row.cart_id)].append(row)
    stored = repository.list_stored(carts)
    for cart_id in carts:
        yield _check(stored[cart_id], logs[cart_id]) or cart_id


def _check(stored: StoredCart, rows: list[Any]) -> Fault | None:
    cart, previous = Cart(), ""
    for row in rows:
        if row.version != cart.version + 1:
            return Fault(stored.id, "gap", cart.version + 1)
        kept = codec.StoredEvent(row.kind, row.payload)
        if row.hash != codec.chained(previous, row.version, kept, row.actor, row.op_id, row.occurred_at):
            return Fault(stored.id, "chain", row.version)
        previous = row.hash
        try:
            cart = evolve(cart, codec.event_of(row.kind, row.payload))
        except (KeyError, ValueError, StopIteration, msgspec.ValidationError):
            return Fault(stored.id, "unreadable", row.version)
    if previous != stored.log_hash:
        return Fault(stored.id, "chain", cart.version)
    return None if cart == stored.cart else Fault(stored.id, "state", cart.version)


def _logged(row: Any) -> LoggedEvent:
    event = codec.event_of(row.kind, row.payload)
    return LoggedEvent(row.version, event, row.actor, row.op_id, row.occurred_at, row.hash)
