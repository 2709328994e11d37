"""What was left for long goes to next purchase, all of it; and back, exactly and once."""

from dataclasses import replace

import pytest

from app.cart.commands import AddCoupon, ChangeQuantity, MoveLine, PutBack, Salvage, SwitchAutoActivation, Undo
from app.cart.errors import NothingToUndo
from app.cart.events import CouponRemoved, LinesMoved, NextPurchaseActivated
from app.cart.state import HeldBackReason, Pane
from tests.unit.cart.test_properties import COUPONS
from tests.unit.cart.values import Actor, facts, quantities, units_by_variant, variant

KNOWN = facts(variant(1), variant(2), variant(3, maximum=5))


@pytest.fixture
def shopper() -> Actor:
    """Two things in the order, one saved that is in the order, too; a discount code. Nothing comes back by itself."""
    actor = Actor(KNOWN)
    actor.coupons = COUPONS
    actor.does(SwitchAutoActivation(enabled=False))
    actor.adds(1, 2)
    actor.adds(2, 3)
    actor.adds(2, 1, Pane.NEXT_PURCHASE)
    actor.does(AddCoupon("TEN"))
    return actor


def salvaged(actor: Actor) -> PutBack:
    """Salvage; how it would be taken back."""
    *_, moved = actor.does(Salvage())
    assert isinstance(moved, LinesMoved)
    return PutBack(moved.moves, "TEN")


def panes(actor: Actor) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    return quantities(actor.cart.pane(Pane.ACTIVE)), quantities(actor.cart.pane(Pane.NEXT_PURCHASE))


def test_everything_is_saved_twins_together_and_the_coupon_leaves(shopper: Actor) -> None:
    events = shopper.does(Salvage())
    assert [type(event) for event in events] == [CouponRemoved, LinesMoved]
    assert panes(shopper) == ([], [(2, 4), (1, 2)])
    assert shopper.cart.coupon == ""
    assert shopper.does(Salvage()) == ()


def test_it_goes_back_exactly(shopper: Actor) -> None:
    before = shopper.cart
    back = salvaged(shopper)
    shopper.does(back)
    assert (shopper.cart.lines, shopper.cart.coupon) == (before.lines, before.coupon)
    with pytest.raises(NothingToUndo):
        shopper.does(replace(back, at=shopper.cart.version - 3))


def test_the_page_can_take_it_back_too(shopper: Actor) -> None:
    before = shopper.cart
    salvaged(shopper)
    shopper.does(Undo(shopper.cart.version))
    assert shopper.cart.lines == before.lines


def test_only_what_is_still_there_goes_back(shopper: Actor) -> None:
    back = salvaged(shopper)
    line = shopper.line(2, Pane.NEXT_PURCHASE)
    assert line
    shopper.does(ChangeQuantity(line.id, 2))
    other = shopper.line(1, Pane.NEXT_PURCHASE)
    assert other
    shopper.does(MoveLine(other.id, Pane.ACTIVE, shopper.new_id()))
    shopper.does(back)
    assert panes(shopper) == ([(2, 2), (1, 2)], [])
    with pytest.raises(NothingToUndo):
        shopper.does(back)


def test_more_than_the_product_allows_is_kept_all_the_same() -> None:
    actor = Actor(KNOWN)
    actor.does(SwitchAutoActivation(enabled=False))
    actor.adds(3, 5, Pane.NEXT_PURCHASE)
    actor.adds(3, 4)
    back = salvaged(actor)
    assert panes(actor) == ([], [(3, 9)])
    actor.does(replace(back, coupon=""))
    assert panes(actor) == ([(3, 4)], [(3, 5)])


def test_what_no_line_can_hold_stays_where_it_is() -> None:
    actor = Actor(KNOWN)
    actor.does(SwitchAutoActivation(enabled=False))
    actor.adds(1, 998, Pane.NEXT_PURCHASE)
    actor.adds(1, 3)
    [moved] = actor.does(Salvage())
    assert isinstance(moved, LinesMoved)
    assert [held.reason for held in moved.held_back] == [HeldBackReason.LIMIT]
    assert panes(actor) == ([(1, 2)], [(1, 999)])
    assert actor.does(Salvage()) == ()
    actor.adds(1, 996)
    actor.does(PutBack(moved.moves))
    assert panes(actor) == ([(1, 999)], [(1, 998)])
    actor.adds(1, 1, Pane.NEXT_PURCHASE)
    with pytest.raises(NothingToUndo):
        actor.does(PutBack(moved.moves))


def test_what_was_taken_out_of_the_catalogue_is_saved_too(shopper: Actor) -> None:
    before = units_by_variant(shopper.cart)
    shopper.known = facts(variant(1, sellable=False), variant(2, available=0))
    salvaged(shopper)
    assert shopper.cart.pane(Pane.ACTIVE) == ()
    assert units_by_variant(shopper.cart) == before


def test_a_note_that_nobody_answered_is_over_and_the_next_first_item_brings_all_back() -> None:
    actor = Actor(KNOWN)
    actor.adds(1, 2, Pane.NEXT_PURCHASE)
    actor.adds(2)
    assert actor.cart.note
    actor.does(Salvage())
    assert actor.cart.note is None
    assert any(isinstance(event, NextPurchaseActivated) for event in actor.adds(3))
    assert panes(actor) == ([(1, 2), (2, 1), (3, 1)], [])
