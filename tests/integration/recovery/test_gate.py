"""What the gate reads: each thing that speaks against a message, as it really comes about in the store."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg._queries import MAX_CACHED_STATEMENT_LENGTH
from sqlalchemy import Engine, delete, insert, select, text

from app.accounts import contacts
from app.accounts.models import StaffMember
from app.cart.models import CartLineRow, CartRow
from app.database.tenancy import current_store_id
from app.database.transaction import transaction
from app.ids import CustomerId, new_id
from app.orders.models import OrderRow
from app.recovery import breaker, delivery, facts_query, gate, people
from app.recovery import message_states as states
from app.recovery.content import Step
from app.recovery.facts_query import find_addresses
from app.recovery.message_models import PushSubscriptionRow, SuppressionRow
from app.recovery.parts import Claimed
from app.recovery.values import Channel
from app.stores.changing import change_settings
from app.stores.levels import Level
from app.stores.service import change_setting
from tests.conftest import TestStore
from tests.factories import MadeProduct, hide, make_customer, make_product, set_stock
from tests.integration.recovery import delivering
from tests.integration.recovery.delivering import (
    LEFT,
    THEN,
    Scripted,
    agree,
    change_customer,
    clock,
    episode,
    evaluations,
    hash_of,
    left_behind,
    message,
    row_of,
)

SEE = text("SELECT set_config('app.store', :store, true)")
MOVE = text("UPDATE customers SET email = 'new@example.com' WHERE id = :id")
LATELY = THEN - timedelta(minutes=10)


@pytest.fixture
def scripted(in_store: TestStore) -> Iterator[Scripted]:
    made = Scripted(channels=(Channel.EMAIL, Channel.SMS, Channel.PUSH))
    breaker.worked(made.provider.name)
    delivery.connect(made.parts())
    yield made
    delivering.change("messages", "state = 'cancelled', reason = 'test', lease_token = NULL", store_id=in_store.id)


class Case:
    """Somebody who left a cart with one thing in it, and a message that is due to them."""

    def __init__(self, scripted: Scripted, email: str = "shopper@example.com", **changes: Any) -> None:
        self.scripted, self.thing = scripted, make_product()
        self.customer_id = left_behind(email, product=self.thing)
        self.campaign_id = scripted.campaign()
        self.episode_id = episode(self.campaign_id, self.customer_id)
        self.message_id = message(self.episode_id, self.customer_id, **changes)

    def verdict(self) -> tuple[str, str]:
        delivery.deliver(clock)
        [evaluation] = evaluations(self.message_id)
        return evaluation.verdict, evaluation.reason


def order(customer_id: UUID, state: str, *, at: Any = LATELY, **changes: Any) -> None:
    """An order as checkout writes it, as far as it matters here."""
    with transaction() as session:
        cart_id = session.execute(select(CartRow.id).where(CartRow.customer_id == customer_id)).scalar_one()
        values: dict[str, Any] = {
            "store_id": current_store_id(),
            "id": new_id(),
            "customer_id": customer_id,
            "cart_id": cart_id,
            "activation": 9,
            "cart_version": 1,
            "op_id": new_id(),
            "state": state,
            "currency": "EUR",
            "taxes_included": True,
            "taxes": [],
            "contact": {},
            "delivery": {},
            "locale": "en",
            "provider": "manual",
            "created_at": at,
            "expires_at": at + timedelta(minutes=30),
            "updated_at": at,
        }
        sums = dict.fromkeys(("subtotal", "discount", "delivery_cost", "tax", "total"), 0)
        session.execute(insert(OrderRow).values(**{**values, **sums, **changes}))


def suppress(channel: str, address: str, reason: str) -> None:
    row = {"channel": channel, "address_hash": hash_of(address), "reason": reason, "source": "page", "since": LEFT}
    with transaction() as session:
        session.execute(insert(SuppressionRow).values(store_id=current_store_id(), **row))


def hire(email: str) -> None:
    row = {"email": email, "name": "S", "password_hash": "x", "role": "seller", "created_at": LEFT}
    with transaction() as session:
        session.execute(insert(StaffMember).values(store_id=current_store_id(), id=new_id(), **row))


def empty(case: Case) -> None:
    with transaction() as session:
        session.execute(delete(CartLineRow))


AGAINST: dict[str, Callable[[Case], object]] = {
    "bought_since": lambda case: order(case.customer_id, "placed"),
    "fraud_suspected": lambda case: order(case.customer_id, "in_review", at=LEFT - timedelta(days=1)),
    "staff": lambda case: hire("shopper@example.com"),
    "suppressed_unsubscribed": lambda case: suppress("email", "shopper@example.com", "unsubscribed"),
    "consent_withdrawn": lambda case: agree(case.customer_id, granted=False, at=LATELY),
    "no_address": lambda case: change_customer(case.customer_id, email=""),
    "campaign_archived": lambda case: delivering.change("campaigns", "state = 'archived'", id=case.campaign_id),
    "recovery_off": lambda case: change_setting(key="recovery", value=False, actor="test", now=LEFT),
    "channel_off": lambda case: change_setting(key="email_reminders", value=False, actor="test", now=LEFT),
    "cart_empty": empty,
    "nothing_to_offer": lambda case: set_stock(case.thing, 0),
    "enough_messages": lambda case: change_setting(key="messages_at_most", value=0, actor="test", now=LEFT),
    "frequency_zero": lambda case: change_setting(key="frequency_at_most", value=0, actor="test", now=LEFT),
    "overtaken": lambda case: sent(case, step=2),
    "too_late": lambda case: delivering.change(
        "messages", "created_at = created_at - interval '8 days'", id=case.message_id
    ),
}


def sent(case: Case, **changes: Any) -> UUID:
    """Another message of the episode, sent a day and more ago."""
    return message(case.episode_id, case.customer_id, state="sent", sent_at=THEN - timedelta(hours=30), **changes)


def test_nothing_speaks_against_it(scripted: Scripted) -> None:
    assert Case(scripted).verdict() == ("send", "all_clear")


@pytest.mark.parametrize("reason", AGAINST)
def test_what_ends_a_message(scripted: Scripted, reason: str) -> None:
    case = Case(scripted)
    if reason == "too_late":
        delivering.change("episodes", "inactive_since = inactive_since - interval '8 days'", id=case.episode_id)
    AGAINST[reason](case)
    assert case.verdict() == ("end", reason)
    assert scripted.provider.handed == []


def test_what_is_hidden_cannot_be_offered_but_something_else_can(scripted: Scripted) -> None:
    case = Case(scripted)
    hide(case.thing)
    other: MadeProduct = make_product()
    delivering.put_quietly(case.customer_id, other)
    assert case.verdict() == ("send", "all_clear")


DEFERRING: dict[str, Callable[[Case], object]] = {
    "campaign_paused": lambda case: delivering.change("campaigns", "state = 'paused'", id=case.campaign_id),
    "payment_under_way": lambda case: order(case.customer_id, "pending"),
    "active_again": lambda case: delivering.leave(case.customer_id, LATELY),
    "too_soon": lambda case: delivering.change("messages", "sent_at = sent_at + interval '10 hours'", id=sent(case, step=0, kind="manual")),
    "quiet_hours": lambda case: change_customer(case.customer_id, time_zone="Asia/Tokyo"),
}  # fmt: skip


@pytest.mark.parametrize("reason", DEFERRING)
def test_what_puts_a_message_off(scripted: Scripted, reason: str) -> None:
    change_setting(key="email_hours", value=[8, 20], actor="test", now=LEFT)
    case = Case(scripted)
    DEFERRING[reason](case)
    assert case.verdict() == ("defer", reason)


def test_too_often_counts_every_campaign(scripted: Scripted) -> None:
    change_setting(key="frequency_at_most", value=1, actor="test", now=LEFT)
    case = Case(scripted)
    sent(case, step=0, kind="manual")
    assert case.verdict() == ("defer", "too_often")


def test_a_segment_s_own_limit_holds_for_those_it_is_about(scripted: Scripted) -> None:
    guests = {"key": "guests", "title": {"en": "Guests"}, "kind": "guest", "currencies": ["EUR"], "orders": "new"}
    change_setting(key="segments", value=[guests], actor="test", now=LEFT)
    change_settings(Level("segment", "guests"), {"messages_at_most": 0}, why="", seen=None, actor="test", now=LEFT)
    guest, regular = Case(scripted), Case(scripted, "regular@example.com")
    order(regular.customer_id, "fulfilled", at=LEFT - timedelta(days=3), placed_at=LEFT - timedelta(days=3))
    delivery.deliver(clock)
    assert [evaluations(case.message_id)[0].reason for case in (guest, regular)] == ["enough_messages", "all_clear"]


def test_everything_counts_for_all_customers_who_are_one_person(scripted: Scripted) -> None:
    case = Case(scripted)
    guest = CustomerId(make_customer("guest@example.com"))
    delivering.put_quietly(guest, case.thing)
    order(guest, "placed")
    change_customer(guest, merged_into=case.customer_id)
    assert case.verdict() == ("end", "bought_since")


def test_an_order_counts_from_when_it_was_placed(scripted: Scripted) -> None:
    """It was begun before the cart was left, and its payment came through after."""
    case = Case(scripted)
    order(case.customer_id, "placed", at=LEFT - timedelta(minutes=5), placed_at=LATELY, number=1)
    assert case.verdict() == ("end", "bought_since")


def test_what_was_bought_before_the_cart_was_left_is_another_matter(scripted: Scripted) -> None:
    case = Case(scripted)
    order(case.customer_id, "placed", at=LEFT - timedelta(hours=2), placed_at=LEFT - timedelta(hours=1), number=1)
    assert case.verdict() == ("send", "all_clear")


def test_a_contact_that_became_an_account_is_written_to_there(scripted: Scripted) -> None:
    case = Case(scripted)
    account = make_customer("account@example.com", password_hash="x")
    change_customer(case.customer_id, merged_into=account)
    assert case.verdict() == ("send", "all_clear")
    assert scripted.provider.handed[0].to == "account@example.com"


def test_an_address_that_changes_meanwhile_is_looked_at_again(scripted: Scripted, owner_engine: Engine) -> None:
    case, looks = Case(scripted), []

    def hashed(channel: Channel, address: str) -> str:
        looks.append(address)
        if len(looks) == 1:
            with owner_engine.begin() as somebody_else:
                somebody_else.execute(SEE, {"store": str(current_store_id())})
                somebody_else.execute(MOVE, {"id": case.customer_id})
        return hash_of(address)

    delivery.connect(scripted.parts(address_hash=hashed))
    suppress("email", "new@example.com", "complained")
    assert case.verdict() == ("end", "suppressed_complained")
    assert looks == ["shopper@example.com", "new@example.com"]


def test_sms_go_to_confirmed_numbers_only(scripted: Scripted) -> None:
    case = Case(scripted, channel="sms")
    agree(case.customer_id, channel="sms")
    change_customer(case.customer_id, phone="+33612345678")
    assert case.verdict() == ("end", "address_not_confirmed")


def test_sms_to_the_united_states(scripted: Scripted) -> None:
    case = Case(scripted, channel="sms")
    agree(case.customer_id, channel="sms")
    change_customer(case.customer_id, phone="+17135550101", phone_confirmed_at=LEFT)
    delivery.deliver(clock)
    first = evaluations(case.message_id)[-1]
    assert (first.verdict, first.reason) == ("defer", "quiet_hours")  # 6 in the morning in Houston
    assert first.until == THEN + timedelta(hours=3)
    delivery.deliver(lambda: THEN + timedelta(hours=3))
    assert row_of(case.message_id).state == "sent"
    again = message(case.episode_id, case.customer_id, channel="sms", step=2)
    delivery.deliver(lambda: THEN + timedelta(hours=3))
    assert row_of(again).reason == "one_sms_per_cart"


def test_a_number_confirmed_before_it_was_asked_is_no_double_opt_in(scripted: Scripted) -> None:
    case = Case(scripted, channel="sms")
    agree(case.customer_id, channel="sms")
    change_customer(case.customer_id, phone="+17135550101", phone_confirmed_at=LEFT - timedelta(days=1))
    assert case.verdict() == ("end", "no_double_opt_in")


def test_push_goes_to_the_newest_browser(scripted: Scripted) -> None:
    case = Case(scripted, channel="push")
    agree(case.customer_id, channel="push")
    row = {"store_id": current_store_id(), "customer_id": case.customer_id, "p256dh": "key", "auth": "secret"}
    with transaction() as session:
        for days, endpoint in enumerate(("https://push.example/new", "https://push.example/old")):
            named = {"id": new_id(), "endpoint": endpoint, "endpoint_hash": hash_of(endpoint)}
            at = LEFT - timedelta(days=days)
            session.execute(insert(PushSubscriptionRow).values(**row, **named, created_at=at))
    assert case.verdict() == ("send", "all_clear")
    assert scripted.provider.handed[0].to == "https://push.example/new"


def test_no_push_to_the_browser_of_somebody_who_typed_the_same_address(scripted: Scripted) -> None:
    case = Case(scripted, channel="push")
    agree(case.customer_id, channel="push")
    stranger = contacts.add_contact(email=f"{case.customer_id}@example.com", name="", locale="en", now=LEFT)
    change_customer(case.customer_id, email=f"{case.customer_id}@example.com")
    row = {"store_id": current_store_id(), "customer_id": stranger, "p256dh": "key", "auth": "secret", "id": new_id()}
    with transaction() as session:
        session.execute(
            insert(PushSubscriptionRow).values(**row, endpoint="https://p/x", endpoint_hash="x", created_at=LEFT)
        )
    assert stranger in people.ids_of(case.customer_id)
    [claimed] = states.claim(THEN, tuple(Channel), 5)
    assert find_addresses([claimed])[claimed.id].address == ""
    change_customer(stranger, merged_into=case.customer_id)  # they signed in: it is their browser
    assert find_addresses([claimed])[claimed.id].address == "https://p/x"


def test_we_saved_your_items(scripted: Scripted) -> None:
    case = Case(scripted, kind="saved_notice", step=0)
    delivering.change("episodes", "state = 'salvaged', closed_at = now()", id=case.episode_id)
    delivering.change("cart_lines", "pane = 'next_purchase'", store_id=current_store_id())
    assert case.verdict() == ("send", "all_clear")


def test_the_gate_is_a_transaction_of_its_own(scripted: Scripted) -> None:
    Case(scripted)
    [claimed] = states.claim(THEN, tuple(Channel), 5)
    with transaction(), pytest.raises(RuntimeError):
        gate.pass_gate(claimed, scripted.parts(), THEN)
    assert gate.pass_gate(claimed, scripted.parts(), THEN)


def test_a_lease_that_was_lost_changes_nothing(scripted: Scripted) -> None:
    case = Case(scripted)
    [claimed] = states.claim(THEN, tuple(Channel), 5)
    delivering.change("messages", "lease_token = gen_random_uuid()", id=case.message_id)
    assert gate.pass_gate(claimed, scripted.parts(), THEN) is None
    assert evaluations(case.message_id) == []


def test_a_code_is_not_kept_if_the_lease_is_lost_while_it_is_made(scripted: Scripted) -> None:
    step = Step(number=1, delay_seconds=0, channel=Channel.EMAIL, texts={}, incentive=delivering.TEN_PERCENT)
    message_id = delivering.one_due(scripted, step)

    def code_for(claimed: Claimed, *_: Any) -> str:
        delivering.change("messages", "coupon_code = 'MADE', lease_token = gen_random_uuid()", id=claimed.id)
        return "MADE"

    delivery.connect(scripted.parts(code_for=code_for))
    assert delivery.deliver(clock) == 0
    assert (row_of(message_id).coupon_code, row_of(message_id).state) == ("", "claimed")


def test_the_driver_keeps_how_the_statement_is_taken_apart() -> None:
    """Longer ones are parsed by psycopg at every execution, 1 ms each time."""
    assert len(facts_query.FACTS) <= MAX_CACHED_STATEMENT_LENGTH
