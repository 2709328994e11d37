"""Salvage: what was left in the order for long is saved for the next purchase, and can be put back once. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from app.cart.commands import PutBack
from app.cart.errors import NothingToUndo
from app.cart.events import ActivationKept, CouponAdded, CouponRemoved, Event, LinesMoved
from app.cart.moving import plan
from app.cart.state import LARGEST_QUANTITY, Cart, HeldBack, HeldBackReason, Line, LineKey, Move, Pane
from app.cart.undo import taken_back


def salvage(cart: Cart) -> tuple[Event, ...]:
    """Everything active goes to next purchase, sold out or withdrawn as well; () when nothing can.

    A line grows beyond its product's limit rather than lose a piece; what no line can hold stays where it is. The move
    comes last, so that the shopper's page can take it back like any other.
    """
    going, held_back = [], []
    for line in cart.pane(Pane.ACTIVE):
        fits = min(line.quantity, _room(cart, replace(line, pane=Pane.NEXT_PURCHASE).key))
        if fits:
            going.append((replace(line, quantity=fits), line.id))
        if fits < line.quantity:
            held_back.append(HeldBack(line.id, line.snapshot.title, HeldBackReason.LIMIT))
    if not going:
        return ()
    answered = (ActivationKept(),) if cart.note else ()
    without_code = (CouponRemoved(cart.coupon),) if cart.coupon else ()
    return (*answered, *without_code, LinesMoved(plan(cart, going), tuple(held_back)))


def put_back(cart: Cart, command: PutBack) -> tuple[Event, ...]:
    """What was salvaged goes back to where it stood, as far as it is still saved, with the coupon. Raises NothingToUndo."""
    if command.at not in (None, cart.version):
        raise NothingToUndo()
    coming = []
    for move, saved in still_saved(cart, command.moves):
        fits = min(move.line.quantity, _room(cart, move.line.key))
        if fits:
            coming.append(replace(move, target_id=saved.id, line=replace(move.line, quantity=fits)))
    back = LinesMoved(taken_back(cart, coming), undo=True)
    return (CouponAdded(command.coupon, undo=True), back) if command.coupon and not cart.coupon else (back,)


def still_saved(cart: Cart, moves: Sequence[Move]) -> list[tuple[Move, Line]]:
    """The moves of a salvage whose line is still saved, with the line as it is: also where it became another's twin."""
    found = []
    for move in moves:
        line = cart.find(move.target_id)
        if line is None or line.pane is not Pane.NEXT_PURCHASE:
            line = cart.twin(replace(move.line, pane=Pane.NEXT_PURCHASE).key)
        if line is not None:
            found.append((move, line))
    return found


def _room(cart: Cart, key: LineKey) -> int:
    """How many more units the line with this key can hold."""
    twin = cart.twin(key)
    return LARGEST_QUANTITY - (twin.quantity if twin else 0)
