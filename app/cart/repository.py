"""A customer's cart in PostgreSQL: read, lock, save. State and events are written in one statement of one transaction."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from app.cart import codec
from app.cart.events import Event, evolve
from app.cart.policy import Facts
from app.cart.state import Cart, Line
from app.catalog.facts_query import facts_of, facts_sql
from app.database.base import db
from app.database.statements import Row, fetch, fetch_all, hot, tight
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock
from app.ids import CartId, CustomerId, new_id
from app.promotions.domain import Coupon, code_key
from app.promotions.facts_query import coupon_of, coupon_sql


@dataclass(frozen=True, slots=True)
class StoredCart:
    """A cart with what storing it needs, beside the catalogue as it is now.

    `seen` is what the operation asked for when it was carried out before; `priced_in` is the currency of the facts.
    """

    id: CartId
    cart: Cart
    last: Event | None
    log_hash: str = ""
    seen: str | None = None
    facts: Facts = field(default_factory=dict)
    priced_in: str = ""
    coupon: Coupon | None = None


_COLUMNS = (
    "id", "currency", "version", "activation", "auto_activation", "coupon", "note", "merge", "last", "log_hash",
)  # fmt: skip
_HEADER = f"SELECT {', '.join(_COLUMNS)} FROM carts"
_LINES = """(SELECT coalesce(json_agg(l ORDER BY l.position), '[]') FROM cart_lines l
             WHERE l.store_id = :store AND l.cart_id = {cart})"""

# These statements are put together from constants of this file only; values travel as parameters.
_VARIANTS = "SELECT variant_id FROM cart_lines WHERE store_id = :store AND cart_id = {cart}"

READ = hot(f"""
    SELECT c.*, {_LINES.format(cart="c.id")} AS lines, {facts_sql(_VARIANTS.format(cart="c.id"), "c.currency")} AS facts,
           {coupon_sql("code = c.coupon", ":customer")} AS coupon_facts
    FROM ({_HEADER} WHERE store_id = :store AND customer_id = :customer AND status = 'open') c""")

READ_MANY = hot(f"""
    SELECT c.*, {_LINES.format(cart="c.id")} AS lines FROM ({_HEADER} WHERE store_id = :store AND id = ANY(:carts)) c""")

# Of a cart `c`, for statements that begin elsewhere: what `with_facts` wants to know. They ask for :store.
WITH_FACTS = f"""
    {", ".join(f"c.{column}" for column in _COLUMNS)}, {_LINES.format(cart="c.id")} AS lines,
    {facts_sql(_VARIANTS.format(cart="c.id"), "c.currency")} AS facts"""

LOCK = hot(f"{_HEADER} WHERE store_id = :store AND customer_id = :customer AND status = 'open' FOR NO KEY UPDATE")

# A statement of its own after the lock: READ COMMITTED gives it a snapshot that holds what the lock waited for. Both are
# sent together, so the cart is named by its customer once more.
_OPEN_CART = "(SELECT id FROM carts WHERE store_id = :store AND customer_id = :customer AND status = 'open')"
# The coupon that a command brings into play, else the one that the cart has.
_NAMED_COUPON = f"""code = CASE WHEN CAST(:code_key AS text) = ''
    THEN {_OPEN_CART.replace("SELECT id", "SELECT coupon")}
    ELSE (SELECT t.code FROM coupons t WHERE t.store_id = :store AND t.code_key = :code_key) END"""
_PRICED_IN = f"""CASE WHEN CAST(:switching AS bool) THEN CAST(:currency AS text)
    ELSE coalesce(nullif({_OPEN_CART.replace("SELECT id", "SELECT currency")}, ''), CAST(:currency AS text)) END"""
BEHIND_LOCK = hot(
    tight(f"""
    SELECT {_LINES.format(cart=_OPEN_CART)} AS lines,
           {facts_sql(_VARIANTS.format(cart=_OPEN_CART) + " UNION SELECT unnest(CAST(:variants AS uuid[]))", "asked.currency")}
           AS facts,
           (SELECT fingerprint FROM cart_events WHERE store_id = :store AND cart_id = {_OPEN_CART} AND op_id = :op LIMIT 1)
           AS seen, asked.currency AS priced_in,
           {coupon_sql(_NAMED_COUPON, ":customer")} AS coupon_facts
    FROM (SELECT {_PRICED_IN} AS currency OFFSET 0) asked""")
)

GLANCE = hot("""
    SELECT c.currency, (SELECT coalesce(sum(l.quantity), 0) FROM cart_lines l
                        WHERE l.store_id = c.store_id AND l.cart_id = c.id AND l.pane = 'active') AS units
    FROM carts c WHERE c.store_id = :store AND c.customer_id = :customer AND c.status = 'open'""")

OPEN = text("""
    INSERT INTO carts (store_id, id, customer_id, currency, version, activation, auto_activation, created_at, updated_at,
                       active_slot)
    VALUES (:store, :id, :customer, '', 0, 0, true, :now, :now, date_bin('5 minutes', :now, 'epoch'))
    ON CONFLICT (store_id, customer_id) WHERE status = 'open' DO NOTHING""")

# `active`: the shopper did it, so abandonment is looked for afresh. Within one slot nothing indexed changes.
SAVE = hot("""
    WITH header AS (
        UPDATE carts SET currency = :currency, version = :version, activation = :activation,
            auto_activation = :auto_activation, coupon = :coupon, note = :note, merge = :merge, last = :last,
            log_hash = :log_hash,
            updated_at = CASE WHEN :active THEN CAST(:now AS timestamptz) ELSE updated_at END,
            active_slot = CASE WHEN :active THEN date_bin('5 minutes', CAST(:now AS timestamptz), 'epoch') ELSE active_slot END,
            examined = examined AND NOT :active
        WHERE store_id = :store AND id = :cart AND version = coalesce(:before, version)),
    gone AS (DELETE FROM cart_lines WHERE store_id = :store AND cart_id = :cart AND id = ANY(:gone)),
    kept AS (
        INSERT INTO cart_lines (store_id, cart_id, id, position, pane, variant_id, options, options_hash, quantity,
                                snapshot, brought_back, added_at)
        SELECT :store, :cart, l.* FROM jsonb_to_recordset(:lines) AS l(id uuid, position int, pane text, variant_id uuid,
            options jsonb, options_hash text, quantity int, snapshot jsonb, brought_back bool, added_at timestamptz)
        ON CONFLICT (store_id, cart_id, id) DO UPDATE SET position = excluded.position, pane = excluded.pane,
            variant_id = excluded.variant_id, options = excluded.options, options_hash = excluded.options_hash,
            quantity = excluded.quantity, snapshot = excluded.snapshot, brought_back = excluded.brought_back,
            added_at = excluded.added_at)
    INSERT INTO cart_events (store_id, cart_id, version, kind, payload, actor, op_id, occurred_at, hash, fingerprint)
    SELECT :store, :cart, e.version, e.kind, e.payload, :actor, :op, :now, e.hash, :fingerprint
    FROM jsonb_to_recordset(:events) AS e(version bigint, kind text, payload jsonb, hash text)""")


def find_open(customer_id: CustomerId) -> StoredCart | None:
    """The customer's open cart with its facts, in one statement, without a lock: for showing it."""
    rows = fetch(READ, {"store": current_store_id(), "customer": customer_id})
    return replace(_stored(rows[0], rows[0].lines), **_beside(rows[0])) if rows else None


def glance(customer_id: CustomerId) -> tuple[int, str]:
    """How many pieces are in the active pane, and the cart's currency ("" before it is opened): for every page's header."""
    rows = fetch(GLANCE, {"store": current_store_id(), "customer": customer_id})
    return (int(rows[0].units), rows[0].currency) if rows else (0, "")


def list_stored(cart_ids: list[CartId]) -> dict[CartId, StoredCart]:
    """These carts of the current store, whatever their status."""
    rows = fetch(READ_MANY, {"store": current_store_id(), "carts": cart_ids})
    return {CartId(row.id): _stored(row, row.lines) for row in rows}


def with_facts(row: Row) -> StoredCart:
    """A cart, whatever its status, beside the catalogue as it is now, from a row with the columns WITH_FACTS."""
    return replace(_stored(row, row.lines), facts=facts_of(row.facts))


def lock_open(
    customer_id: CustomerId,
    op_id: UUID,
    variant_ids: set[UUID],
    now: datetime,
    *,
    currency: str = "",
    switching: bool = False,
    code: str = "",
) -> StoredCart:
    """The customer's open cart, made if there is none, locked until the transaction ends.

    Its facts cover the lines' variants and `variant_ids`; they are in the cart's currency, in `currency` for a cart that is
    not opened yet or that is `switching` to it. Its coupon is the one `code` spells, else the one it has.
    """
    took_lock(Lock.CART)
    names = {"store": current_store_id(), "customer": customer_id}
    asked = {**names, "op": op_id, "variants": list(variant_ids), "currency": currency, "switching": switching}
    asked["code_key"] = code_key(code)
    locked, read = fetch_all((LOCK, names), (BEHIND_LOCK, asked))
    if not locked:
        db.session.execute(OPEN, {**names, "id": new_id(), "now": now})
        locked, read = fetch_all((LOCK, names), (BEHIND_LOCK, asked))
    row, behind = locked[0], read[0]
    return replace(_stored(row, behind.lines), seen=behind.seen, priced_in=behind.priced_in, **_beside(behind))


def save(
    before: StoredCart,
    events: tuple[Event, ...],
    *,
    op_id: UUID,
    fingerprint: str,
    actor: str,
    now: datetime,
    active: bool = True,
) -> StoredCart:
    """Append `events` and write the state that follows from them. The cart must be locked.

    Not `active`: this was no doing of the shopper's, and the cart stays as long untouched as it was.
    """
    after, log_hash, documents = before.cart, before.log_hash, []
    for event in events:
        after, kept = evolve(after, event), codec.stored(event)
        log_hash = codec.chained(log_hash, after.version, kept, actor, op_id, now)
        documents.append({"version": after.version, "kind": kept.kind, "payload": kept.payload, "hash": log_hash})
    fetch(
        SAVE,
        {
            **_header(before.id, after, events[-1], log_hash, now),
            "before": before.cart.version,
            "gone": sorted({line.id for line in before.cart.lines} - {line.id for line in after.lines}),
            "lines": _json(_changed_lines(before.cart, after)),
            "events": _json(documents),
            "actor": actor,
            "op": op_id,
            "fingerprint": fingerprint,
            "active": active,
        },
    )
    return StoredCart(before.id, after, events[-1], log_hash)


def overwrite(cart_id: CartId, cart: Cart, last: Event | None, log_hash: str, now: datetime) -> None:
    """Write a cart's state anew, whatever was there: it was rebuilt from its log. The cart must be locked."""
    names = {"store": current_store_id(), "cart": cart_id}
    db.session.execute(text("DELETE FROM cart_lines WHERE store_id = :store AND cart_id = :cart"), names)
    fetch(
        SAVE,
        {
            **_header(cart_id, cart, last, log_hash, now),
            **{"before": None, "gone": [], "events": "[]", "actor": "", "op": None, "fingerprint": "", "active": False},
            "lines": _json(_changed_lines(Cart(), cart)),
        },
    )


def _header(cart_id: CartId, cart: Cart, last: Event | None, log_hash: str, now: datetime) -> dict[str, Any]:
    return {
        "store": current_store_id(),
        "cart": cart_id,
        "currency": cart.currency,
        "version": cart.version,
        "activation": cart.activation,
        "auto_activation": cart.auto_activation,
        "coupon": cart.coupon,
        "note": _json(cart.note),
        "merge": _json(cart.merge),
        "last": _json(codec.last_document(last)),
        "log_hash": log_hash,
        "now": now,
    }


def claim_merge(guest_cart_id: UUID, cart_id: CartId, now: datetime) -> bool:
    """Whether this transaction is the one that merges the guest's cart; false for every other, ever."""
    claimed = db.session.execute(
        text("""INSERT INTO guest_merges (store_id, guest_cart_id, cart_id, merged_at)
                VALUES (:store, :guest, :cart, :now) ON CONFLICT DO NOTHING RETURNING 1"""),
        {"store": current_store_id(), "guest": guest_cart_id, "cart": cart_id, "now": now},
    )
    return claimed.first() is not None


def list_merged_lines(guest_cart_id: UUID, cart_id: CartId) -> tuple[Line, ...]:
    """The lines of a guest's cart that went into this cart, or into the one that claimed it."""
    found = db.session.execute(
        text("""SELECT e.payload -> 'merge' -> 'guest_lines' FROM cart_events e
                WHERE e.store_id = :store AND e.kind = 'guest_cart_merged'
                AND e.cart_id IN (:cart, (SELECT m.cart_id FROM guest_merges m
                                          WHERE m.store_id = :store AND m.guest_cart_id = :guest))
                AND e.payload -> 'merge' ->> 'guest_cart_id' = CAST(:guest AS uuid)::text"""),
        {"store": current_store_id(), "guest": guest_cart_id, "cart": cart_id},
    )
    return tuple(line for lines in found.scalars() for line in codec.lines_of(lines))


def _beside(row: Any) -> dict[str, Any]:
    """What the shop knows now beside a cart: the facts of its variants, and its coupon."""
    return {"facts": facts_of(row.facts), "coupon": coupon_of(row.coupon_facts)}


def _stored(row: Any, lines: Any) -> StoredCart:
    cart = Cart(
        currency=row.currency,
        version=row.version,
        activation=row.activation,
        auto_activation=row.auto_activation,
        lines=codec.lines_of(lines),
        note=codec.note_of(row.note),
        merge=codec.merge_of(row.merge),
        coupon=row.coupon,
    )
    return StoredCart(CartId(row.id), cart, codec.last_of(row.last), row.log_hash)


def _changed_lines(before: Cart, after: Cart) -> list[dict[str, Any]]:
    known = {line.id: (at, line) for at, line in enumerate(before.lines)}
    return [
        {**msgspec.to_builtins(line), "position": at, "options_hash": codec.options_hash(line.options)}
        for at, line in enumerate(after.lines)
        if known.get(line.id) != (at, line)
    ]


def _json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
