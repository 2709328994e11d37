"""Rule 7 of the cart: a guest's cart comes in by the store's rule, nothing is lost, and it can be taken back for a day."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from app.cart.commands import AnswerMerge, BringBack, ChangeQuantity, MergeGuestCart, MoveLine, RemoveLine
from app.cart.domain import decide
from app.cart.errors import NothingToUndo
from app.cart.events import Event
from app.cart.merging import beyond
from app.cart.policy import Policy
from app.cart.state import Line, Pane
from app.ids import VariantId
from app.money import Money
from tests.unit.cart.values import NOW, Actor, facts, quantities, variant

ACTIVE, NEXT = Pane.ACTIVE, Pane.NEXT_PURCHASE
KNOWN = facts(variant(1), variant(2), variant(3), variant(4, maximum=4))


@pytest.fixture
def account() -> Actor:
    return Actor(KNOWN, Policy(auto_activation=False))


@pytest.fixture
def guest() -> Actor:
    guest = Actor(KNOWN, Policy(auto_activation=False))
    guest.ids = 500
    return guest


def merges(account: Actor, guest: Actor, rule: str = "larger") -> None:
    account.does(MergeGuestCart(UUID(int=7), guest.cart.lines, rule))  # type: ignore[arg-type]


@pytest.mark.parametrize(("rule", "together"), [("larger", 3), ("sum", 5)])
def test_same_lines_follow_the_rule(account: Actor, guest: Actor, rule: str, together: int) -> None:
    account.adds(1, 2)
    guest.adds(1, 3)
    merges(account, guest, rule)
    assert quantities(account.cart.lines) == [(1, together)]


def test_a_guests_active_line_wins_over_its_saved_twin(account: Actor, guest: Actor) -> None:
    account.adds(1, 2, NEXT)
    guest.adds(1, 1)
    guest.adds(1, 4, NEXT)
    merges(account, guest)
    assert quantities(account.cart.pane(ACTIVE)) == [(1, 2)]
    assert quantities(account.cart.pane(NEXT)) == [(1, 4)]


def test_the_products_limit_holds_but_takes_nothing_away(account: Actor, guest: Actor) -> None:
    account.adds(4, 3)
    guest.adds(4, 3)
    merges(account, guest, "sum")
    assert quantities(account.cart.lines) == [(4, 4)]


def test_lines_of_another_currency_wait_in_next_purchase(account: Actor, guest: Actor) -> None:
    in_dollars = {one: replace(known, unit_price=Money(900, "USD")) for one, known in KNOWN.items()}
    dollars = Actor(in_dollars, currency="USD")
    dollars.ids = 500
    dollars.adds(1, 1)
    dollars.adds(2, 3)
    account.known = facts(replace(variant(1), unit_price=Money(900, "USD")), variant(2))
    account.does(MergeGuestCart(UUID(int=7), dollars.cart.lines, "larger", "USD"))
    assert quantities(account.cart.pane(NEXT)) == [(1, 1)]
    assert quantities(account.cart.pane(ACTIVE)) == [(2, 3)]
    assert [line.snapshot.unit_price for line in account.cart.lines] == [Money(900, "USD"), Money(1000, "EUR")]
    assert account.cart.merge
    assert (account.cart.merge.parked, account.cart.merge.currency) == (1, "USD")


def test_undo_gives_the_account_its_cart_back(account: Actor, guest: Actor) -> None:
    account.adds(1, 2)
    account.adds(2, 1, NEXT)
    account.adds(3, 1)
    before = account.cart.lines
    guest.adds(1, 5)
    guest.adds(2, 1)
    guest.adds(4, 2, NEXT)
    merges(account, guest, "sum")
    account.does(AnswerMerge(keep=False))
    assert account.cart.lines == before
    assert account.cart.merge is None


def test_undo_leaves_what_the_shopper_did_since(account: Actor, guest: Actor) -> None:
    account.adds(1, 2)
    guest.adds(1, 3)
    guest.adds(2, 1)
    merges(account, guest, "sum")
    line = account.line(1, ACTIVE)
    assert line
    account.does(ChangeQuantity(line.id, 9))
    other = account.line(2, ACTIVE)
    assert other
    account.does(RemoveLine(other.id))
    account.does(AnswerMerge(keep=False))
    assert quantities(account.cart.lines) == [(1, 6)]


def test_keeping_answers_it_for_good(account: Actor, guest: Actor) -> None:
    guest.adds(1, 1)
    merges(account, guest)
    account.does(AnswerMerge(keep=True))
    with pytest.raises(NothingToUndo):
        account.does(AnswerMerge(keep=False))


def test_after_a_day_it_is_too_late(account: Actor, guest: Actor) -> None:
    guest.adds(1, 1)
    merges(account, guest)
    for late, possible in ((timedelta(hours=24), True), (timedelta(hours=24, seconds=1), False)):
        if possible:
            assert decide(account.cart, AnswerMerge(keep=False), KNOWN, account.policy, NOW + late)
        else:
            with pytest.raises(NothingToUndo):
                decide(account.cart, AnswerMerge(keep=False), KNOWN, account.policy, NOW + late)


def test_an_empty_guest_cart_changes_nothing(account: Actor, guest: Actor) -> None:
    assert account.does(MergeGuestCart(UUID(int=7), (), "larger")) == ()


def test_lines_unknown_to_the_catalogue_come_along(account: Actor, guest: Actor) -> None:
    guest.adds(1, 2)
    account.known = facts()
    merges(account, guest)
    assert quantities(account.cart.lines) == [(1, 2)]
    assert VariantId(UUID(int=1)) not in account.known


def test_a_line_whose_id_is_taken_comes_under_another() -> None:
    known = facts(variant(1))
    guest, account = Actor(known), Actor(known)
    guest.adds(1, 2, NEXT)
    account.does(MergeGuestCart(UUID(int=7), guest.cart.lines, "sum"))
    line = account.cart.lines[0]
    account.does(ChangeQuantity(line.id, 5))
    account.does(AnswerMerge(keep=False))
    account.does(MoveLine(line.id, ACTIVE, account.new_id()))
    account.does(MergeGuestCart(UUID(int=8), guest.cart.lines, "sum"))
    assert [(one.pane, one.quantity) for one in account.cart.lines] == [(ACTIVE, 3), (NEXT, 2)]
    assert len({one.id for one in account.cart.lines}) == 2
    account.does(AnswerMerge(keep=False))
    assert [(one.pane, one.quantity) for one in account.cart.lines] == [(ACTIVE, 3)]


def test_what_was_merged_before_is_told_from_what_came_since() -> None:
    guest = Actor(facts(variant(1), variant(2)))
    guest.adds(1, 2)
    merged = guest.cart.lines
    assert beyond(merged, merged) == ()
    guest.does(MoveLine(merged[0].id, NEXT, guest.new_id(), 1))
    assert beyond(guest.cart.lines, merged) == ()
    guest.adds(1, 3)
    guest.adds(2, 1)
    since = beyond(guest.cart.lines, merged)
    assert [sum(line.quantity for line in since if line.variant_id.int == number) for number in (1, 2)] == [3, 1]


def brings_back(actor: Actor, *lines: Line, currency: str = "EUR", coupon: str = "") -> tuple[Event, ...]:
    return actor.does(BringBack(UUID(int=9), lines, currency, coupon))


def test_a_link_brings_copies_at_the_prices_of_now(account: Actor, guest: Actor) -> None:
    account.adds(1, 2)
    account.adds(2, 1, NEXT)
    dearer = Actor(facts(variant(1, unit_price=Money(1200, "EUR")), variant(2)), account.policy)
    brings_back(dearer, *account.cart.pane(ACTIVE))
    (line,) = dearer.cart.lines
    assert (line.quantity, line.snapshot.unit_price, line.brought_back) == (2, Money(1200, "EUR"), False)
    assert dearer.cart.merge is not None
    assert (dearer.cart.merge.origin, dearer.cart.merge.had) == ("link", 0)


def test_a_link_used_twice_doubles_nothing(account: Actor, guest: Actor) -> None:
    account.adds(1, 2)
    guest.adds(1, 1)
    guest.adds(3, 1)
    brings_back(guest, *account.cart.lines)
    assert quantities(guest.cart.lines) == [(1, 2), (3, 1)]
    assert guest.cart.merge is not None
    assert guest.cart.merge.had == 2
    assert brings_back(guest, *account.cart.lines) == ()
    guest.does(AnswerMerge(keep=False))
    assert quantities(guest.cart.lines) == [(1, 1), (3, 1)]


def test_what_is_not_sold_any_more_does_not_come_by_a_link(account: Actor) -> None:
    account.adds(1)
    account.adds(2)
    later = Actor(facts(variant(1, sellable=False)), account.policy)
    assert brings_back(later, *account.cart.lines) == ()


def test_a_link_brings_its_code_unless_there_is_one(account: Actor, guest: Actor) -> None:
    account.adds(1)
    brings_back(guest, *account.cart.lines, coupon="BACK5")
    assert guest.cart.coupon == "BACK5"
    guest.does(AnswerMerge(keep=False))
    assert guest.cart.coupon == ""
    guest.adds(1)
    brings_back(guest, *account.cart.lines, coupon="BACK5")
    assert guest.cart.coupon == "BACK5"
    assert brings_back(guest, *account.cart.lines, coupon="OTHER") == ()


def test_a_line_that_a_link_copied_is_no_other_one_when_it_comes_home(account: Actor, guest: Actor) -> None:
    account.adds(1, 2)
    brings_back(guest, *account.cart.lines)
    merges(account, guest, "sum")
    assert quantities(account.cart.lines) == [(1, 2)]


def test_what_came_since_is_summed_even_onto_the_line_it_made(account: Actor, guest: Actor) -> None:
    guest.adds(1, 2)
    merges(account, guest)
    guest.adds(1, 1)
    since = beyond(guest.cart.lines, account.cart.lines)
    account.does(MergeGuestCart(UUID(int=7), since, "sum", resumed=True))
    assert quantities(account.cart.lines) == [(1, 3)]


def test_a_line_of_another_currency_waits_or_is_priced_anew(account: Actor) -> None:
    account.adds(1)
    toman = Actor(facts(variant(1)), account.policy, "IRR")
    brings_back(toman, *account.cart.lines)
    assert quantities(toman.cart.pane(NEXT)) == [(1, 1)]
    assert toman.cart.merge is not None
    assert toman.cart.merge.parked == 1
    priced = Actor(facts(variant(1, unit_price=Money(420_000, "IRR"))), account.policy, "IRR")
    brings_back(priced, *account.cart.lines)
    assert priced.cart.pane(ACTIVE)[0].snapshot.unit_price == Money(420_000, "IRR")
