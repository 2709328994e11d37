"""The rules of the cart: `decide` says which events follow from a command, or refuses. Pure; the state changes in events.py."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from app.cart import activation, adding, couponing, merging, salvaging, switching, undo
from app.cart.commands import (
    AcceptPrices,
    AddCoupon,
    AddItem,
    AddItems,
    AnswerMerge,
    AnswerNote,
    BringBack,
    ChangeQuantity,
    ChangeVariant,
    Command,
    EmptyPane,
    MergeGuestCart,
    MoveAll,
    MoveLine,
    PlaceOrder,
    PutBack,
    RemoveCoupon,
    RemoveLine,
    Salvage,
    SwitchAutoActivation,
    SwitchCurrency,
    Undo,
)
from app.cart.errors import (
    CurrencyDiffers,
    LineChanged,
    LineLimitReached,
    LineNotFound,
    NothingToUndo,
    OtherProduct,
    PricesMovedAgain,
    QuantityBelowMinimum,
    QuantityLimitReached,
    QuantityNotPositive,
    SoldOut,
    StockShort,
    VariantNotFound,
)
from app.cart.events import (
    ActivationKept,
    AutoActivationSwitched,
    CartOpened,
    CouponRemoved,
    Event,
    ItemAdded,
    LineRemoved,
    LinesMoved,
    OrderPlaced,
    PaneEmptied,
    PriceChange,
    PricesAccepted,
    QuantityChanged,
    VariantChanged,
    replay,
)
from app.cart.moving import move_all, plan
from app.cart.ordering import ordered
from app.cart.policy import Facts, Policy
from app.cart.state import LARGEST_QUANTITY, Cart, Line, Pane, Placed, snapshot_of
from app.catalog.facts import VariantFacts
from app.ids import LineId
from app.promotions.domain import Coupon


def opened(cart: Cart, currency: str) -> tuple[Event, ...]:
    """What must happen before anything else can: nothing, if the cart has been opened."""
    return () if cart.version else (CartOpened(currency),)


def decide(
    cart: Cart,
    command: Command,
    facts: Facts,
    policy: Policy,
    now: datetime,
    last: Event | None = None,
    coupon: Coupon | None = None,
) -> tuple[Event, ...]:
    """The events that carry out `command`. Raises a Refusal when a rule forbids it; () when nothing is to be done.

    `facts` cover the variants of the cart and of the command; `last` is the event that made the cart's version.
    `coupon` is what the code of the command means, if anything.
    """
    match command:
        case AddItem():
            return _add(cart, command, facts, policy, now)
        case AddItems(items):
            return adding.together(cart, items, lambda so_far, item: _add(so_far, item, facts, policy, now))
        case ChangeQuantity(line_id, quantity, seen):
            return _change_quantity(cart, _line(cart, line_id, seen, quantity), quantity, facts, policy)
        case ChangeVariant(line_id, variant_id, seen):
            return _change_variant(cart, _line(cart, line_id, seen), facts.get(variant_id), facts, policy)
        case RemoveLine(line_id, seen):
            return (LineRemoved(Placed(_line(cart, line_id, seen), cart.index(line_id))),)
        case MoveLine():
            return _move(cart, command, facts, policy)
        case MoveAll(pane):
            return move_all(cart, pane, facts, policy)
        case EmptyPane(pane):
            removed = tuple(Placed(line, cart.index(line.id)) for line in cart.pane(pane))
            return (PaneEmptied(pane, removed),) if removed else ()
        case Undo(version):
            if version != cart.version or last is None:
                raise NothingToUndo()
            return undo.inverse(cart, last)
        case AnswerNote(keep):
            if cart.note is None:
                raise NothingToUndo()
            return (ActivationKept(),) if keep else undo.activation_undone(cart, cart.note)
        case AcceptPrices(shown):
            return _accept_prices(cart, dict(shown), facts)
        case SwitchCurrency(currency):
            return switching.switch(cart, currency, facts)
        case SwitchAutoActivation(enabled):
            return () if enabled == cart.auto_activation else (AutoActivationSwitched(enabled),)
        case MergeGuestCart():
            return merging.merge(cart, command, facts, now)
        case BringBack():
            return merging.bring_back(cart, command, facts, now)
        case AnswerMerge(keep, guest_cart_id):
            return merging.answer(cart, now, keep=keep, guest_cart_id=guest_cart_id)
        case AddCoupon(code):
            return couponing.add(cart, code, coupon, facts, policy, now)
        case RemoveCoupon():
            return (CouponRemoved(cart.coupon),) if cart.coupon else ()
        case Salvage():
            return salvaging.salvage(cart)
        case PutBack():
            return salvaging.put_back(cart, command)
        case PlaceOrder(order_id, lines):
            return (OrderPlaced(order_id, ordered(cart, lines)),)
        case _:
            assert_never(command)


def _line(cart: Cart, line_id: LineId, seen: int | None = None, wanted: int | None = None) -> Line:
    """The line, as the shopper saw it. What happens to be what they want is no conflict."""
    line = cart.find(line_id)
    if line is None:
        raise LineNotFound()
    if seen is not None and line.quantity not in (seen, wanted):
        raise LineChanged(quantity=line.quantity, title=line.snapshot.title)
    return line


def _add(cart: Cart, command: AddItem, facts: Facts, policy: Policy, now: datetime) -> tuple[Event, ...]:
    variant = facts.get(command.variant_id)
    if variant is None or not variant.sellable:
        raise VariantNotFound()
    if command.pane is Pane.ACTIVE and variant.unit_price.currency != cart.currency:
        raise CurrencyDiffers()
    activated: tuple[Event, ...] = ()
    if command.pane is Pane.ACTIVE:
        activated = activation.activate(cart, command, facts, policy)
    after = replay(activated, cart)
    twin = after.twin((command.pane, command.variant_id, command.options))
    already = twin.quantity if twin else 0
    check_quantity(command.quantity, already + command.quantity, variant)
    if command.pane is Pane.ACTIVE:
        _check_stock(after, twin, already + command.quantity, variant, policy)
    if twin is None and len(after.lines) >= policy.lines_at_most:
        raise LineLimitReached(maximum=policy.lines_at_most)
    line = Line(
        id=twin.id if twin else command.line_id,
        pane=command.pane,
        variant_id=command.variant_id,
        options=command.options,
        quantity=command.quantity,
        snapshot=snapshot_of(variant),
        added_at=now,
    )
    return (*activated, ItemAdded(line))


def _change_quantity(cart: Cart, line: Line, quantity: int, facts: Facts, policy: Policy) -> tuple[Event, ...]:
    if quantity == 0:
        return (LineRemoved(Placed(line, cart.index(line.id))),)
    if quantity == line.quantity:
        return ()
    variant = facts.get(line.variant_id)
    if variant is None:
        raise VariantNotFound()
    check_quantity(quantity, quantity, variant)
    if line.pane is Pane.ACTIVE and quantity > line.quantity:
        _check_stock(cart, line, quantity, variant, policy)
    return (QuantityChanged(line.id, line.quantity, quantity),)


def _change_variant(
    cart: Cart, line: Line, variant: VariantFacts | None, facts: Facts, policy: Policy
) -> tuple[Event, ...]:
    if variant is None or not variant.sellable:
        raise VariantNotFound()
    if variant.variant_id == line.variant_id:
        return ()
    before = facts.get(line.variant_id)
    if variant.handle != line.snapshot.handle and (before is None or before.product_id != variant.product_id):
        raise OtherProduct()
    if line.pane is Pane.ACTIVE and variant.unit_price.currency != cart.currency:
        raise CurrencyDiffers()
    chosen = replace(line, variant_id=variant.variant_id, snapshot=snapshot_of(variant), brought_back=False)
    twin = cart.twin(chosen.key)
    together = line.quantity + (twin.quantity if twin else 0)
    check_quantity(line.quantity, together, variant)
    if line.pane is Pane.ACTIVE:
        _check_stock(cart, twin, together, variant, policy)
    removed = Placed(line, cart.index(line.id))
    return (VariantChanged(removed, replace(chosen, id=twin.id) if twin else chosen),)


def check_quantity(wanted: int, resulting: int, variant: VariantFacts) -> None:
    """Refuse a wish that is no quantity, or that leaves a line outside the product's limits."""
    if wanted < 1:
        raise QuantityNotPositive()
    maximum = min(variant.maximum or LARGEST_QUANTITY, LARGEST_QUANTITY)
    if resulting > maximum:
        raise QuantityLimitReached(maximum=maximum)
    if resulting < variant.minimum:
        raise QuantityBelowMinimum(minimum=variant.minimum)


def _check_stock(cart: Cart, line: Line | None, resulting: int, variant: VariantFacts, policy: Policy) -> None:
    """Refuse more than there is, counting lines of the same variant with other wishes."""
    if not policy.stock_check or variant.available is None:
        return
    if variant.available == 0:
        raise SoldOut()
    elsewhere = sum(
        other.quantity
        for other in cart.pane(Pane.ACTIVE)
        if other.variant_id == variant.variant_id and (line is None or other.id != line.id)
    )
    if resulting + elsewhere > variant.available:
        raise StockShort(available=variant.available)


def _move(cart: Cart, command: MoveLine, facts: Facts, policy: Policy) -> tuple[Event, ...]:
    line = _line(cart, command.line_id, command.seen)
    if line.pane is command.pane:
        return ()
    quantity = line.quantity if command.quantity is None else command.quantity
    if quantity < 1:
        raise QuantityNotPositive()
    if quantity > line.quantity:
        raise QuantityLimitReached(maximum=line.quantity)
    variant = facts.get(line.variant_id)
    if command.pane is Pane.ACTIVE:
        _check_may_come(cart, line, variant, policy)
    twin = cart.twin(replace(line, pane=command.pane).key)
    if variant is not None:
        check_quantity(quantity, quantity + (twin.quantity if twin else 0), variant)
        if 0 < line.quantity - quantity < variant.minimum:
            raise QuantityBelowMinimum(minimum=variant.minimum)
    whole = quantity == line.quantity
    if not whole and twin is None and len(cart.lines) >= policy.lines_at_most:
        raise LineLimitReached(maximum=policy.lines_at_most)
    leaving = (replace(line, quantity=quantity), line.id if whole else command.new_line_id)
    return (LinesMoved(plan(cart, [leaving], facts)),)


def _check_may_come(cart: Cart, line: Line, variant: VariantFacts | None, policy: Policy) -> None:
    if variant is None or not variant.sellable:
        raise VariantNotFound()
    if variant.unit_price.currency != cart.currency:
        raise CurrencyDiffers()
    if policy.stock_check and variant.available == 0:
        raise SoldOut()


def _accept_prices(cart: Cart, shown: dict[LineId, int], facts: Facts) -> tuple[Event, ...]:
    """Only what the shopper saw is accepted: a price that moved again meanwhile stays to be asked about."""
    changes = []
    for line in cart.lines:
        variant = facts.get(line.variant_id)
        before = line.snapshot.unit_price
        if variant is None or variant.unit_price == before or variant.unit_price.currency != before.currency:
            continue
        if shown.get(line.id) == variant.unit_price.amount:
            changes.append(PriceChange(line.id, before, variant.unit_price))
    if not changes:
        raise PricesMovedAgain()
    return (PricesAccepted(tuple(changes)),)
