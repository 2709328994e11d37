"""Taking back what was done last: exactly what was moved or removed, as far as it is still there. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid5

from app.cart.errors import NothingToUndo
from app.cart.events import (
    ActivationKept,
    ActivationUndone,
    CouponAdded,
    CouponRemoved,
    CurrencySwitched,
    Event,
    ItemAdded,
    ItemsAdded,
    LineRemoved,
    LinesMoved,
    LinesRestored,
    PaneEmptied,
    PriceChange,
    QuantityChanged,
    VariantChanged,
    replay,
)
from app.cart.state import Cart, Line, Move, Note, Placed, Snapshot, put, take
from app.ids import LineId


def can_undo(event: Event | None) -> bool:
    """Whether the page offers to take `event` back. What was itself a taking back is not offered again."""
    match event:
        case ItemAdded() | ItemsAdded() | PaneEmptied() | VariantChanged():
            return True
        case (
            QuantityChanged(undo=False)
            | LineRemoved(undo=False)
            | LinesMoved(undo=False)
            | CurrencySwitched(undo=False)
        ):
            return True
        case CouponAdded(undo=False) | CouponRemoved(undo=False):
            return True
        case _:
            return False


def inverse(cart: Cart, event: Event) -> tuple[Event, ...]:
    """The events that take `event`, the last one of `cart`, back. Raises NothingToUndo."""
    match event:
        case ItemAdded(line):
            return _units_back(cart, line.quantity, line.id)
        case ItemsAdded(lines):
            return _all_back(cart, lines)
        case QuantityChanged(line_id, before, after, False):
            return (QuantityChanged(line_id, after, before, undo=True),)
        case VariantChanged(removed, line):
            return (*_units_back(cart, line.quantity, line.id), LinesRestored((removed,)))
        case LineRemoved(removed, False):
            return (LinesRestored((removed,)),)
        case PaneEmptied(_, removed_lines):
            return (LinesRestored(removed_lines),)
        case LinesMoved(moves, _, False):
            return (LinesMoved(taken_back(cart, moves), undo=True),)
        case CurrencySwitched(before, after, changes, moves, False):
            back = tuple(PriceChange(change.line_id, change.after, change.before) for change in changes)
            return (CurrencySwitched(after, before, back, taken_back(cart, moves) if moves else (), undo=True),)
        case CouponAdded(code, before, False):
            return (CouponAdded(before, code, undo=True) if before else CouponRemoved(code, undo=True),)
        case CouponRemoved(code, False):
            return (CouponAdded(code, undo=True),)
        case _:
            raise NothingToUndo()


def activation_undone(cart: Cart, note: Note) -> tuple[Event, ...]:
    """The events that save again what `note` says was brought back. When none of it is left, the note is just answered."""
    try:
        return (ActivationUndone(taken_back(cart, note.moves)),)
    except NothingToUndo:
        return (ActivationKept(),)


def taken_back(cart: Cart, moves: Sequence[Move]) -> tuple[Move, ...]:
    """The moves that bring the units of `moves` back to where they stood, as many as are still there."""
    back, lines = [], cart.lines
    for move in reversed(moves):
        there = next((line for line in lines if line.id == move.target_id and line.pane is move.to_pane), None)
        if there is None:
            continue
        units = min(move.line.quantity, there.quantity)
        line = replace(move.line, snapshot=_snapshot(move, there))
        leaving = replace(line, id=there.id, pane=there.pane, quantity=units)
        home = next((line.id for line in lines if line.key == move.line.key), None)
        target_id = home or (
            move.line.id if move.line.id not in _staying(lines, there.id, units) else _fresh(there.id, cart)
        )
        index = [line.id for line in lines].index(there.id)
        back.append(Move(leaving, index, target_id, to_index=move.from_index))
        arriving = replace(line, id=target_id, quantity=units)
        lines = put(take(lines, there.id, units), arriving, move.from_index)
    if not back:
        raise NothingToUndo()
    return tuple(back)


def _snapshot(move: Move, there: Line) -> Snapshot:
    """What the shopper saw of the units: as it was, or as it is where the currency has been switched since."""
    came_with = move.price or move.line.snapshot.unit_price
    switched = there.snapshot.unit_price.currency != came_with.currency
    return there.snapshot if switched else move.line.snapshot


def _staying(lines: tuple[Line, ...], line_id: LineId, units: int) -> set[LineId]:
    """The ids that are still in use once `units` of a line have left."""
    return {line.id for line in lines if line.id != line_id or line.quantity > units}


def _fresh(line_id: LineId, cart: Cart) -> LineId:
    """An id for units that part from a line which keeps its own: derived, so that deciding needs no randomness."""
    return LineId(uuid5(line_id, f"undo {cart.version}"))


def _all_back(cart: Cart, lines: Sequence[Line]) -> tuple[Event, ...]:
    back: list[Event] = []
    for line in lines:
        now = replay(back, cart)
        if now.find(line.id) is not None:
            back.extend(_units_back(now, line.quantity, line.id))
    if not back:
        raise NothingToUndo()
    return tuple(back)


def _units_back(cart: Cart, units: int, line_id: LineId) -> tuple[Event, ...]:
    line = cart.find(line_id)
    if line is None:
        raise NothingToUndo()
    if line.quantity <= units:
        return (LineRemoved(Placed(line, cart.index(line.id)), undo=True),)
    return (QuantityChanged(line.id, line.quantity, line.quantity - units, undo=True),)
