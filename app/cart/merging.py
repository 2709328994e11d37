"""Merging a guest's cart into the account's (PRODUCT, rule 7). Nothing is lost; quantities follow the store's rule. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid5

from app.cart.commands import BringBack, MergeGuestCart
from app.cart.errors import NothingToUndo
from app.cart.events import Event, GuestCartMerged, MergeKept, MergeUndone
from app.cart.policy import Facts
from app.cart.state import LARGEST_QUANTITY, Cart, Line, Merge, Options, Pane, Placed, Raised, snapshot_of, with_price
from app.ids import LineId, VariantId

UNDOABLE_FOR = timedelta(hours=24)


def merge(cart: Cart, command: MergeGuestCart, facts: Facts, now: datetime) -> tuple[GuestCartMerged, ...]:
    """The merge of the guest's lines: () when there are none."""
    if not command.lines:
        return ()
    merged = cart
    coming = [_fitting(line, cart, facts) for line in command.lines]
    for line in coming:
        merged = _with(merged, _named(line, merged), _rule(line, cart, command), facts)
    after = {line.id: line for line in merged.lines}
    before = {line.id: line for line in cart.lines}
    return (
        GuestCartMerged(
            Merge(
                guest_cart_id=command.guest_cart_id,
                merged_at=now,
                added=tuple(line for line in merged.lines if line.id not in before),
                raised=tuple(
                    Raised(line.id, line.quantity, after[line.id].quantity)
                    for line in cart.lines
                    if line.id in after and after[line.id].quantity != line.quantity
                ),
                absorbed=tuple(Placed(line, at) for at, line in enumerate(cart.lines) if line.id not in after),
                guest_lines=command.lines,
                currency=command.currency,
                parked=sum(line.pane is not was.pane for line, was in zip(coming, command.lines, strict=True)),
                coupon=command.coupon,
                coupon_before=cart.coupon,
            )
        ),
    )


def bring_back(cart: Cart, command: BringBack, facts: Facts, now: datetime) -> tuple[Event, ...]:
    """What a link brings: the larger quantity of same lines, so that however often it is used, nothing is doubled.

    What is not sold any more stays away. () when everything is here already.
    """
    coming = tuple(_today(line, facts, now) for line in command.lines if _sold(line, facts))
    wish = MergeGuestCart(command.source, coming, "larger", command.currency, command.coupon)
    for event in merge(cart, wish, facts, now):
        brought = replace(event.merge, origin="link", had=cart.units())
        if brought.added or brought.raised or brought.absorbed or (brought.coupon and not cart.coupon):
            return (GuestCartMerged(brought),)
    return ()


def beyond(lines: Sequence[Line], merged: Sequence[Line]) -> tuple[Line, ...]:
    """The units of a guest's `lines` that were not among those `merged` before, in whichever pane they are now."""
    known: Counter[tuple[VariantId, Options]] = Counter()
    for line in merged:
        known[line.variant_id, line.options] += line.quantity
    left = []
    for line in lines:
        key = line.variant_id, line.options
        old = min(known[key], line.quantity)
        known[key] -= old
        if line.quantity > old:
            left.append(replace(line, quantity=line.quantity - old))
    return tuple(left)


def undoable(cart: Cart, now: datetime) -> Merge | None:
    """The merge that the shopper may still take back."""
    return cart.merge if cart.merge and now - cart.merge.merged_at <= UNDOABLE_FOR else None


def answer(cart: Cart, now: datetime, *, keep: bool, guest_cart_id: UUID | None = None) -> tuple[Event, ...]:
    """Keep what a merge brought, or take it out again, as far as it is still there.

    Raises NothingToUndo, also when another guest's cart than `guest_cart_id` came in since.
    """
    merged = undoable(cart, now)
    if merged is None or guest_cart_id not in (None, merged.guest_cart_id):
        raise NothingToUndo()
    if keep:
        return (MergeKept(),)
    brought = {line.id: line.quantity for line in merged.added}
    brought |= {change.line_id: change.after - change.before for change in merged.raised}
    removed, lowered = [], []
    for at, line in enumerate(cart.lines):
        left = line.quantity - brought.get(line.id, 0)
        if left <= 0:
            removed.append(Placed(line, at))
        elif left < line.quantity:
            lowered.append(Raised(line.id, line.quantity, left))
    return (MergeUndone(tuple(removed), tuple(lowered), merged.absorbed, merged.origin),)


def _sold(line: Line, facts: Facts) -> bool:
    variant = facts.get(line.variant_id)
    return variant is not None and variant.sellable


def _today(line: Line, facts: Facts, now: datetime) -> Line:
    """A copy of the line as the catalogue has it now: who opens a link learns nothing of what somebody else was shown."""
    return replace(line, snapshot=snapshot_of(facts[line.variant_id]), added_at=now, brought_back=False)


def _rule(line: Line, cart: Cart, command: MergeGuestCart) -> Literal["larger", "sum"]:
    """A line that went from this cart to the guest's by a link is no other one when it comes home: never the sum."""
    same = cart.find(line.id)
    return "larger" if not command.resumed and same is not None and same.key == line.key else command.rule


def _with(cart: Cart, line: Line, rule: str, facts: Facts) -> Cart:
    """`cart` with one line of the guest's in it."""
    quantities = [line.quantity]
    lines = cart.lines
    if line.pane is Pane.ACTIVE:
        saved = cart.twin((Pane.NEXT_PURCHASE, line.variant_id, line.options))
        if saved is not None:  # the guest's active line wins over its twin in next purchase
            quantities.append(saved.quantity)
            lines = tuple(other for other in lines if other.id != saved.id)
    twin = cart.twin(line.key)
    if twin is None:
        whole = replace(line, quantity=_together(quantities, rule, line, facts), brought_back=False)
        return replace(cart, lines=(*lines, whole))
    quantity = _together([*quantities, twin.quantity], rule, line, facts)
    return replace(
        cart, lines=tuple(replace(other, quantity=quantity) if other.id == twin.id else other for other in lines)
    )


def _fitting(line: Line, cart: Cart, facts: Facts) -> Line:
    """A line of another currency comes in at its price in the account's, or waits in next purchase instead of being lost."""
    if line.snapshot.unit_price.currency == cart.currency:
        return line
    variant = facts.get(line.variant_id)
    if variant is not None and variant.unit_price.currency == cart.currency:
        return with_price(line, variant.unit_price)
    return replace(line, pane=Pane.NEXT_PURCHASE)


def _named(line: Line, cart: Cart) -> Line:
    """A line under an id that is free: one that an undone merge gave back may still be here, moved to the other pane."""
    return replace(line, id=LineId(uuid5(line.id, f"merge {cart.version}"))) if cart.find(line.id) else line


def _together(quantities: list[int], rule: str, line: Line, facts: Facts) -> int:
    """The merged quantity: within the product's limit, but never less than either cart had."""
    variant = facts.get(line.variant_id)
    limit = min((variant.maximum if variant else None) or LARGEST_QUANTITY, LARGEST_QUANTITY)
    wanted = sum(quantities) if rule == "sum" else max(quantities)
    return max(min(wanted, limit), max(quantities))
