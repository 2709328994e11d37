"""Customers' carts as staff look for them: saved views, a page at a time, by an index each, however many there are."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import CartId, CustomerId, parse_id
from app.money import Money

PAGE = 50
LAST = datetime(9999, 12, 31, tzinfo=UTC)

_NEXT = """(SELECT json_build_object('channel', m.channel, 'due_at', m.due_at) FROM messages m
            WHERE m.store_id = e.store_id AND m.episode_id = e.id AND m.state IN ('scheduled', 'claimed')
            ORDER BY m.due_at LIMIT 1) AS next"""

# Put together from constants of this file only; values travel as parameters.
EPISODES = f"""
    SELECT e.cart_id, e.id AS cursor_id, e.opened_at AS cursor_at, e.inactive_since AS last_at, e.state, e.arm, e.reason,
           e.value, e.currency, e.units, p.id AS customer_id, p.email, p.name, {_NEXT}
    FROM episodes e JOIN customers p ON p.store_id = e.store_id AND p.id = e.customer_id
    WHERE e.store_id = :store AND e.trigger = 'cart_abandoned' AND {{which}}
      AND (:reason = '' OR e.reason = :reason)
      AND (:reached = '' OR (coalesce(nullif(e.reached, ''), 'cart') = :reached AND e.state <> 'recovered'))
      AND (e.opened_at, e.id) < (:before_at, :before_id)
    ORDER BY e.opened_at DESC, e.id DESC LIMIT :limit"""

CARTS = """
    SELECT c.id AS cart_id, c.id AS cursor_id, c.active_slot AS cursor_at, c.updated_at AS last_at, 'active' AS state,
           '' AS arm, '' AS reason, c.currency, p.id AS customer_id, p.email, p.name, NULL AS next, l.value, l.units
    FROM carts c JOIN customers p ON p.store_id = c.store_id AND p.id = c.customer_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(x.quantity * (x.snapshot -> 'unit_price' ->> 'amount')::bigint), 0)::bigint AS value,
               coalesce(sum(x.quantity), 0)::int AS units
        FROM cart_lines x WHERE x.store_id = c.store_id AND x.cart_id = c.id AND x.pane = 'active') l
    WHERE c.store_id = :store AND {which} AND (c.active_slot, c.id) < (:before_at, :before_id)
    ORDER BY c.active_slot DESC, c.id DESC LIMIT :limit"""

VIEWS: dict[str, str] = {
    "abandoned": EPISODES.format(which="e.state = 'open'"),
    "campaign": EPISODES.format(which="e.state = 'open' AND e.arm = 'campaign'"),
    "recovered": EPISODES.format(which="e.state = 'recovered'"),
    "salvaged": EPISODES.format(which="e.state = 'salvaged'"),
    "ended": EPISODES.format(which="e.state NOT IN ('open', 'recovered', 'salvaged')"),
    "all": EPISODES.format(which="true"),
    "active": CARTS.format(which="c.status = 'open' AND NOT c.examined AND c.version > 0"),
}

OF_PERSON = text(
    CARTS.format(
        which="""c.customer_id IN (SELECT x.id FROM customers x WHERE x.store_id = :store AND x.email = :email)
                 AND (:email <> '') AND c.version > 0"""
    )
)

OF_CART = text("""
    SELECT c.id, c.status, c.version, c.currency, c.updated_at, c.customer_id, p.email, p.name, p.locale,
           p.password_hash IS NOT NULL AS account
    FROM carts c JOIN customers p ON p.store_id = c.store_id AND p.id = c.customer_id
    WHERE c.store_id = :store AND c.id = :cart""")

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


def list_carts(view: str, before: str = "", *, reason: str = "", reached: str = "") -> list[Found]:
    """A page of a saved view, the newest first, and one more if there is one.

    Of carts that were left: only those for a reason, only those that came no further than `reached` and were not recovered.
    """
    only = {} if view == "active" else {"reason": reason, "reached": reached}
    return _listed(text(VIEWS[view]), before, only)


def list_carts_of(email: str, before: str = "") -> list[Found]:
    """The carts of whoever has this normalized address."""
    return _listed(OF_PERSON, before, {"email": email})


def find_cart(cart_id: CartId) -> Whose | None:
    """The cart, whatever its status."""
    row = db.session.execute(OF_CART, {"store": current_store_id(), "cart": cart_id}).first()
    return Whose(**row._mapping) if row else None


def list_episodes(cart_id: CartId) -> list[Any]:
    """The cart's episodes, the newest first: rows."""
    return list(db.session.execute(OF_EPISODES, {"store": current_store_id(), "cart": cart_id}))


def _listed(statement: Any, before: str, more: dict[str, str]) -> list[Found]:
    moment, _tilde, last = before.partition("~")
    before_id: UUID = parse_id(last) or UUID(int=2**128 - 1)
    names = {"before_at": _time(moment) or LAST, "before_id": before_id, "limit": PAGE + 1}
    return [_found(row) for row in db.session.execute(statement, {"store": current_store_id(), **names, **more})]


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
        cursor=f"{row.cursor_at.astimezone(UTC).isoformat()}~{row.cursor_id}",
    )
