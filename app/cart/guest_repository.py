"""A guest's cart in Redis: one document per cart, changed by atomic compare-and-set, gone when nobody came for long enough.

A cart that is being merged is frozen: guests' writes are refused until the merge is done, or a minute has passed.
Beside the cart lies its history, written by the same script: the last operations with their events (history.py reads it).
"""

import contextlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec
import redis

from app.cache.client import client, store_key
from app.cart import codec
from app.cart.errors import GuestCartMoved, GuestCartsUnavailable
from app.cart.events import Event, evolve
from app.cart.state import Cart, Pane
from app.live.wire import KEPT_SECONDS
from app.web import live
from app.web.visitors import Visitor

DAY = 86_400
OPERATIONS_KEPT = 50
HISTORY_KEPT = 500
WHOLE_EVERY = (
    100  # versions: then an entry also holds the whole cart, for replay to begin at once the first ones are gone
)
FROZEN_SECONDS = 60

# KEYS: cart, its freeze, its version for open pages, its history. ARGV: version it must have, new version, document,
# seconds to live, active units; seconds to keep the version, channel and message for open pages; currency; entry of the
# history, how many to keep. Answers 1 done, 0 somebody was faster, -1 frozen.
# HSET comes first: a Redis that is full refuses it, and then nothing has happened.
COMPARE_AND_SET = """
if redis.call('EXISTS', KEYS[2]) == 1 then return -1 end
if (redis.call('HGET', KEYS[1], 'v') or '0') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[2], 'doc', ARGV[3], 'n', ARGV[5], 'c', ARGV[9])
redis.call('EXPIRE', KEYS[1], ARGV[4])
if ARGV[1] == '0' then redis.call('DEL', KEYS[4]) end
redis.call('RPUSH', KEYS[4], ARGV[10])
redis.call('LTRIM', KEYS[4], -ARGV[11], -1)
redis.call('EXPIRE', KEYS[4], ARGV[4])
redis.call('SET', KEYS[3], ARGV[2], 'EX', ARGV[6])
redis.call('PUBLISH', ARGV[7], ARGV[8])
return 1
"""

# KEYS: cart, its freeze. ARGV: seconds. The document, with nobody writing to it from now on.
FREEZE = """
redis.call('SET', KEYS[2], '1', 'EX', ARGV[1])
return redis.call('HGET', KEYS[1], 'doc')
"""


class Document(msgspec.Struct, frozen=True, omit_defaults=True):
    """What Redis holds of a guest's cart. `by` is the most doubtful kind of visitor that ever changed it."""

    cart: Cart
    last: dict[str, Any] | None = None
    operations: dict[str, str] = {}
    by: Visitor = Visitor.PERSON


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One operation in a guest's history: its events led to `version`. `before` is the whole cart, in some entries only."""

    version: int
    events: tuple[codec.StoredEvent, ...]
    op_id: UUID
    at: datetime
    by: Visitor = Visitor.PERSON
    before: Cart | None = None


@dataclass(frozen=True, slots=True)
class GuestCart:
    """A guest's cart with what storing it needs. `operations` are the last ones carried out, and what they asked for."""

    id: UUID
    cart: Cart
    last: Event | None
    operations: dict[str, str]
    by: Visitor = Visitor.PERSON


def load(guest_cart_id: UUID, days: int) -> GuestCart:
    """The guest's cart, an unopened one if Redis has none; its life begins anew. Raises GuestCartsUnavailable."""
    key, _ = _keys(guest_cart_id)
    try:
        with client().pipeline(transaction=False) as pipeline:
            pipeline.hget(key, "doc")
            pipeline.expire(key, days * DAY)
            pipeline.expire(_history(guest_cart_id), days * DAY)
            body, *_alive = pipeline.execute()
    except redis.RedisError:
        raise GuestCartsUnavailable() from None
    return _guest_cart(guest_cart_id, body)


def save(
    before: GuestCart,
    events: tuple[Event, ...],
    *,
    op_id: UUID,
    fingerprint: str,
    days: int,
    now: datetime,
    by: Visitor = Visitor.PERSON,
) -> GuestCart | None:
    """The cart after `events`, stored with its history; None if somebody else changed it since it was loaded.

    Raises GuestCartMoved while it is being merged, GuestCartsUnavailable without Redis.
    """
    after = before.cart
    for event in events:
        after = evolve(after, event)
    operations = dict([*before.operations.items(), (str(op_id), fingerprint)][-OPERATIONS_KEPT:])
    worst = max(before.by, by, key=list(Visitor).index)
    document = msgspec.json.encode(Document(after, codec.last_document(events[-1]), operations, worst))
    key, freeze = _keys(before.id)
    units = sum(line.quantity for line in after.pane(Pane.ACTIVE))
    news = live.cart_news(_who(before.id), after.version)
    stored = (before.cart.version, after.version, document, days * DAY, units)
    told = (KEPT_SECONDS, news.channel, news.message, after.currency)
    kept = (_entry(before.cart, after, events, op_id, now, by), HISTORY_KEPT)
    keys = (key, freeze, news.version_key, _history(before.id))
    try:
        answer = client().eval(COMPARE_AND_SET, len(keys), *keys, *stored, *told, *kept)
    except redis.RedisError:
        raise GuestCartsUnavailable() from None
    if answer == -1:
        raise GuestCartMoved()
    return replace(before, cart=after, last=events[-1], operations=operations, by=worst) if answer == 1 else None


def list_entries(guest_cart_id: UUID) -> list[Entry]:
    """What is kept of the history of a guest's cart, oldest first. Raises GuestCartsUnavailable."""
    try:
        bodies = cast(list[bytes], client().lrange(_history(guest_cart_id), 0, -1))
    except redis.RedisError:
        raise GuestCartsUnavailable() from None
    return [msgspec.json.decode(body, type=Entry) for body in bodies]


def glance(guest_cart_id: UUID) -> tuple[int, str]:
    """How many pieces are in the active pane, and the cart's currency ("" if unknown): for the header of every page."""
    try:
        units, currency = cast(Any, client().hmget(_keys(guest_cart_id)[0], "n", "c"))
    except redis.RedisError:
        return 0, ""
    return int(units or 0), (currency or b"").decode()


def freeze(guest_cart_id: UUID) -> GuestCart:
    """The cart, with guests' writes refused from now on, for a minute at most. Raises GuestCartsUnavailable."""
    try:
        body = client().eval(FREEZE, 2, *_keys(guest_cart_id), FROZEN_SECONDS)
    except redis.RedisError:
        raise GuestCartsUnavailable() from None
    return _guest_cart(guest_cart_id, body)


def delete(guest_cart_id: UUID) -> None:
    """Forget a merged cart. The freeze stays out its minute, so that no late write brings the cart back."""
    with contextlib.suppress(redis.RedisError):  # it expires by itself, and guest_merges refuses a second merge
        client().delete(_keys(guest_cart_id)[0], _history(guest_cart_id))
        live.publish_cart(_who(guest_cart_id), 0)


def _guest_cart(guest_cart_id: UUID, body: Any) -> GuestCart:
    document = msgspec.json.decode(cast(bytes, body), type=Document) if body else Document(Cart())
    return GuestCart(guest_cart_id, document.cart, codec.last_of(document.last), document.operations, document.by)


def _entry(before: Cart, after: Cart, events: tuple[Event, ...], op_id: UUID, now: datetime, by: Visitor) -> bytes:
    whole = before if before.version // WHOLE_EVERY != after.version // WHOLE_EVERY else None
    kept = tuple(codec.stored(event) for event in events)
    return msgspec.json.encode(Entry(after.version, kept, op_id, now, by, whole))


def _who(guest_cart_id: UUID) -> str:
    return f"guest:{guest_cart_id}"  # as Shopper.actor says it


def _keys(guest_cart_id: UUID) -> tuple[str, str]:
    return store_key("guest-cart", guest_cart_id), store_key("guest-cart", guest_cart_id, "frozen")


def _history(guest_cart_id: UUID) -> str:
    return store_key("guest-cart", guest_cart_id, "history")
