"""The moment an order counts: its number, the cart without what was ordered, and the news of it. Inside the caller's unit of work."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from app.cart import handover
from app.cart.repository import StoredCart
from app.cart.state import Line, Pane, Snapshot
from app.database.base import db
from app.database.tenancy import current_store_id
from app.events import outbox
from app.ids import LineId, OrderId, VariantId
from app.money import Money
from app.orders import checkout, repository
from app.orders.domain import advance
from app.orders.listening import Tell
from app.orders.repository import LockedOrder
from app.orders.values import OrderState

PLACED = "orders.placed"

LINES = text("""
    SELECT line_id, variant_id, wishes, quantity, unit_price FROM order_lines
    WHERE store_id = :store AND order_id = :order ORDER BY position""")


def accept(
    order: LockedOrder, cart: StoredCart, tell: Tell, *, paid: int, op_id: UUID, actor: str, now: datetime
) -> None:
    """Place a locked order, or set it aside for review if there is something to look at. `cart` is locked, too.

    `tell` comes from listening.about_to_accept: in review, too, the shopper has bought.
    """
    held = bool(order.risk and order.risk.get("hold"))
    state = advance(order.state, OrderState.IN_REVIEW if held else OrderState.PLACED)
    lines = _lines(order)
    handover.take_ordered(cart, order.id, lines, op_id=op_id, actor=f"customer:{order.customer_id}", now=now)
    tell(order.id, now)
    checkout.forget_details(order.cart_id)
    number = repository.next_number()
    kind = "order_held" if held else "order_placed"
    repository.move(order, kind, actor=actor, now=now, state=state, number=number, paid=paid, placed_at=now)
    outbox.record(PLACED, {"order_id": str(order.id), "in_review": held}, now=now)


def ordered_units(order_id: OrderId) -> dict[VariantId, int]:
    """How many units of each variant an order is about."""
    units: dict[VariantId, int] = {}
    for row in db.session.execute(LINES, {"store": current_store_id(), "order": order_id}):
        units[VariantId(row.variant_id)] = units.get(VariantId(row.variant_id), 0) + row.quantity
    return units


def _lines(order: LockedOrder) -> tuple[Line, ...]:
    """The order's lines as lines of a cart, by which the cart finds its own."""
    rows = db.session.execute(LINES, {"store": current_store_id(), "order": order.id})
    return tuple(
        Line(
            id=LineId(row.line_id),
            pane=Pane.ACTIVE,
            variant_id=VariantId(row.variant_id),
            options=tuple((name, value) for name, value in row.wishes),
            quantity=row.quantity,
            snapshot=Snapshot("", {}, (), (), None, Money(row.unit_price, order.currency)),
            added_at=order.expires_at,
        )
        for row in rows
    )
