"""Who must hear of a cart's end inside the transaction that brings it about. They are rooms above; the cart is locked."""

from collections.abc import Callable
from datetime import datetime

from app.ids import CartId

Listener = Callable[[CartId, datetime], object]

_emptied: list[Listener] = []
_merged: list[Listener] = []


def on_emptied(listener: Listener) -> None:
    """Have `listener` called when a shopper takes the last line out of the active pane, in whatever way."""
    if listener not in _emptied:
        _emptied.append(listener)


def on_merged(listener: Listener) -> None:
    """Have `listener` called when a contact's cart has gone into the account's: with the contact's, which is archived."""
    if listener not in _merged:
        _merged.append(listener)


def emptied(cart_id: CartId, now: datetime) -> None:
    """The active pane of this cart has become empty."""
    for listener in _emptied:
        listener(cart_id, now)


def merged(cart_id: CartId, now: datetime) -> None:
    """This cart has gone into another one."""
    for listener in _merged:
        listener(cart_id, now)
