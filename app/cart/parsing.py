"""What the cart's forms send, read with care: what makes no sense is left out or refused."""

from app.cart.errors import NothingToUndo
from app.ids import LineId, parse_id
from app.web.formats import latin_digits


def shown_prices(text: str) -> tuple[tuple[LineId, int], ...]:
    """The prices that the page showed: (line, minor units)."""
    shown = []
    for pair in text[:10_000].split(","):
        line_id, _, amount = pair.partition(":")
        found = parse_id(line_id)
        if found is not None and amount.isascii() and amount.isdigit() and len(amount) <= 15:
            shown.append((LineId(found), int(amount)))
    return tuple(shown)


def version(text: str | None) -> int:
    """The version that a form means to undo. Raises NothingToUndo for what is none."""
    digits = latin_digits(text or "")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        raise NothingToUndo()
    return int(digits)
