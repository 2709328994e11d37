"""Customers' carts as staff look for them: saved views, a page at a time, by an index each, however many there are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import CartId, CustomerId, parse_id
from app.money import Money
from app.recovery.models import LISTS

PAGE = 50
LAST = datetime(9999, 12, 31, tzinfo=UTC)

_NEXT = """(SELECT json_build_object('channel', m.channel, 'due_at', m.due_at) FROM messages m
            WHERE m.store_id = e.store_id AND m.episode_id = e.id AND m.state IN ('scheduled', 'claimed')
            ORDER BY m.due_at LIMIT 1) AS next"""

ACTIVE = "active"  # the view of carts that nobody has left yet
DEPTH = 10_000  # how far one page looks for what a filter asks, so that it is there at once however rare that is
Narrowed = Mapping[str, object]

# The newest of a view by one index, no further than `depth`; of these the ones that are asked for. Put together from
# constants of this file only; values travel as parameters.
EPISODES = f"""
    SELECT e.cart_id, e.id AS cursor_id, e.opened_at AS cursor_at, e.inactive_since AS last_at, e.state, e.arm, e.reason,
           e.value, e.currency, e.units, p.id AS customer_id, p.email, p.name, {_NEXT}
    FROM (SELECT * FROM episodes e
          WHERE e.store_id = :store AND e.trigger = 'cart_abandoned' AND {{which}}
            AND (e.opened_at, e.id) < (:before_at, :before_id){{within}}
          ORDER BY e.opened_at DESC, e.id DESC LIMIT :depth) e
    JOIN customers p ON p.store_id = e.store_id AND p.id = e.customer_id
    WHERE true{{asked}}
    ORDER BY e.opened_at DESC, e.id DESC LIMIT :limit"""

CARTS = """
    SELECT c.id AS cart_id, c.id AS cursor_id, c.active_slot AS cursor_at, c.updated_at AS last_at, 'active' AS state,
           '' AS arm, '' AS reason, c.currency, p.id AS customer_id, p.email, p.name, NULL AS next, l.value, l.units
    FROM (SELECT * FROM carts c WHERE c.store_id = :store AND {which}
            AND (c.active_slot, c.id) < (:before_at, :before_id){within}
          ORDER BY c.active_slot DESC, c.id DESC LIMIT :depth) c
    JOIN customers p ON p.store_id = c.store_id AND p.id = c.customer_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(x.quantity * (x.snapshot -> 'unit_price' ->> 'amount')::bigint), 0)::bigint AS value,
               coalesce(sum(x.quantity), 0)::int AS units
        FROM cart_lines x WHERE x.store_id = c.store_id AND x.cart_id = c.id AND x.pane = 'active') l
    WHERE true{asked}
    ORDER BY c.active_slot DESC, c.id DESC LIMIT :limit"""

# Where the looking ended: the last of those `depth` that were looked at.
EPISODES_END = """
    SELECT e.opened_at AS cursor_at, e.id AS cursor_id FROM episodes e
    WHERE e.store_id = :store AND e.trigger = 'cart_abandoned' AND {which}
      AND (e.opened_at, e.id) < (:before_at, :before_id){within}
    ORDER BY e.opened_at DESC, e.id DESC OFFSET :depth - 1 LIMIT 1"""
CARTS_END = """
    SELECT c.active_slot AS cursor_at, c.id AS cursor_id FROM carts c
    WHERE c.store_id = :store AND {which} AND (c.active_slot, c.id) < (:before_at, :before_id){within}
    ORDER BY c.active_slot DESC, c.id DESC OFFSET :depth - 1 LIMIT 1"""

_OF = {name: f"e.{which}" for name, which in LISTS.items()}
VIEWS: dict[str, str] = {
    "abandoned": _OF["open"],
    "campaign": f"{_OF['open']} AND e.arm = 'campaign'",
    "recovered": _OF["recovered"],
    "salvaged": _OF["salvaged"],
    "ended": _OF["ended"],
    "all": "true",
    ACTIVE: "c.status = 'open' AND NOT c.examined AND c.version > 0",
}

# The newest word of the customer on each channel; somebody's other guises are left to the cart's own page.
_CONSENT = """coalesce((SELECT bool_or(n.granted) FROM (
        SELECT DISTINCT ON (w.channel) w.granted FROM consents w
        WHERE w.store_id = :store AND w.customer_id = p.id AND w.purpose = 'reminders'
        ORDER BY w.channel, w.said_at DESC, w.id DESC) n), false) = :consent"""
_CHANNEL = """EXISTS (SELECT 1 FROM messages f
        WHERE f.store_id = :store AND f.episode_id = e.id AND f.channel = :channel)"""

WITHIN = {"since": "{at} >= :since", "until": "{at} < :until"}
ASKED = {
    "reason": "e.reason = :reason",
    "reached": "coalesce(nullif(e.reached, ''), 'cart') = :reached AND e.state <> 'recovered'",
    "channel": _CHANNEL,
    "consent": _CONSENT,
    "least": "{value} >= :least",
    "most": "{value} <= :most",
    "currency": "{from_}.currency = :currency",
    "language": "p.locale = :language",
    "account": "(p.password_hash IS NOT NULL) = :account",
}

OF_PERSON = text(
    CARTS.format(
        which="""c.customer_id IN (SELECT x.id FROM customers x WHERE x.store_id = :store AND x.email = :email)
                 AND (:email <> '') AND c.version > 0""",
        within="",
        asked="",
    )
)

OF_CART = text("""
    SELECT c.id, c.status, c.version, c.currency, c.updated_at, c.customer_id, p.email, p.name, p.locale,
           p.password_hash IS NOT NULL AS account
    FROM carts c JOIN customers p ON p.store_id = c.store_id AND p.id = c.customer_id
    WHERE c.store_id = :store AND c.id = :cart""")

OF_ORDER = text("SELECT cart_id FROM orders WHERE store_id = :store AND number = :number")

OF_EPISODES = text(f"""
    SELECT e.id, e.number, e.trigger, e.state, e.arm, e.reason, e.evidence, e.inactive_since, e.opened_at, e.closed_at,
           e.value, e.currency, e.order_id, {_NEXT}
    FROM episodes e WHERE e.store_id = :store AND e.cart_id = :cart ORDER BY e.opened_at DESC, e.id DESC""")


@dataclass(frozen=True, slots=True)
class Found:
    """A cart in the list. `state` is its episode's, or active; `next` the message that goes out next, with its time."""

    cart_id: CartId
    customer_id: CustomerId
    email: str
    name: str
    state: str
    arm: str
    reason: str
    value: Money
    units: int
    last_at: datetime
    next_channel: str
    next_at: datetime | None
    cursor: str


@dataclass(frozen=True, slots=True)
class Whose:
    """A cart and the person it belongs to."""

    id: CartId
    status: str
    version: int
    currency: str
    updated_at: datetime
    customer_id: CustomerId
    email: str
    name: str
    locale: str
    account: bool


def list_carts(view: str, before: str = "", narrowed: Narrowed | None = None, limit: int = 0) -> list[Found]:
    """A page of a view, the newest first, and one more if there is one; `narrowed` as in ASKED and WITHIN."""
    asked = narrowed or {}
    return _listed(_statement(CARTS if view == ACTIVE else EPISODES, view, asked), before, asked, limit or PAGE)


def looked_until(view: str, before: str, narrowed: Narrowed) -> str:
    """From where a list that found too little may be continued; empty if it has looked at everything."""
    statement = _statement(CARTS_END if view == ACTIVE else EPISODES_END, view, narrowed, all_of_it=False)
    names = {name: value for name, value in narrowed.items() if name in WITHIN}
    row = db.session.execute(
        statement, {"store": current_store_id(), **_cursor(before), "depth": DEPTH, **names}
    ).first()
    return _cursor_of(row) if row else ""


def find_cart_of_order(number: int) -> CartId | None:
    """The cart that became the order with this number."""
    row = db.session.execute(OF_ORDER, {"store": current_store_id(), "number": number}).first()
    return CartId(row.cart_id) if row else None


def list_carts_of(email: str, before: str = "") -> list[Found]:
    """The carts of whoever has this normalized address."""
    return _listed(OF_PERSON, before, {"email": email}, PAGE)


def find_cart(cart_id: CartId) -> Whose | None:
    """The cart, whatever its status."""
    row = db.session.execute(OF_CART, {"store": current_store_id(), "cart": cart_id}).first()
    return Whose(**row._mapping) if row else None


def list_episodes(cart_id: CartId) -> list[Any]:
    """The cart's episodes, the newest first: rows."""
    return list(db.session.execute(OF_EPISODES, {"store": current_store_id(), "cart": cart_id}))


def _statement(frame: str, view: str, narrowed: Narrowed, *, all_of_it: bool = True) -> TextClause:
    """A frame with the conditions that were asked for."""
    words = {"at": "c.active_slot", "value": "l.value", "from_": "c"}
    if view != ACTIVE:
        words = {"at": "e.opened_at", "value": "e.value", "from_": "e"}
    within = "".join(f" AND {one.format(**words)}" for name, one in WITHIN.items() if name in narrowed)
    asked = "".join(f" AND {one.format(**words)}" for name, one in ASKED.items() if name in narrowed)
    parts = {"which": VIEWS[view], "within": within}
    return text(frame.format(**parts, asked=asked) if all_of_it else frame.format(**parts))


def _listed(statement: TextClause, before: str, more: Narrowed, limit: int) -> list[Found]:
    names = {"store": current_store_id(), **_cursor(before), "limit": limit + 1, "depth": DEPTH, **more}
    return [_found(row) for row in db.session.execute(statement, names)]


def _cursor(before: str) -> dict[str, object]:
    moment, _tilde, last = before.partition("~")
    return {"before_at": _time(moment) or LAST, "before_id": parse_id(last) or UUID(int=2**128 - 1)}


def _cursor_of(row: Any) -> str:
    return f"{row.cursor_at.astimezone(UTC).isoformat()}~{row.cursor_id}"


def _time(text_: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text_)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _found(row: Any) -> Found:
    return Found(
        cart_id=CartId(row.cart_id),
        customer_id=CustomerId(row.customer_id),
        email=row.email,
        name=row.name,
        state=row.state,
        arm=row.arm,
        reason=row.reason,
        value=Money(row.value, row.currency or "EUR"),
        units=row.units,
        last_at=row.last_at,
        next_channel=row.next["channel"] if row.next else "",
        next_at=_time(row.next["due_at"]) if row.next else None,
        cursor=_cursor_of(row),
    )
