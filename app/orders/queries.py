"""Reading orders for pages, letters and receipts: frozen values."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import CustomerId, LineId, OrderId, ProductId, VariantId
from app.money import Money
from app.orders.domain import payment_state
from app.orders.errors import OrderNotFound
from app.orders.values import (
    Address,
    Contact,
    Delivery,
    Order,
    OrderLine,
    OrderState,
    OrderSummary,
    TaxLine,
)

PAGE = 20

# A person's orders: their own, and those of contacts that turned out to be them.
_PERSON = """o.customer_id IN (
    SELECT id FROM customers WHERE store_id = :store AND (id = :customer OR merged_into = :customer))"""

OPEN_ATTEMPT = """EXISTS (SELECT 1 FROM payment_attempts a WHERE a.store_id = o.store_id AND a.order_id = o.id
                   AND a.state IN ('started', 'unknown')) AS open_attempt,
           EXISTS (SELECT 1 FROM payment_attempts a WHERE a.store_id = o.store_id AND a.order_id = o.id) AS collects"""

# Put together from constants of this file only; values travel as parameters.
GET = text(f"""
    SELECT o.*, {OPEN_ATTEMPT},
           (SELECT json_agg(to_jsonb(l) ORDER BY l.position) FROM order_lines l
            WHERE l.store_id = o.store_id AND l.order_id = o.id) AS lines
    FROM orders o WHERE o.store_id = :store AND o.id = :order
      AND (CAST(:customer AS uuid) IS NULL OR {_PERSON})""")

_SUMMARY = f"""
    SELECT o.id, o.number, o.state, o.currency, o.total, o.paid, o.refunded, o.placed_at, {OPEN_ATTEMPT},
           (SELECT json_agg(json_build_object('title', l.title, 'image', l.image, 'quantity', l.quantity)
                            ORDER BY l.position) FROM order_lines l
            WHERE l.store_id = o.store_id AND l.order_id = o.id) AS lines
    FROM orders o WHERE o.store_id = :store AND o.number IS NOT NULL"""

LIST = text(f"""{_SUMMARY} AND {_PERSON}
      AND (CAST(:before AS timestamptz) IS NULL OR o.placed_at < :before)
    ORDER BY o.placed_at DESC LIMIT :limit""")


LAST = text(f"""
    SELECT o.contact, o.address FROM orders o WHERE o.store_id = :store AND o.number IS NOT NULL AND {_PERSON}
    ORDER BY o.placed_at DESC LIMIT 1""")


def find_last_details(customer_id: CustomerId) -> tuple[Contact, Address | None] | None:
    """Whom and where a person's last order went to."""
    row = db.session.execute(LAST, {"store": current_store_id(), "customer": customer_id}).first()
    if row is None:
        return None
    return msgspec.convert(row.contact, Contact), msgspec.convert(row.address, Address) if row.address else None


IN_STATE = text(f"{_SUMMARY} AND o.state = :state ORDER BY o.placed_at DESC LIMIT :limit")


def get_order(order_id: OrderId, customer_id: CustomerId | None = None) -> Order:
    """The order; with `customer_id` only if it is that person's. Raises OrderNotFound."""
    names = {"store": current_store_id(), "order": order_id, "customer": customer_id}
    row = db.session.execute(GET, names).first()
    if row is None:
        raise OrderNotFound()
    return _order(row)


def list_orders(customer_id: CustomerId, before: datetime | None = None) -> list[OrderSummary]:
    """A person's placed orders, the newest first, a page at a time; `before` is the last one's time of the page before."""
    names = {"store": current_store_id(), "customer": customer_id, "before": before, "limit": PAGE}
    return [_summary(row) for row in db.session.execute(LIST, names)]


def list_in_state(state: str, limit: int = 100) -> list[OrderSummary]:
    """The store's newest orders in a state."""
    return [
        _summary(row)
        for row in db.session.execute(IN_STATE, {"store": current_store_id(), "state": state, "limit": limit})
    ]


def _order(row: Any) -> Order:
    def money(amount: int) -> Money:
        return Money(amount, row.currency)

    return Order(
        id=OrderId(row.id),
        customer_id=CustomerId(row.customer_id),
        cart_id=row.cart_id,
        cart_version=row.cart_version,
        number=row.number,
        state=OrderState(row.state),
        payment=payment_state(
            OrderState(row.state),
            collects=row.collects,
            open_attempt=row.open_attempt,
            paid=row.paid,
            refunded=row.refunded,
        ),
        lines=tuple(_line(line, row.currency) for line in row.lines),
        subtotal=money(row.subtotal),
        discount=money(row.discount),
        coupon_code=row.coupon_code,
        delivery_cost=money(row.delivery_cost),
        taxes_included=row.taxes_included,
        taxes=tuple(TaxLine(tax["basis_points"], money(tax["base"]), money(tax["tax"])) for tax in row.taxes),
        tax=money(row.tax),
        total=money(row.total),
        paid=money(row.paid),
        refunded=money(row.refunded),
        contact=msgspec.convert(row.contact, Contact),
        address=msgspec.convert(row.address, Address) if row.address else None,
        delivery=msgspec.convert(row.delivery, Delivery),
        locale=row.locale,
        provider=row.provider,
        payment_label=row.payment_label,
        created_at=row.created_at,
        placed_at=row.placed_at,
    )


def _line(line: dict[str, Any], currency: str) -> OrderLine:
    return OrderLine(
        line_id=LineId(UUID(line["line_id"])),
        product_id=ProductId(UUID(line["product_id"])),
        variant_id=VariantId(UUID(line["variant_id"])),
        sku=line["sku"],
        handle=line["handle"],
        title=line["title"],
        options=tuple((name, value) for name, value in line["options"]),
        wishes=tuple((name, value) for name, value in line["wishes"]),
        image=line["image"],
        quantity=line["quantity"],
        unit_price=Money(line["unit_price"], currency),
        discount=Money(line["discount"], currency),
        basis_points=line["basis_points"],
        tax=Money(line["tax"], currency),
    )


def _summary(row: Any) -> OrderSummary:
    state = OrderState(row.state)
    return OrderSummary(
        id=OrderId(row.id),
        number=row.number,
        state=state,
        payment=payment_state(
            state, collects=row.collects, open_attempt=row.open_attempt, paid=row.paid, refunded=row.refunded
        ),
        total=Money(row.total, row.currency),
        units=sum(line["quantity"] for line in row.lines),
        titles=tuple(line["title"] for line in row.lines),
        images=tuple(line["image"] for line in row.lines),
        placed_at=row.placed_at,
    )
