"""What happens to the lines of a cart, whoever asks: moved, left out, raised. Pure."""

from dataclasses import replace

from app.cart.state import Line, Move, Placed, Raised, put, take, with_price
from app.ids import LineId


def moved(lines: tuple[Line, ...], moves: tuple[Move, ...], *, brought_back: bool | None) -> tuple[Line, ...]:
    """`brought_back` is the mark the arriving lines get; None leaves them the one they had (taking a move back)."""
    for move in moves:
        mark = move.line.brought_back if brought_back is None else brought_back
        arriving = replace(with_price(move.line, move.price), id=move.target_id, pane=move.to_pane, brought_back=mark)
        lines = put(take(lines, move.line.id, move.line.quantity), arriving, move.to_index)
    return lines


def without(lines: tuple[Line, ...], gone: tuple[Placed, ...]) -> tuple[Line, ...]:
    """`lines` without these."""
    ids = {placed.line.id for placed in gone}
    return tuple(line for line in lines if line.id not in ids)


def raised(lines: tuple[Line, ...], changes: tuple[Raised, ...]) -> tuple[Line, ...]:
    """`lines` with the quantities that a merge gave them."""
    for change in changes:
        lines = with_quantity(lines, change.line_id, change.after)
    return lines


def with_quantity(lines: tuple[Line, ...], line_id: LineId, quantity: int) -> tuple[Line, ...]:
    """`lines` with another quantity of one."""
    return tuple(replace(line, quantity=quantity) if line.id == line_id else line for line in lines)
