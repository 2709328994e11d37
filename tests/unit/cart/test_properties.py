"""Whatever is asked of a cart, in whatever order: units are conserved, no line is double, replay gives the state, undo restores."""

from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from app.cart import codec
from app.cart.commands import (
    AcceptPrices,
    AddCoupon,
    AddItem,
    AnswerMerge,
    AnswerNote,
    ChangeQuantity,
    ChangeVariant,
    Command,
    EmptyPane,
    MergeGuestCart,
    MoveAll,
    MoveLine,
    PutBack,
    RemoveCoupon,
    RemoveLine,
    Salvage,
    SwitchAutoActivation,
    Undo,
)
from app.cart.events import LinesMoved, replay
from app.cart.policy import Policy
from app.cart.state import Cart, Pane
from app.cart.undo import can_undo
from app.ids import ProductId, VariantId
from app.money import Money
from app.promotions.domain import Coupon, Kind, Terms
from tests.unit.cart.values import Actor, facts, units_by_variant, variant

CATALOGUE = facts(
    variant(1),
    variant(2, available=3, product_id=ProductId(UUID(int=1001))),
    variant(3, available=0),
    variant(4, minimum=2, maximum=5),
    variant(5, sellable=False),
    variant(6, unit_price=Money(900, "USD")),
)
COUPONS = {
    code: Coupon(UUID(int=at), code, terms)
    for at, (code, terms) in enumerate(
        {
            "TEN": Terms(Kind.PERCENT, basis_points=1000),
            "FIVE": Terms(Kind.FIXED, amounts={"EUR": 500}),
            "POST": Terms(Kind.FREE_SHIPPING, minimums={"EUR": 3000}),
        }.items()
    )
}
PANES = st.sampled_from(list(Pane))
# Which kind of wish, of which variant or line, how many, to which pane.
WISHES = st.lists(
    st.tuples(st.integers(0, 16), st.integers(1, 7), st.integers(-1, 1200), PANES, st.booleans()), max_size=25
)


def command_of(actor: Actor, wish: tuple[int, int, int, Pane, bool]) -> Command:
    kind, number, quantity, pane, flag = wish
    small = quantity % 9
    lines = actor.cart.lines
    line_id = lines[number % len(lines)].id if lines else actor.new_id()
    match kind:
        case 0 | 1 | 2:
            return AddItem(actor.new_id(), VariantId(UUID(int=number)), small if flag else quantity, pane)
        case 3:
            return ChangeQuantity(line_id, max(0, small if flag else quantity))
        case 4:
            return RemoveLine(line_id)
        case 5:
            return MoveLine(line_id, pane, actor.new_id(), small if flag else None)
        case 6:
            return MoveAll(pane)
        case 7:
            return EmptyPane(pane) if flag else SwitchAutoActivation(enabled=number % 2 == 0)
        case 8:
            return Undo(actor.cart.version)
        case 9:
            return AnswerNote(keep=flag)
        case 10:
            return AnswerMerge(keep=flag)
        case 11:
            return ChangeVariant(line_id, VariantId(UUID(int=number)), small if flag else None)
        case 12:
            changed = variant(1, unit_price=Money(1000 + small, "EUR"))
            actor.known = {**actor.known, changed.variant_id: changed}
            return AcceptPrices(tuple((line.id, 1000 + small) for line in lines))
        case 13:
            return AddCoupon(list(COUPONS)[number % 3]) if flag else RemoveCoupon()
        case 14:
            return Salvage()
        case 15:
            saved = [e for e in actor.events if isinstance(e, LinesMoved) and e.moves[0].line.pane is Pane.ACTIVE]
            return PutBack(saved[number % len(saved)].moves if saved else (), next(iter(COUPONS)) if flag else "")
        case _:
            guest = Actor(CATALOGUE)
            guest.ids = 1000 * (actor.ids + 1)
            guest.tries(AddItem(guest.new_id(), VariantId(UUID(int=number)), small, pane))
            guest.tries(AddItem(guest.new_id(), VariantId(UUID(int=1)), 1, pane.other))
            actor.ids = guest.ids
            coupon = next(iter(COUPONS)) if number % 2 else ""
            return MergeGuestCart(UUID(int=7), guest.cart.lines, "sum" if flag else "larger", coupon=coupon)


def check(cart: Cart) -> None:
    keys = [line.key for line in cart.lines]
    ids = [line.id for line in cart.lines]
    assert len(keys) == len(set(keys))
    assert len(ids) == len(set(ids))
    assert all(1 <= line.quantity <= 999 for line in cart.lines)


@settings(max_examples=400, deadline=None)
@given(WISHES)
def test_any_program_keeps_the_cart_whole(wishes: list[tuple[int, int, int, Pane, bool]]) -> None:
    actor = Actor(CATALOGUE)
    actor.coupons = COUPONS
    for wish in wishes:
        before = actor.cart
        command = command_of(actor, wish)
        if actor.tries(command) is not None:
            assert actor.cart == before
        check(actor.cart)
        if isinstance(command, MoveLine | MoveAll | AnswerNote | Salvage | PutBack):
            assert units_by_variant(actor.cart) == units_by_variant(before)
        assert replay(actor.events) == actor.cart
    assert actor.cart.version == len(actor.events)


@settings(max_examples=300, deadline=None)
@given(WISHES)
def test_undo_restores_the_lines(wishes: list[tuple[int, int, int, Pane, bool]]) -> None:
    actor = Actor(CATALOGUE, Policy(auto_activation=False))
    actor.coupons = COUPONS
    for wish in wishes:
        before = actor.cart
        command = command_of(actor, wish)
        if actor.tries(command) is None and actor.cart != before and can_undo(actor.events[-1]):
            salvaged = isinstance(command, Salvage)  # the coupon left with it: its notice brings that back, too
            actor.does(Undo(actor.cart.version))
            assert actor.cart.lines == before.lines
            assert salvaged or actor.cart.coupon == before.coupon


@settings(max_examples=200, deadline=None)
@given(WISHES)
def test_every_event_survives_storage(wishes: list[tuple[int, int, int, Pane, bool]]) -> None:
    actor = Actor(CATALOGUE)
    actor.coupons = COUPONS
    for wish in wishes:
        actor.tries(command_of(actor, wish))
    for event in actor.events:
        kept = codec.stored(event)
        assert codec.event_of(kept.kind, kept.payload) == event


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 2), st.integers(1, 4), PANES), max_size=6),
    st.lists(st.tuples(st.integers(1, 2), st.integers(1, 4), PANES), min_size=1, max_size=6),
)
def test_merging_by_sum_loses_no_unit(mine: list[tuple[int, int, Pane]], guests: list[tuple[int, int, Pane]]) -> None:
    known = facts(variant(1), variant(2))
    account, guest = Actor(known, Policy(auto_activation=False)), Actor(known, Policy(auto_activation=False))
    guest.ids = 500
    for number, quantity, pane in mine:
        account.adds(number, quantity, pane)
    for number, quantity, pane in guests:
        guest.adds(number, quantity, pane)
    together = account.cart.units() + guest.cart.units()
    account.does(MergeGuestCart(UUID(int=7), guest.cart.lines, "sum"))
    check(account.cart)
    assert account.cart.units() == together
