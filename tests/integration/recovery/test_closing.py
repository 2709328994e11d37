"""What ends an episode at once, in the very transaction: an order by anybody of the same person, an emptied pane, a merge."""

from datetime import timedelta
from typing import Any

import pytest

from app.cart import contacts
from app.cart.commands import ChangeQuantity, EmptyPane, MoveAll, MoveLine, RemoveLine, Undo
from app.cart.policy import Policy
from app.cart.state import Pane
from app.database.transaction import transaction
from app.ids import CustomerId, LineId, new_id
from app.orders import attempts, settlement, sweeping
from app.payments.manual import Manual
from app.payments.provider import Outcome, Status
from app.recovery import episodes, expiry
from app.recovery.values import EpisodeState, Trigger
from tests.abandoning import (
    ABANDONED,
    begin_looking,
    detect,
    does,
    episodes_of,
    make_campaign,
    messages_of,
    puts,
    rows,
    this_store,
)
from tests.bank import DECLINED, UNKNOWN, ScriptedBank
from tests.conftest import NOW
from tests.factories import make_customer, make_product, set_stock
from tests.ordering import place, ready
from tests.sent import noted

LATER = ABANDONED + timedelta(minutes=5)


@pytest.fixture
def shopper(in_store: Any) -> CustomerId:
    """Somebody with an account, one thing in the cart and an open episode with three messages."""
    begin_looking()
    make_campaign()
    customer_id = make_customer("shirin@example.com", password_hash="x")
    puts(customer_id, make_product(price=2500).variant_id)
    detect()
    assert states(customer_id) == ["open"]
    return customer_id


def states(*customers: CustomerId) -> list[str]:
    return [episode.state for episode in episodes_of(*customers)]


def ends(*customers: CustomerId) -> set[tuple[str, str]]:
    return {(message.state, message.reason) for message in messages_of(*customers)}


def orders(customer_id: CustomerId, bank: ScriptedBank, now: Any = LATER) -> Any:
    return place(customer_id, ready(customer_id), {bank.name: bank}, now=now)


def test_an_order_closes_the_episode_and_nothing_is_sent_any_more(shopper: CustomerId) -> None:
    placed = orders(shopper, ScriptedBank())
    [episode] = episodes_of(shopper)
    assert (episode.state, episode.closed_at, episode.order_id) == ("recovered", LATER, placed.order_id)
    assert ends(shopper) == {("cancelled", "episode_recovered")}
    said = rows("SELECT verdict, reason, inputs FROM message_evaluations WHERE message_id = ANY(:ids)",
                ids=[message.id for message in messages_of(shopper)])  # fmt: skip
    assert [tuple(row) for row in said] == [("end", "episode_recovered", {"episode": "recovered"})] * 3


def test_an_order_to_be_paid_on_delivery_closes_it_at_once(shopper: CustomerId) -> None:
    place(shopper, ready(shopper, Manual.name), {Manual.name: Manual()}, now=LATER)
    assert states(shopper) == ["recovered"]


def test_ordering_as_a_guest_with_the_same_address_closes_the_accounts_episode(shopper: CustomerId) -> None:
    guest = make_customer("shirin@example.com")
    puts(guest, make_product().variant_id, now=LATER)
    orders(guest, ScriptedBank())
    assert states(shopper) == ["recovered"]
    assert ends(shopper) == {("cancelled", "episode_recovered")}


def test_somebody_elses_order_closes_nothing(shopper: CustomerId) -> None:
    other = make_customer("other@example.com")
    puts(other, make_product().variant_id, now=LATER)
    orders(other, ScriptedBank())
    assert states(shopper) == ["open"]
    assert ends(shopper) == {("scheduled", "")}


def test_a_declined_payment_closes_nothing(shopper: CustomerId) -> None:
    orders(shopper, ScriptedBank(DECLINED))
    assert states(shopper) == ["open"]
    assert ends(shopper) == {("scheduled", "")}


def test_a_payment_nobody_has_heard_the_end_of_closes_nothing_until_it_is_known(shopper: CustomerId) -> None:
    bank = ScriptedBank(UNKNOWN)
    placed = orders(shopper, bank)
    assert states(shopper) == ["open"]
    attempt = attempts.find_last(placed.order_id)
    assert attempt
    settlement.apply(attempt.id, Outcome(Status.SUCCEEDED), now=LATER, actor="test")
    assert states(shopper) == ["recovered"]


def test_money_that_comes_after_the_order_was_given_up_closes_it_all_the_same(shopper: CustomerId) -> None:
    placed = orders(shopper, ScriptedBank(DECLINED))
    attempt = attempts.find_last(placed.order_id)
    assert attempt
    settlement.apply(attempt.id, Outcome(Status.SUCCEEDED), now=LATER, actor="test")
    assert [(row.state, row.order_id) for row in episodes_of(shopper)] == [("recovered", placed.order_id)]


def test_late_money_for_what_is_sold_out_by_now_closes_nothing(in_store: Any) -> None:
    begin_looking()
    make_campaign()
    shopper, last = make_customer(), make_product(price=2500, available=1)
    puts(shopper, last.variant_id)
    detect()
    placed = orders(shopper, ScriptedBank(DECLINED))
    set_stock(last, 0)
    attempt = attempts.find_last(placed.order_id)
    assert attempt
    settlement.apply(attempt.id, Outcome(Status.SUCCEEDED), now=LATER, actor="test")
    assert states(shopper) == ["open"]
    assert ends(shopper) == {("scheduled", "")}


def test_late_money_for_a_cart_that_expired_leaves_the_next_one_usable(shopper: CustomerId) -> None:
    placed = orders(shopper, ScriptedBank(DECLINED))
    attempt = attempts.find_last(placed.order_id)
    assert attempt
    rows("UPDATE orders SET state = 'abandoned' RETURNING 1")
    much_later = NOW + timedelta(days=60)
    assert expiry.expire(this_store(), much_later) == 1
    settlement.apply(attempt.id, Outcome(Status.SUCCEEDED), now=much_later, actor="test")
    assert rows("SELECT version FROM carts WHERE status = 'open'")[0].version == 0
    assert len(puts(shopper, make_product().variant_id, now=much_later).lines) == 1


def test_an_order_that_is_held_for_a_look_was_bought_all_the_same(shopper: CustomerId) -> None:
    for _ in range(12):  # so many orders in an hour are suspicious
        other = make_customer("shirin@example.com")
        puts(other, make_product().variant_id)
        orders(other, ScriptedBank(), NOW)
    rows("UPDATE episodes SET state = 'open', closed_at = NULL, order_id = NULL RETURNING 1")
    placed = orders(shopper, ScriptedBank())
    assert rows("SELECT state FROM orders WHERE id = :id", id=placed.order_id)[0].state == "in_review"
    assert states(shopper) == ["recovered"]


def test_the_sweeper_that_hears_of_the_payment_closes_it(shopper: CustomerId) -> None:
    bank = ScriptedBank(UNKNOWN)
    orders(shopper, bank)
    sweeping.sweep({bank.name: bank}, LATER + timedelta(minutes=2))
    assert states(shopper) == ["recovered"]


def empty(customer_id: CustomerId, how: str) -> None:
    line = does(customer_id, ChangeQuantity(_line(customer_id), 2), LATER).lines[0].id
    wish = {
        "removed": RemoveLine(line),
        "none of it": ChangeQuantity(line, 0),
        "all removed": EmptyPane(Pane.ACTIVE),
        "saved for later": MoveLine(line, Pane.NEXT_PURCHASE, LineId(new_id())),
        "all saved": MoveAll(Pane.NEXT_PURCHASE),
    }[how]
    does(customer_id, wish, LATER)


def _line(customer_id: CustomerId) -> LineId:
    found = rows(
        "SELECT l.id FROM cart_lines l JOIN carts c ON c.id = l.cart_id WHERE c.customer_id = :id", id=customer_id
    )
    return LineId(found[0].id)


@pytest.mark.parametrize("how", ["removed", "none of it", "all removed", "saved for later", "all saved"])
def test_emptying_the_pane_ends_it(shopper: CustomerId, how: str) -> None:
    empty(shopper, how)
    assert [(row.state, row.closed_at) for row in episodes_of(shopper)] == [("emptied", LATER)]
    assert ends(shopper) == {("cancelled", "episode_emptied")}


def test_taking_one_of_two_lines_out_ends_nothing_and_costs_nothing(shopper: CustomerId) -> None:
    second = puts(shopper, make_product().variant_id, now=LATER).lines[1].id
    with noted() as sent:
        does(shopper, RemoveLine(second), LATER)
    assert len(sent) == 3
    assert states(shopper) == ["open"]


def test_an_emptying_that_is_undone_leaves_the_episode_over_and_begins_another_later(shopper: CustomerId) -> None:
    emptied = does(shopper, EmptyPane(Pane.ACTIVE), LATER)
    does(shopper, Undo(emptied.version), LATER)
    assert states(shopper) == ["emptied"]
    detect(LATER + timedelta(hours=1))
    assert states(shopper) == ["emptied", "open"]


def test_only_what_is_about_the_active_pane_ends_when_it_is_emptied(shopper: CustomerId) -> None:
    rows("UPDATE episodes SET trigger = 'price_dropped' RETURNING 1")
    does(shopper, EmptyPane(Pane.ACTIVE), LATER)
    assert states(shopper) == ["open"]


def test_a_contacts_episode_ends_when_their_cart_goes_into_the_account(in_store: Any) -> None:
    begin_looking()
    make_campaign()
    contact, account = make_customer("guest@example.com"), make_customer("account@example.com", password_hash="x")
    puts(contact, make_product(price=2500).variant_id)
    detect()
    contacts.merge_contact_cart(contact, account, currency="EUR", policy=Policy(), now=LATER)
    assert states(contact) == ["merged"]
    assert ends(contact) == {("cancelled", "episode_merged")}
    detect(LATER + timedelta(hours=1))  # what is left in the account's cart is another episode
    assert states(account) == ["open"]


def test_a_message_that_has_left_is_not_touched(shopper: CustomerId) -> None:
    first = messages_of(shopper)[0].id
    rows("UPDATE messages SET state = 'sent', sent_at = now() WHERE id = :id RETURNING 1", id=first)
    orders(shopper, ScriptedBank())
    assert [message.state for message in messages_of(shopper)] == ["sent", "cancelled", "cancelled"]


def test_closing_is_undone_with_the_transaction_that_wanted_it(shopper: CustomerId) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        episodes.close(episodes.lock_of_person([shopper]), EpisodeState.RECOVERED, now=LATER)
        raise ZeroDivisionError
    assert states(shopper) == ["open"]
    assert ends(shopper) == {("scheduled", "")}


def test_an_episode_ends_once(shopper: CustomerId) -> None:
    with transaction():
        locked = episodes.lock_of_person([shopper])
        assert episodes.close(locked, EpisodeState.EMPTIED, now=LATER) == locked
        assert episodes.close(locked, EpisodeState.RECOVERED, now=LATER) == []
    assert states(shopper) == ["emptied"]
    assert ends(shopper) == {("cancelled", "episode_emptied")}


def test_finding_the_open_one(shopper: CustomerId) -> None:
    cart_id = episodes_of(shopper)[0].cart_id
    found = episodes.find_open(cart_id)
    assert found
    assert (found.customer_id, found.state, found.inactive_since) == (shopper, EpisodeState.OPEN, NOW)
    assert episodes.find_open(cart_id, Trigger.PRICE_DROPPED) is None
