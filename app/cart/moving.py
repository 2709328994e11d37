"""Moving lines between panes: which may come into the active pane, and in which order they go. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from app.cart.errors import NothingToMove
from app.cart.events import LinesMoved
from app.cart.policy import Facts, Policy
from app.cart.state import LARGEST_QUANTITY, Cart, HeldBack, HeldBackReason, Line, Move, Pane, put, take
from app.catalog.facts import VariantFacts
from app.ids import LineId
from app.money import Money


def plan(cart: Cart, going: Sequence[tuple[Line, LineId]], facts: Facts | None = None) -> tuple[Move, ...]:
    """The moves that take each line (with the units given) to the other pane, becoming the id beside it or its twin.

    Each move notes where its line stood at that moment, so that the moves taken back in reverse restore the order.
    Whatever comes into the order is priced in its currency, by `facts` where it was saved in another.
    """
    moves, lines = [], cart.lines
    for line, new_id in going:
        arriving = replace(line, id=new_id, pane=line.pane.other)
        twin = next((other for other in lines if other.key == arriving.key), None)
        target_id = twin.id if twin else new_id
        from_index = [other.id for other in lines].index(line.id)
        moves.append(Move(line, from_index, target_id, price=_price(cart, arriving, facts or {})))
        lines = put(take(lines, line.id, line.quantity), replace(arriving, id=target_id))
    return tuple(moves)


def _price(cart: Cart, arriving: Line, facts: Facts) -> Money | None:
    if arriving.pane is not Pane.ACTIVE or arriving.snapshot.unit_price.currency == cart.currency:
        return None
    return facts[arriving.variant_id].unit_price


def held_back_reason(
    cart: Cart, line: Line, variant: VariantFacts | None, *, stock_check: bool, to: Pane
) -> HeldBack | None:
    """Why `line` cannot come along when many lines move, or None if it can."""
    reason = None
    twin = cart.twin(replace(line, pane=to).key)
    together = line.quantity + (twin.quantity if twin else 0)
    if variant is not None and together > min(variant.maximum or LARGEST_QUANTITY, LARGEST_QUANTITY) and twin:
        reason = HeldBackReason.LIMIT
    if to is Pane.ACTIVE:
        if variant is None or not variant.sellable:
            reason = HeldBackReason.GONE
        elif variant.unit_price.currency != cart.currency:
            reason = HeldBackReason.CURRENCY
        elif stock_check and variant.available == 0:
            reason = HeldBackReason.SOLD_OUT
    return HeldBack(line.id, line.snapshot.title, reason) if reason else None


def move_all(cart: Cart, pane: Pane, facts: Facts, policy: Policy) -> tuple[LinesMoved, ...]:
    """All lines that may come to `pane` go there; what stays is named. Raises NothingToMove."""
    going, held_back = [], []
    for line in cart.pane(pane.other):
        reason = held_back_reason(cart, line, facts.get(line.variant_id), stock_check=policy.stock_check, to=pane)
        if reason is None:
            going.append((line, line.id))
        else:
            held_back.append(reason)
    if not going:
        raise NothingToMove()
    return (LinesMoved(plan(cart, going, facts), tuple(held_back)),)
