"""Buying again: the lines of an order into the cart or into next purchase, as far as they are still sold, as one change."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from app.cart import service
from app.cart.commands import AddItem, AddItems
from app.cart.domain import decide
from app.cart.errors import (
    CurrencyDiffers,
    LineLimitReached,
    QuantityLimitReached,
    SoldOut,
    StockShort,
)
from app.cart.policy import Policy
from app.cart.service import Changed, Shopper
from app.cart.state import Line, Pane
from app.errors import Refusal
from app.ids import LineId, new_id
from app.orders.values import Order, OrderLine

# What people are told; everything else means that it is no longer sold.
REASONS: dict[type[Refusal], str] = {
    SoldOut: "sold_out",
    StockShort: "short",
    QuantityLimitReached: "limit",
    LineLimitReached: "full",
    CurrencyDiffers: "currency",
}
GONE = "gone"


@dataclass(frozen=True, slots=True)
class Missing:
    """A line of the order (by its place) that did not come, or not as often, and why."""

    position: int
    reason: str


@dataclass(frozen=True, slots=True)
class Reordered:
    """What came of it. `version` is the cart's, which undo takes; None if nothing came."""

    came: int
    missing: tuple[Missing, ...]
    version: int | None


def put_again(
    shopper: Shopper, order: Order, positions: Iterable[int], pane: Pane, *, op_id: UUID, currency: str,
    policy: Policy, days: int, now: datetime,
) -> Reordered:  # fmt: skip
    """Put these lines of an order into a pane, once, however often it is asked for. What cannot be had is said."""
    chosen = [(at, order.lines[at]) for at in positions]
    items = tuple(_item(line, pane) for _at, line in chosen)
    wish = AddItems(items, f"{order.id} {pane} {[at for at, _line in chosen]}")
    changed = service.change(shopper, wish, op_id=op_id, currency=currency, policy=policy, days=days, now=now)
    missing = tuple(
        Missing(at, reason)
        for (at, _line), item in zip(chosen, items, strict=True)
        if (reason := _why_not(changed, item, policy, now))
    )
    partly = sum(one.reason == "short" for one in missing)
    came = len(chosen) - len(missing) + partly
    return Reordered(came, missing, changed.cart.version if came else None)


def _item(line: OrderLine, pane: Pane) -> AddItem:
    return AddItem(LineId(new_id()), line.variant_id, line.quantity, pane, line.wishes)


def _why_not(changed: Changed, item: AddItem, policy: Policy, now: datetime) -> str:
    """Why an item is not in the cart as often as it was asked for; empty if it is. Looked up in the cart as it became,
    so that a form sent twice gets the same answer."""
    twin: Line | None = changed.cart.twin((item.pane, item.variant_id, item.options))
    if twin is not None:
        return "" if twin.quantity >= item.quantity else "short"
    try:
        decide(changed.cart, replace(item, line_id=LineId(new_id())), changed.facts, policy, now)
    except Refusal as refusal:
        return REASONS.get(type(refusal), GONE)
    return GONE
