"""Going on without what cannot be bought: the units that are missing wait in next purchase, the rest stays in the order."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5

from app.cart import service
from app.cart.commands import MoveLine
from app.cart.policy import Policy
from app.cart.pricing import ReviewedLine
from app.cart.service import Shopper
from app.cart.state import Cart, Pane
from app.database.transaction import unit_of_work
from app.ids import LineId


def missing_units(line: ReviewedLine) -> int:
    """How many units of a line cannot be bought: all of them where what is left is less than one may buy."""
    facts = line.facts
    left = (facts.available or 0) if facts is not None and facts.sellable else 0
    if facts is None or left < facts.minimum:
        return line.line.quantity
    return max(line.line.quantity - left, 0)


def without(cart: Cart, problems: tuple[ReviewedLine, ...]) -> Cart:
    """The cart as it would be."""
    missing = {problem.line.id: missing_units(problem) for problem in problems}
    lines = (replace(line, quantity=line.quantity - missing.get(line.id, 0)) for line in cart.lines)
    return replace(cart, lines=tuple(line for line in lines if line.quantity))


@unit_of_work
def set_aside(
    shopper: Shopper, problems: tuple[ReviewedLine, ...], *, op_id: UUID, currency: str, policy: Policy,
    days: int, now: datetime,
) -> None:  # fmt: skip
    """Save the missing units for next purchase, all or none; once, however often the form is sent."""
    for problem in problems:
        units = missing_units(problem)
        if not units:
            continue
        line = problem.line
        command = MoveLine(
            line_id=line.id,
            pane=Pane.NEXT_PURCHASE,
            new_line_id=LineId(uuid5(op_id, f"new {line.id}")),
            quantity=None if units == line.quantity else units,
        )
        service.change(
            shopper, command, op_id=uuid5(op_id, str(line.id)), currency=currency, policy=policy,
            days=days, now=now,
        )  # fmt: skip
