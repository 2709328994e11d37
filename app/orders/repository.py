"""Orders in PostgreSQL: made, locked, moved on. Each function is one or two statements inside the caller's unit of work."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock
from app.ids import CustomerId, OrderId
from app.orders.errors import OrderNotFound
from app.orders.values import OrderLine, OrderState

CREATE = text("""
    WITH made AS (
        INSERT INTO orders (store_id, id, customer_id, cart_id, activation, cart_version, op_id, state, currency,
            subtotal, discount, delivery_cost, tax, total, taxes_included, taxes, coupon_code, contact, address, delivery,
            locale, provider, payment_label, risk, created_at, expires_at, updated_at)
        VALUES (:store, :id, :customer, :cart, :activation, :cart_version, :op, 'pending', :currency, :subtotal, :discount,
            :delivery_cost, :tax, :total, :taxes_included, :taxes, :coupon_code, :contact, :address, :delivery, :locale,
            :provider, :payment_label, :risk, :now, :expires_at, :now)),
    event AS (
        INSERT INTO order_events (store_id, order_id, version, kind, payload, actor, occurred_at)
        VALUES (:store, :id, 1, 'order_begun', '{}', :actor, :now))
    INSERT INTO order_lines (store_id, order_id, position, line_id, product_id, variant_id, sku, handle, title, options,
        wishes, image, quantity, unit_price, discount, basis_points, tax)
    SELECT :store, :id, l.* FROM jsonb_to_recordset(:lines) AS l(position int, line_id uuid, product_id uuid,
        variant_id uuid, sku text, handle text, title jsonb, options jsonb, wishes jsonb, image text, quantity int,
        unit_price bigint, discount bigint, basis_points int, tax bigint)""")

# The order a shopper's wish to pay is about: the one this very form began, else one whose payment is under way.
CURRENT = text("""
    SELECT id, op_id FROM orders WHERE store_id = :store AND cart_id = :cart AND (op_id = :op OR state = 'pending')
    ORDER BY op_id = :op DESC, id DESC LIMIT 1""")

LOCK = text("""
    SELECT id, customer_id, cart_id, activation, number, state, currency, total, paid, refunded, provider, contact, locale,
           risk, expires_at, coupon_code
    FROM orders WHERE store_id = :store AND id = :order FOR NO KEY UPDATE""")

MOVE = text("""
    WITH moved AS (
        UPDATE orders SET state = :state, number = coalesce(number, :number), paid = paid + :paid,
            refunded = refunded + :refunded, placed_at = coalesce(placed_at, :placed_at), updated_at = :now
        WHERE store_id = :store AND id = :order)
    INSERT INTO order_events (store_id, order_id, version, kind, payload, actor, occurred_at)
    SELECT :store, :order, 1 + max(version), :kind, :payload, :actor, :now
    FROM order_events WHERE store_id = :store AND order_id = :order""")

NUMBER = text("""
    INSERT INTO order_numbers (store_id, last) VALUES (:store, :first)
    ON CONFLICT (store_id) DO UPDATE SET last = order_numbers.last + 1 RETURNING last""")

FIRST_NUMBER = 1001


@dataclass(frozen=True, slots=True)
class CurrentOrder:
    """An order of a cart whose payment is under way, or that the same form began."""

    id: OrderId
    same_form: bool


@dataclass(frozen=True, slots=True)
class LockedOrder:
    """What deciding about an order needs of it, while nobody else may change it."""

    id: OrderId
    customer_id: CustomerId
    cart_id: UUID
    activation: int
    number: int | None
    state: OrderState
    currency: str
    total: int
    paid: int
    refunded: int
    provider: str
    contact: dict[str, Any]
    locale: str
    risk: Any
    expires_at: datetime
    coupon_code: str


def find_current(cart_id: UUID, op_id: UUID) -> CurrentOrder | None:
    """The order this cart has under way. The cart must be locked: then nobody else begins one."""
    names = {"store": current_store_id(), "cart": cart_id, "op": op_id}
    row = db.session.execute(CURRENT, names).first()
    if row is None:
        return None
    return CurrentOrder(OrderId(row.id), row.op_id == op_id)


def create(values: dict[str, Any], lines: tuple[OrderLine, ...]) -> None:
    """Write a pending order with its lines and its first event. Documents in `values` are given as values."""
    documents = ("taxes", "contact", "address", "delivery", "risk")
    db.session.execute(
        CREATE,
        {
            **values,
            **{name: None if values[name] is None else _json(values[name]) for name in documents},
            "store": current_store_id(),
            "lines": _json([_line(at, line) for at, line in enumerate(lines)]),
        },
    )


def lock(order_id: OrderId) -> LockedOrder:
    """The order, locked until the transaction ends. Raises OrderNotFound."""
    took_lock(Lock.ORDER)
    row = db.session.execute(LOCK, {"store": current_store_id(), "order": order_id}).mappings().first()
    if row is None:
        raise OrderNotFound()
    return LockedOrder(**{**row, "id": OrderId(row["id"]), "state": OrderState(row["state"])})


def move(
    order: LockedOrder,
    kind: str,
    *,
    actor: str,
    now: datetime,
    state: OrderState | None = None,
    number: int | None = None,
    paid: int = 0,
    refunded: int = 0,
    placed_at: datetime | None = None,
    **payload: Any,
) -> None:
    """Write what happened to a locked order, and what follows for it."""
    db.session.execute(
        MOVE,
        {
            "store": current_store_id(),
            "order": order.id,
            "state": state or order.state,
            "number": number,
            "paid": paid,
            "refunded": refunded,
            "placed_at": placed_at,
            "kind": kind,
            "payload": _json(payload),
            "actor": actor,
            "now": now,
        },
    )


def next_number() -> int:
    """The next order number of the store: without gaps, since it is taken in the transaction that places the order."""
    took_lock(Lock.COUNTER)
    number: int = db.session.execute(NUMBER, {"store": current_store_id(), "first": FIRST_NUMBER}).scalar_one()
    return number


def _line(at: int, line: OrderLine) -> dict[str, Any]:
    return {
        **msgspec.to_builtins(line),
        "position": at,
        "unit_price": line.unit_price.amount,
        "discount": line.discount.amount,
        "tax": line.tax.amount,
    }


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
