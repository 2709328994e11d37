"""Adding many things at once: what can be had comes in, what cannot stays out, and nothing fails because of one. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from app.cart.commands import AddItem
from app.cart.errors import QuantityLimitReached, StockShort
from app.cart.events import Event, ItemAdded, ItemsAdded, replay
from app.cart.state import Cart, Line
from app.errors import Refusal

Add = Callable[[Cart, AddItem], tuple[Event, ...]]


def together(cart: Cart, items: Sequence[AddItem], add: Add) -> tuple[Event, ...]:
    """The events of adding `items` one after the other by `add`, their additions as one."""
    first: list[Event] = []
    added: list[Line] = []
    for item in items:
        try:
            events = _as_many_as_possible(cart, item, add)
        except Refusal:
            continue
        cart = replay(events, cart)
        first.extend(event for event in events if not isinstance(event, ItemAdded))
        added.extend(event.line for event in events if isinstance(event, ItemAdded))
    return (*first, ItemsAdded(tuple(added))) if added else ()


def _as_many_as_possible(cart: Cart, item: AddItem, add: Add) -> tuple[Event, ...]:
    try:
        return add(cart, item)
    except StockShort as short:
        there = sum(line.quantity for line in cart.pane(item.pane) if line.variant_id == item.variant_id)
        left = short.params["available"] - there
    except QuantityLimitReached as reached:
        twin = cart.twin((item.pane, item.variant_id, item.options))
        left = reached.params["maximum"] - (twin.quantity if twin else 0)
    return add(cart, replace(item, quantity=left))
