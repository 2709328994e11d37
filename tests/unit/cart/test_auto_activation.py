"""Rule 3 of the cart: next purchase comes back into an empty active pane, and only then."""

from dataclasses import replace
from uuid import UUID

import pytest

from app.cart.commands import AnswerNote, MoveLine, RemoveLine, SwitchAutoActivation
from app.cart.errors import SoldOut, VariantNotFound
from app.cart.events import NextPurchaseActivated
from app.cart.policy import Policy
from app.cart.state import HeldBackReason, Pane
from app.ids import VariantId
from app.money import Money
from tests.unit.cart.values import Actor, facts, quantities, variant

ACTIVE, NEXT = Pane.ACTIVE, Pane.NEXT_PURCHASE


@pytest.fixture
def actor() -> Actor:
    return Actor(facts(*(variant(n) for n in range(1, 6))))


def test_adding_to_an_empty_active_pane_brings_next_purchase_back(actor: Actor) -> None:
    actor.adds(1, 2, NEXT)
    actor.adds(2, 1, NEXT)

    events = actor.adds(3)

    assert isinstance(events[0], NextPurchaseActivated)
    assert quantities(actor.cart.pane(ACTIVE)) == [(1, 2), (2, 1), (3, 1)]
    assert actor.cart.pane(NEXT) == ()
    assert [line.brought_back for line in actor.cart.lines] == [True, True, False]
    assert actor.cart.note is not None
    assert actor.cart.activation == 1


def test_the_added_item_merges_with_its_saved_twin(actor: Actor) -> None:
    actor.adds(1, 2, NEXT)
    actor.adds(1, 1)
    assert quantities(actor.cart.pane(ACTIVE)) == [(1, 3)]


def test_it_does_not_happen_when_something_is_in_the_active_pane(actor: Actor) -> None:
    actor.adds(1)
    actor.adds(2, 1, NEXT)
    actor.adds(3)
    assert quantities(actor.cart.pane(NEXT)) == [(2, 1)]
    assert actor.cart.note is None


def test_it_does_not_happen_when_saving_for_next_purchase(actor: Actor) -> None:
    actor.adds(1, 1, NEXT)
    actor.adds(2, 1, NEXT)
    assert actor.cart.pane(ACTIVE) == ()


def test_moving_one_line_by_hand_brings_only_that_line(actor: Actor) -> None:
    actor.adds(1, 1, NEXT)
    actor.adds(2, 1, NEXT)
    line = actor.line(1, NEXT)
    assert line
    actor.does(MoveLine(line.id, ACTIVE, actor.new_id()))
    assert quantities(actor.cart.pane(NEXT)) == [(2, 1)]
    assert actor.cart.activation == 0


@pytest.mark.parametrize("who", ["shopper", "store"])
def test_it_can_be_switched_off(actor: Actor, who: str) -> None:
    actor.adds(1, 1, NEXT)
    if who == "shopper":
        actor.does(SwitchAutoActivation(enabled=False))
    else:
        actor.policy = Policy(auto_activation=False)
    actor.adds(2)
    assert quantities(actor.cart.pane(NEXT)) == [(1, 1)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"available": 0}, HeldBackReason.SOLD_OUT),
        ({"sellable": False}, HeldBackReason.GONE),
        ({"unit_price": Money(1201, "EUR")}, HeldBackReason.PRICE_ROSE),
        ({"unit_price": Money(1000, "USD")}, HeldBackReason.CURRENCY),
    ],
)
def test_what_cannot_come_stays_and_says_why(actor: Actor, change: dict[str, object], reason: HeldBackReason) -> None:
    actor.adds(1, 1, NEXT)
    actor.adds(2, 1, NEXT)
    actor.known = {**actor.known, VariantId(UUID(int=1)): variant(1, **change)}

    actor.adds(3)

    assert quantities(actor.cart.pane(NEXT)) == [(1, 1)]
    assert quantities(actor.cart.pane(ACTIVE)) == [(2, 1), (3, 1)]
    assert actor.cart.note
    assert [held.reason for held in actor.cart.note.held_back] == [reason]


def test_a_price_risen_by_exactly_the_limit_still_comes(actor: Actor) -> None:
    actor.adds(1, 1, NEXT)
    actor.known = {**actor.known, VariantId(UUID(int=1)): variant(1, unit_price=Money(1200, "EUR"))}
    actor.adds(2)
    assert actor.cart.pane(NEXT) == ()


def test_a_line_no_longer_in_the_catalogue_stays(actor: Actor) -> None:
    actor.adds(1, 1, NEXT)
    actor.adds(2, 1, NEXT)
    actor.known = facts(variant(2), variant(3))
    actor.adds(3)
    assert quantities(actor.cart.pane(NEXT)) == [(1, 1)]


@pytest.mark.parametrize("change", [{"maximum": 3}, {"available": 3}])
def test_a_twin_that_would_be_too_many_stays(actor: Actor, change: dict[str, object]) -> None:
    actor.adds(1, 2, NEXT)
    actor.adds(2, 1, NEXT)
    actor.known = {**actor.known, VariantId(UUID(int=1)): variant(1, **change)}
    actor.adds(1, 2)
    assert quantities(actor.cart.pane(ACTIVE)) == [(2, 1), (1, 2)]
    assert quantities(actor.cart.pane(NEXT)) == [(1, 2)]


def test_nothing_is_activated_when_no_line_can_come(actor: Actor) -> None:
    actor.adds(1, 1, NEXT)
    actor.known = {**actor.known, VariantId(UUID(int=1)): variant(1, available=0)}
    actor.adds(2)
    assert actor.cart.note is None
    assert actor.cart.activation == 0


def test_nothing_is_activated_when_the_item_is_refused(actor: Actor) -> None:
    actor.adds(1, 1, NEXT)
    actor.known = {**actor.known, VariantId(UUID(int=2)): variant(2, available=0)}
    before = actor.cart
    with pytest.raises(SoldOut):
        actor.adds(2)
    with pytest.raises(VariantNotFound):
        actor.adds(99)
    assert actor.cart == before


def test_undo_puts_back_exactly_what_was_moved(actor: Actor) -> None:
    actor.adds(1, 2, NEXT)
    actor.adds(2, 1, NEXT)
    before = actor.cart.pane(NEXT)
    actor.adds(3)

    actor.does(AnswerNote(keep=False))

    assert actor.cart.pane(NEXT) == before
    assert quantities(actor.cart.pane(ACTIVE)) == [(3, 1)]
    assert actor.cart.note is None


def test_undo_leaves_the_added_units_of_a_merged_twin(actor: Actor) -> None:
    actor.adds(1, 2, NEXT)
    actor.adds(1, 1)
    actor.does(AnswerNote(keep=False))
    assert quantities(actor.cart.pane(NEXT)) == [(1, 2)]
    assert quantities(actor.cart.pane(ACTIVE)) == [(1, 1)]
    assert len({line.id for line in actor.cart.lines}) == 2


def test_undo_takes_back_what_is_still_there(actor: Actor) -> None:
    actor.adds(1, 2, NEXT)
    actor.adds(2, 1, NEXT)
    actor.adds(3)
    line = actor.line(1, ACTIVE)
    assert line
    actor.does(RemoveLine(line.id))
    actor.does(AnswerNote(keep=False))
    assert quantities(actor.cart.pane(NEXT)) == [(2, 1)]


def test_undo_with_nothing_left_just_answers_the_note(actor: Actor) -> None:
    actor.adds(1, 1, NEXT)
    actor.adds(2)
    line = actor.line(1, ACTIVE)
    assert line
    actor.does(RemoveLine(line.id))
    actor.does(AnswerNote(keep=False))
    assert actor.cart.note is None


def test_keeping_answers_the_note(actor: Actor) -> None:
    actor.adds(1, 1, NEXT)
    actor.adds(2)
    actor.does(AnswerNote(keep=True))
    assert actor.cart.note is None
    assert quantities(actor.cart.pane(ACTIVE)) == [(1, 1), (2, 1)]


def test_the_note_stays_over_other_changes(actor: Actor) -> None:
    actor.adds(1, 1, NEXT)
    actor.adds(2)
    actor.adds(3)
    assert actor.cart.note
    assert replace(actor.cart, note=None) != actor.cart
