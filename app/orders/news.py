"""What the customer is told when something happened to an order: the outbox's handlers, each recording one letter."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import current_app

from app.cart.queries import get_cart
from app.cart.service import Shopper
from app.cart.state import Pane
from app.database.transaction import transaction
from app.ids import OrderId
from app.money import Money
from app.orders import letters
from app.orders.queries import get_order
from app.orders.values import Order
from app.stores.request import at_current_store

CHECKOUT = "/checkout"


def page_of(order: Order) -> str:
    """The path of the order's page: letters cannot ask the router, which knows no host outside of a request."""
    return f"/orders/{order.id}"


def placed(payload: Mapping[str, Any], _row_id: UUID) -> None:
    """An order was accepted: placed, or set aside for review."""
    with _at(payload) as (order, now):
        if payload["in_review"]:
            letters.order_in_review(order, page=page_of(order), now=now)
        else:
            letters.order_placed(order, page=page_of(order), saved=_saved(order), now=now)


def released(payload: Mapping[str, Any], _row_id: UUID) -> None:
    """An order was looked at and is fine."""
    with _at(payload) as (order, now):
        letters.order_placed(order, page=page_of(order), saved=_saved(order), now=now)


def cancelled(payload: Mapping[str, Any], _row_id: UUID) -> None:
    """An order was called off; `refund` (minor units) goes back."""
    with _at(payload) as (order, now):
        refund = Money(payload["refund"], order.total.currency) if payload["refund"] > 0 else None
        letters.order_cancelled(order, page=page_of(order), refund=refund, now=now)


def refunded(payload: Mapping[str, Any], _row_id: UUID) -> None:
    """Money went back (minor units)."""
    with _at(payload) as (order, now):
        refund = Money(payload["refund"], order.total.currency)
        letters.order_refunded(order, page=page_of(order), refund_id=UUID(payload["refund_id"]), refund=refund, now=now)


def payment_failed(payload: Mapping[str, Any], row_id: UUID) -> None:
    """A payment nobody could tell about has failed. The row stands for the attempt: it stays the same when tried again."""
    with _at(payload) as (order, now):
        letters.payment_failed_later(order, checkout=CHECKOUT, attempt_id=row_id, now=now)


@contextmanager
def _at(payload: Mapping[str, Any]) -> Iterator[tuple[Order, datetime]]:
    """The order as it is now, in a unit of work of its own."""
    with at_current_store(), transaction():
        yield get_order(OrderId(UUID(payload["order_id"]))), current_app.config["CLOCK"].now()


def _saved(order: Order) -> int:
    """How many items the customer has kept for the next purchase."""
    cart = get_cart(Shopper(order.customer_id), days=0).cart
    return len(cart.pane(Pane.NEXT_PURCHASE))
