"""Recovery by hand: a reminder of one cart or none any more, once, through the same gate, undone while nothing has left."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.audit import log
from app.cart import repository
from app.cart.history import CartNotFound
from app.database.transaction import transaction
from app.events import relay
from app.ids import CartId, CustomerId, new_id
from app.recovery import checking, manual
from app.recovery.manual import LeftAlone, NothingToStop, NotToBeReminded, ReasonTooLong, ReminderWaits, TooLateToUndo
from tests.abandoning import (
    ABANDONED,
    begin_looking,
    detect,
    episodes_of,
    make_campaign,
    messages_of,
    puts,
    this_store,
)
from tests.factories import make_customer, make_product

STAFF = "staff:1"
LATER = ABANDONED + timedelta(minutes=5)


@pytest.fixture
def shopper(in_store: Any) -> CustomerId:
    """Somebody who left a cart worth 25.00."""
    begin_looking()
    return left("shopper@example.com")


def left(email: str, price: int = 2500) -> CustomerId:
    customer_id = make_customer(email)
    puts(customer_id, make_product(price=price).variant_id)
    return customer_id


def cart_of(customer_id: CustomerId) -> CartId:
    stored = repository.find_open(customer_id)
    assert stored
    return stored.id


def remind(customer_id: CustomerId, op_id: UUID | None = None, **how: Any) -> manual.Reminder:
    return manual.remind(cart_of(customer_id), this_store(), op_id=op_id or new_id(), actor=STAFF, now=LATER, **how)


def by_hand(customer_id: CustomerId) -> list[Any]:
    return [message for message in messages_of(customer_id) if message.kind == "manual"]


def set_state(state: str, of: UUID) -> None:
    with transaction() as session:
        session.execute(text("UPDATE messages SET state = :state WHERE id = :id"), {"state": state, "id": of})


def actions() -> list[str]:
    return [entry.action for entry in log.list_entries()]


def test_a_cart_that_is_not_abandoned_yet_becomes_so(shopper: CustomerId) -> None:
    campaign_id = make_campaign()
    reminder = remind(shopper)
    [episode] = episodes_of(shopper)
    assert (episode.arm, episode.campaign_id, episode.state) == ("campaign", campaign_id, "open")
    [message] = by_hand(shopper)
    assert (message.id, message.channel, message.step, message.state) == (reminder.message_id, "email", 0, "scheduled")
    assert message.due_at == LATER + manual.HELD
    assert len(messages_of(shopper)) == 4
    assert detect(LATER).episodes == 0
    assert actions() == ["reminder_sent_by_hand"]


def test_the_open_episode_is_used(shopper: CustomerId) -> None:
    detect()
    assert remind(shopper).episode_id == episodes_of(shopper)[0].id


def test_once_for_each_operation(shopper: CustomerId) -> None:
    op_id = new_id()
    assert remind(shopper, op_id) == remind(shopper, op_id)
    with pytest.raises(ReminderWaits):
        remind(shopper)
    assert len(by_hand(shopper)) == len(actions()) == 1
    set_state("sent", by_hand(shopper)[0].id)
    remind(shopper)
    assert [message.step for message in by_hand(shopper)] == [0, 1]


def test_whatever_it_is_worth_but_without_a_campaign_then(shopper: CustomerId) -> None:
    make_campaign()
    poor = left("poor@example.com", price=100)
    remind(poor)
    assert [episode.arm for episode in episodes_of(poor)] == ["none"]
    assert len(messages_of(poor)) == 1


def test_whoever_is_left_alone_only_with_a_reason(shopper: CustomerId) -> None:
    make_campaign(holdout=50)
    people = [shopper, *(left(f"p{at}@example.com") for at in range(8))]
    detect()
    alone = next(one for one in people if episodes_of(one)[0].arm == "holdout")
    for although in ("", "  "):
        with pytest.raises(LeftAlone):
            remind(alone, although=although)
    with pytest.raises(ReasonTooLong):
        remind(alone, although="x" * 201)
    remind(alone, although="They called and asked for it")
    assert [episode.arm for episode in episodes_of(alone)] == ["holdout"]
    assert log.list_entries()[0].details == {"although": "They called and asked for it"}


def test_nobody_is_reminded_of_nothing(shopper: CustomerId) -> None:
    with pytest.raises(CartNotFound):
        manual.remind(CartId(new_id()), this_store(), op_id=new_id(), actor=STAFF, now=LATER)
    with transaction() as session:
        session.execute(text("DELETE FROM cart_lines"))
    with pytest.raises(NotToBeReminded):
        remind(shopper)
    assert actions() == []


def test_undone_while_it_has_not_left(shopper: CustomerId) -> None:
    op_id, cart_id = new_id(), cart_of(shopper)
    remind(shopper, op_id)
    manual.undo_remind(cart_id, op_id=op_id, actor=STAFF, now=LATER)
    [message] = by_hand(shopper)
    assert (message.state, message.reason) == ("cancelled", "called_off")
    assert list(checking.check(LATER)) == []
    assert actions() == ["reminder_undone", "reminder_sent_by_hand"]
    with pytest.raises(TooLateToUndo):
        manual.undo_remind(cart_id, op_id=op_id, actor=STAFF, now=LATER)


def test_what_a_worker_has_cannot_be_undone(shopper: CustomerId) -> None:
    op_id = new_id()
    remind(shopper, op_id)
    set_state("sent", by_hand(shopper)[0].id)
    with pytest.raises(TooLateToUndo):
        manual.undo_remind(cart_of(shopper), op_id=op_id, actor=STAFF, now=LATER)


def test_stopping_holds_back_and_then_calls_off(shopper: CustomerId) -> None:
    make_campaign()
    detect()
    manual.stop(cart_of(shopper), op_id=new_id(), actor=STAFF, now=LATER)
    assert {message.state for message in messages_of(shopper)} == {"scheduled"}
    assert min(message.due_at for message in messages_of(shopper)) >= LATER + manual.NOT_BEFORE_STOPPED
    relay.drain(lambda: LATER + manual.HELD)
    assert {(message.state, message.reason) for message in messages_of(shopper)} == {("cancelled", "stopped_by_staff")}
    assert list(checking.check(LATER)) == []
    with pytest.raises(NothingToStop):
        manual.stop(cart_of(shopper), op_id=new_id(), actor=STAFF, now=LATER)
    assert actions() == ["reminders_stopped"]


def test_stopping_undone_in_time(shopper: CustomerId) -> None:
    make_campaign()
    detect()
    op_id, cart_id = new_id(), cart_of(shopper)
    manual.stop(cart_id, op_id=op_id, actor=STAFF, now=LATER)
    manual.undo_stop(cart_id, op_id=op_id, actor=STAFF, now=LATER)
    relay.drain(lambda: LATER + manual.HELD)
    assert {message.state for message in messages_of(shopper)} == {"scheduled"}
    for other in (op_id, new_id()):
        with pytest.raises(TooLateToUndo):
            manual.undo_stop(cart_id, op_id=other, actor=STAFF, now=LATER)
