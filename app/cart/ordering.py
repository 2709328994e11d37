"""Which units leave the cart when an order of them is placed. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from app.cart.state import Cart, Line, Placed
from app.ids import LineId


def ordered(cart: Cart, lines: Sequence[Line]) -> tuple[Placed, ...]:
    """The units of `lines` that are still in the cart, also where a merge has joined them with their twins meanwhile."""
    taken: dict[LineId, Placed] = {}
    for line in lines:
        there = cart.find(line.id)
        if there is None or there.key != line.key:
            there = cart.twin(line.key)
        if there is None:
            continue
        already = taken[there.id].line.quantity if there.id in taken else 0
        units = min(there.quantity, already + line.quantity)
        taken[there.id] = Placed(replace(there, quantity=units), cart.index(there.id))
    return tuple(taken.values())
