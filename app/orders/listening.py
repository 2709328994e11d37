"""Who must hear of an order inside its own transaction, because afterwards would be too late. They are rooms above."""

from collections.abc import Callable
from datetime import datetime

from app.ids import CustomerId, OrderId

Tell = Callable[[OrderId, datetime], object]
Listener = Callable[[CustomerId], Tell]

_listeners: list[Listener] = []


def on_order(listener: Listener) -> None:
    """Have `listener` called behind the cart's lock, before any other, whenever an order may be about to be accepted.

    It may lock episodes then (docs/locking.md). What it returns is called when the order really is accepted.
    """
    if listener not in _listeners:
        _listeners.append(listener)


def about_to_accept(customer_id: CustomerId) -> Tell:
    """Let those who listen take their locks; to be called with the order once it is accepted, or not at all."""
    told = [listener(customer_id) for listener in _listeners]

    def tell(order_id: OrderId, now: datetime) -> None:
        for one in told:
            one(order_id, now)

    return tell


def nobody(order_id: OrderId, now: datetime) -> None:
    """For an order that cannot be accepted now."""
