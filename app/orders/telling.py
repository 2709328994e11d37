"""What other systems are told of orders: the outbox's handlers, each telling once however often it is called."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import current_app

from app.ids import OrderId
from app.orders.queries import get_order
from app.orders.values import Order
from app.webhooks.catalogue import Event
from app.webhooks.publishing import publish

Facts = Callable[[Mapping[str, Any], Order], Mapping[str, object]]


def tells(type_: str, facts: Facts = lambda payload, order: {}) -> Callable[[Mapping[str, Any], UUID], None]:
    """A handler that tells of an order as it is now, with what the event itself says (`facts`). Its row names the event."""

    def tell(payload: Mapping[str, Any], row_id: UUID) -> None:
        order = get_order(OrderId(UUID(payload["order_id"])))
        data = {
            "order_id": str(order.id),
            "number": order.number,
            "cart_id": str(order.cart_id),
            "customer_id": str(order.customer_id),
            "total": _money(order.total.amount, order),
            **facts(payload, order),
        }
        publish([Event(row_id, type_, order.cart_id, current_app.config["CLOCK"].now(), data)])

    return tell


def _money(amount: int, order: Order) -> dict[str, object]:
    """An amount in minor units, with its currency."""
    return {"amount": amount, "currency": order.total.currency}


placed = tells("order.placed", lambda payload, order: {"in_review": payload["in_review"]})
released = tells("order.released")
cancelled = tells("order.cancelled", lambda payload, order: {"refund": _money(max(0, payload["refund"]), order)})
refunded = tells(
    "order.refunded",
    lambda payload, order: {"refund_id": payload["refund_id"], "refund": _money(payload["refund"], order)},
)
