"""A cart in two currencies: switching loses no unit, no total mixes them, undo restores, replay gives the state."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cart import codec
from app.cart.commands import (
    AcceptPrices,
    AddItem,
    AnswerMerge,
    AnswerNote,
    ChangeQuantity,
    Command,
    EmptyPane,
    MergeGuestCart,
    MoveAll,
    MoveLine,
    RemoveLine,
    SwitchCurrency,
    Undo,
)
from app.cart.errors import CurrencyDiffers, QuantityLimitReached
from app.cart.events import CurrencySwitched, Event, LinesMoved, NextPurchaseActivated, replay
from app.cart.policy import Facts, Policy
from app.cart.pricing import Availability, review, totals
from app.cart.state import Cart, HeldBackReason, Pane
from app.cart.undo import can_undo
from app.ids import VariantId
from app.money import Money
from tests.unit.cart.values import Actor, facts, quantities, units_by_variant, variant

ACTIVE, NEXT = Pane.ACTIVE, Pane.NEXT_PURCHASE
EUR, IRR, USD = "EUR", "IRR", "USD"
# 1 and 2 are sold in two or three, 3 and 4 in one, 5 in two but with few left.
PRICES = {
    1: {EUR: 1000, IRR: 4_250_000, USD: 1100},
    2: {EUR: 2000, IRR: 8_500_000},
    3: {EUR: 3000},
    4: {IRR: 5_000_000},
    5: {EUR: 700, IRR: 2_900_000},
}


def catalogue(currency: str) -> Facts:
    """The catalogue as facts in `currency`: what is not sold in it, in the first it is sold in."""
    found = []
    for number, prices in PRICES.items():
        sold_in = currency if currency in prices else next(iter(prices))
        known = variant(number, unit_price=Money(prices[sold_in], sold_in))
        found.append(replace(known, available=3, minimum=2) if number == 5 else known)
    return facts(*found)


class Shopper(Actor):
    """An actor whose facts are always in the right currency, as the service has it."""

    def __init__(self, currency: str = EUR, policy: Policy | None = None) -> None:
        super().__init__(catalogue(currency), policy, currency)

    def does(self, command: Command) -> tuple[Event, ...]:
        self.known = catalogue(command.currency if isinstance(command, SwitchCurrency) else self.cart.currency)
        return super().does(command)


def prices(cart: Cart, pane: Pane) -> list[Money]:
    return [line.snapshot.unit_price for line in cart.pane(pane)]


def test_switching_prices_what_is_sold_and_parks_the_rest() -> None:
    shopper = Shopper()
    shopper.adds(1, 2)
    shopper.adds(3)
    shopper.adds(2, 1, NEXT)
    (event,) = shopper.does(SwitchCurrency(IRR))
    assert isinstance(event, CurrencySwitched)
    assert len(event.moves) == 1
    assert shopper.cart.currency == IRR
    assert quantities(shopper.cart.pane(ACTIVE)) == [(1, 2)]
    assert prices(shopper.cart, ACTIVE) == [Money(4_250_000, IRR)]
    assert prices(shopper.cart, NEXT) == [Money(8_500_000, IRR), Money(3000, EUR)]


def test_switching_to_what_it_is_in_does_nothing() -> None:
    assert Shopper().does(SwitchCurrency(EUR)) == ()


def test_a_parked_line_cannot_come_before_the_currency_fits() -> None:
    shopper = Shopper()
    shopper.adds(3)
    shopper.does(SwitchCurrency(IRR))
    parked = shopper.cart.lines[0]
    with pytest.raises(CurrencyDiffers):
        shopper.does(MoveLine(parked.id, ACTIVE, shopper.new_id()))
    shopper.adds(1)
    assert quantities(shopper.cart.pane(ACTIVE)) == [(1, 1)]
    shopper.does(SwitchCurrency(EUR))
    assert quantities(shopper.cart.pane(NEXT)) == [(3, 1)]
    shopper.does(MoveLine(parked.id, ACTIVE, shopper.new_id()))
    assert prices(shopper.cart, ACTIVE) == [Money(1000, EUR), Money(3000, EUR)]


def test_saving_is_possible_in_any_currency() -> None:
    shopper = Shopper()
    with pytest.raises(CurrencyDiffers):
        shopper.adds(4)
    shopper.adds(4, 1, NEXT)
    assert prices(shopper.cart, NEXT) == [Money(5_000_000, IRR)]
    (line,) = review(shopper.cart, NEXT, catalogue(EUR), Policy())
    assert (line.availability, line.counted) == (Availability.OTHER_CURRENCY, False)


def test_a_line_saved_in_another_currency_comes_by_hand_at_the_price_of_this_one() -> None:
    """It can be so: saved while the store had no price in this currency."""
    shopper = Shopper()
    shopper.adds(3, 1, NEXT)
    shopper.does(SwitchCurrency(IRR))
    sold = replace(catalogue(IRR)[VariantId(UUID(int=3))], unit_price=Money(12_000_000, IRR))
    known = {**catalogue(IRR), sold.variant_id: sold}
    by_itself = Actor(known, currency=IRR)
    by_itself.cart = shopper.cart
    activated, *_ = by_itself.adds(1)
    assert not isinstance(activated, NextPurchaseActivated)  # nobody can say by how much the price rose
    moved = Actor(known, currency=IRR)
    moved.cart = shopper.cart
    (shown,) = review(moved.cart, NEXT, known, Policy())
    assert (shown.unit_price, shown.change) == (Money(12_000_000, IRR), Money(0, IRR))
    (event,) = moved.does(MoveAll(ACTIVE))
    assert isinstance(event, LinesMoved)
    assert prices(moved.cart, ACTIVE) == [Money(12_000_000, IRR)]
    moved.does(Undo(moved.cart.version))
    assert moved.cart.lines == shopper.cart.lines


def test_auto_activation_leaves_what_is_not_sold_in_the_currency() -> None:
    shopper = Shopper()
    shopper.adds(2, 1, NEXT)
    shopper.adds(4, 1, NEXT)
    activated = shopper.adds(1)[0]
    assert isinstance(activated, NextPurchaseActivated)
    assert [held.reason for held in activated.held_back] == [HeldBackReason.CURRENCY]
    assert quantities(shopper.cart.pane(NEXT)) == [(4, 1)]


def test_undoing_an_activation_after_a_switch_keeps_the_new_currency() -> None:
    shopper = Shopper()
    shopper.adds(2, 1, NEXT)
    shopper.adds(1)
    shopper.does(SwitchCurrency(IRR))
    shopper.does(AnswerNote(keep=False))
    assert prices(shopper.cart, NEXT) == [Money(8_500_000, IRR)]


def test_what_is_no_longer_sold_in_the_currency_does_not_count() -> None:
    shopper = Shopper(IRR)
    shopper.adds(1)
    shopper.adds(4)
    gone = {**catalogue(IRR), VariantId(UUID(int=4)): variant(4, unit_price=Money(5, EUR))}
    lines = review(shopper.cart, ACTIVE, gone, Policy())
    assert [line.availability for line in lines] == [Availability.OK, Availability.OTHER_CURRENCY]
    sums = totals(lines, IRR)
    assert (sums.subtotal, sums.blocked) == (Money(4_250_000, IRR), True)


def test_a_switch_that_would_overfill_a_line_is_refused() -> None:
    shopper = Shopper(policy=Policy(auto_activation=False))
    shopper.adds(3, 600)
    shopper.adds(3, 600, NEXT)
    with pytest.raises(QuantityLimitReached):
        shopper.does(SwitchCurrency(IRR))


PANES = st.sampled_from(list(Pane))
WISHES = st.lists(
    st.tuples(st.integers(0, 13), st.integers(1, 5), st.integers(1, 4), PANES, st.sampled_from([EUR, IRR, USD])),
    max_size=25,
)
Wish = tuple[int, int, int, Pane, str]


def command_of(shopper: Shopper, wish: Wish) -> Command:
    kind, number, quantity, pane, currency = wish
    lines = shopper.cart.lines
    line_id = lines[number % len(lines)].id if lines else shopper.new_id()
    match kind:
        case 0 | 1 | 2:
            return AddItem(shopper.new_id(), VariantId(UUID(int=number)), quantity, pane)
        case 3 | 4 | 5:
            return SwitchCurrency(currency)
        case 6:
            return ChangeQuantity(line_id, quantity)
        case 7:
            return MoveLine(line_id, pane, shopper.new_id(), quantity if number % 2 else None)
        case 8:
            return MoveAll(pane)
        case 9:
            return RemoveLine(line_id) if number % 2 else EmptyPane(pane)
        case 10:
            return Undo(shopper.cart.version)
        case 11:
            return AnswerNote(keep=number % 2 == 0) if quantity % 2 else AnswerMerge(keep=number % 2 == 0)
        case 12:
            return AcceptPrices(tuple((line.id, line.snapshot.unit_price.amount) for line in lines))
        case _:
            guest = Shopper(currency)
            guest.ids = 1000 * (shopper.ids + 1)
            guest.tries(AddItem(guest.new_id(), VariantId(UUID(int=number)), quantity, pane))
            guest.tries(AddItem(guest.new_id(), VariantId(UUID(int=1)), 1, pane.other))
            shopper.ids = guest.ids
            return MergeGuestCart(UUID(int=7), guest.cart.lines, "sum" if quantity % 2 else "larger", currency)


@settings(max_examples=400, deadline=None)
@given(WISHES)
def test_any_program_in_two_currencies_keeps_the_cart_whole(wishes: list[Wish]) -> None:
    shopper = Shopper()
    for wish in wishes:
        before, command = shopper.cart, command_of(shopper, wish)
        refused = shopper.tries(command)
        cart = shopper.cart
        assert refused is None or cart == before
        assert all(line.snapshot.unit_price.currency == cart.currency for line in cart.pane(ACTIVE))
        assert totals(review(cart, ACTIVE, catalogue(cart.currency), Policy()), cart.currency).subtotal.currency
        review(cart, NEXT, catalogue(cart.currency), Policy())
        keys = [line.key for line in cart.lines]
        assert len(keys) == len(set(keys))
        if isinstance(command, SwitchCurrency | MoveLine | MoveAll | AnswerNote):
            assert units_by_variant(cart) == units_by_variant(before)
        if isinstance(command, MergeGuestCart) and command.rule == "sum":
            arriving = sum(line.quantity for line in command.lines)
            assert cart.units() == before.units() + arriving
        assert replay(shopper.events) == cart
    for event in shopper.events:
        kept = codec.stored(event)
        assert codec.event_of(kept.kind, kept.payload) == event


@settings(max_examples=300, deadline=None)
@given(WISHES)
def test_undo_restores_lines_and_currency(wishes: list[Wish]) -> None:
    shopper = Shopper(policy=Policy(auto_activation=False))
    for wish in wishes:
        before = shopper.cart
        if shopper.tries(command_of(shopper, wish)) is None and shopper.cart != before and can_undo(shopper.events[-1]):
            shopper.does(Undo(shopper.cart.version))
            assert (shopper.cart.lines, shopper.cart.currency) == (before.lines, before.currency)
