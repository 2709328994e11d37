"""A wish about a line that has changed meanwhile is not carried out; a price is accepted only as it was shown."""

from uuid import UUID

import pytest

from app.cart.commands import AcceptPrices, ChangeQuantity, MoveLine, RemoveLine
from app.cart.errors import LineChanged, PricesMovedAgain
from app.cart.policy import Policy
from app.cart.pricing import review, totals
from app.cart.state import Line, Pane
from app.ids import VariantId
from app.money import Money
from tests.unit.cart.values import Actor, facts, variant


@pytest.fixture
def actor() -> Actor:
    actor = Actor(facts(variant(1), variant(2)))
    actor.adds(1, 2)
    actor.adds(2, 1)
    return actor


def line_of(actor: Actor, number: int) -> Line:
    line = actor.line(number, Pane.ACTIVE)
    assert line
    return line


def priced(actor: Actor, number: int, amount: int) -> None:
    actor.known = {**actor.known, VariantId(UUID(int=number)): variant(number, unit_price=Money(amount, "EUR"))}


def test_a_wish_on_a_changed_line_is_refused_and_says_what_is_there(actor: Actor) -> None:
    line = line_of(actor, 1)
    for command in (
        ChangeQuantity(line.id, 5, seen=1),
        RemoveLine(line.id, seen=1),
        MoveLine(line.id, Pane.NEXT_PURCHASE, actor.new_id(), seen=1),
    ):
        with pytest.raises(LineChanged) as refusal:
            actor.does(command)
        assert refusal.value.params["quantity"] == 2


def test_a_wish_on_the_line_as_seen_is_carried_out(actor: Actor) -> None:
    actor.does(ChangeQuantity(line_of(actor, 1).id, 5, seen=2))
    assert line_of(actor, 1).quantity == 5


def test_wishing_for_what_is_there_already_is_no_conflict(actor: Actor) -> None:
    assert actor.does(ChangeQuantity(line_of(actor, 1).id, 2, seen=1)) == ()


def test_accepting_shown_prices_takes_them_into_the_snapshot(actor: Actor) -> None:
    priced(actor, 1, 1200)
    reviewed = review(actor.cart, Pane.ACTIVE, actor.known, Policy())
    assert totals(reviewed, "EUR").unaccepted == 1
    actor.does(AcceptPrices(((line_of(actor, 1).id, 1200),)))
    assert line_of(actor, 1).snapshot.unit_price == Money(1200, "EUR")
    assert totals(review(actor.cart, Pane.ACTIVE, actor.known, Policy()), "EUR").unaccepted == 0


def test_a_price_that_moved_again_is_not_accepted(actor: Actor) -> None:
    priced(actor, 1, 1300)
    with pytest.raises(PricesMovedAgain):
        actor.does(AcceptPrices(((line_of(actor, 1).id, 1200),)))
    priced(actor, 2, 900)
    actor.does(AcceptPrices(((line_of(actor, 1).id, 1200), (line_of(actor, 2).id, 900))))
    assert line_of(actor, 1).snapshot.unit_price == Money(1000, "EUR")
    assert line_of(actor, 2).snapshot.unit_price == Money(900, "EUR")


def test_a_price_in_another_currency_is_never_accepted(actor: Actor) -> None:
    actor.known = {**actor.known, VariantId(UUID(int=1)): variant(1, unit_price=Money(900, "USD"))}
    with pytest.raises(PricesMovedAgain):
        actor.does(AcceptPrices(((line_of(actor, 1).id, 900),)))
