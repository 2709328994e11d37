"""`flask recovery explain` and `check`: what was decided can be told afterwards, and what must not be is found."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import insert, text, update

from app.accounts.models import ConsentRow
from app.cart.models import CartRow
from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.ids import CartId, CustomerId, new_id
from app.recovery import checking, explain, revenue, unabandoned, wording
from app.recovery.checking import Fault
from app.recovery.explain import NothingToExplain
from app.recovery.message_models import MessageRow
from app.stores.service import change_setting
from app.web.language import speaking
from tests.conftest import NOW, TestStore
from tests.factories import make_customer, make_product
from tests.measuring import (
    close_episode,
    evaluate,
    happen,
    make_campaign,
    make_episode,
    make_message,
    make_order,
    set_order,
)
from tests.ordering import put

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = NOW + 10 * DAY


class Story:
    """Two messages went out, one of them put off at night; a click, an order, and the third was no longer sent."""

    def __init__(self) -> None:
        self.customer = make_customer("known@example.com")
        with transaction() as session:
            session.execute(
                insert(ConsentRow).values(
                    store_id=session.execute(text("SELECT store_id FROM customers LIMIT 1")).scalar_one(), id=new_id(),
                    customer_id=self.customer, channel="email", purpose="reminders", granted=True,
                    wording="Remind me of my cart", locale="en", source="checkout", said_at=NOW - HOUR,
                )
            )  # fmt: skip
        self.episode = make_episode(self.customer, campaign_id=make_campaign())
        self.messages = [
            make_message(self.episode, self.customer, provider="smtp", provider_id="<1@shop>"),
            make_message(self.episode, self.customer, step=2, at=NOW + DAY, coupon_code="BACK-5"),
            make_message(
                self.episode, self.customer, step=3, state="cancelled", at=NOW + 3 * DAY, reason="episode_recovered"
            ),
        ]
        evaluate(self.messages[0], "send", "all_clear", NOW)
        evaluate(self.messages[1], "defer", "quiet_hours", NOW + DAY - HOUR, NOW + DAY)
        evaluate(self.messages[1], "send", "all_clear", NOW + DAY)
        happen(self.messages[1], "clicked", NOW + DAY + HOUR, "scanner")
        happen(self.messages[1], "clicked", NOW + DAY + 2 * HOUR)
        self.order = make_order(self.customer, 5_900, at=NOW + DAY + 3 * HOUR)
        close_episode(self.episode, "recovered", NOW + DAY + 3 * HOUR, self.order)
        evaluate(self.messages[2], "end", "episode_recovered", NOW + DAY + 3 * HOUR)
        revenue.credit(self.order)


@pytest.fixture
def story(in_store: TestStore) -> Story:
    return Story()


def test_every_message_tells_why_it_ended_as_it_did(story: Story) -> None:
    explanation, message = explain.explain_message(story.messages[1])
    assert message.ended_by == "sent"
    assert [(one.verdict, one.reason) for one in message.evaluations] == [
        ("defer", "quiet_hours"),
        ("send", "all_clear"),
    ]
    assert message.evaluations[0].until == NOW + DAY
    assert [(one.kind, one.agent) for one in message.happenings] == [("clicked", "scanner"), ("clicked", "human")]
    [episode] = explanation.episodes
    assert (episode.arm, episode.bucket, episode.campaign, episode.order_id) == (
        "campaign", 4_321, "Cart reminder", story.order,
    )  # fmt: skip
    assert [one.ended_by for one in episode.messages] == ["sent", "sent", "episode_recovered"]
    [credit] = episode.credits
    assert (credit.kind, credit.message_id, credit.amount.amount) == ("last_click", story.messages[1], 5_900)
    [consent] = explanation.consents
    assert (consent.granted, consent.wording, consent.source) == (True, "Remind me of my cart", "checkout")


def test_the_same_is_found_by_customer_cart_and_address(story: Story) -> None:
    by_customer = explain.explain_customer(story.customer)
    assert explain.explain_address("known@example.com") == by_customer
    assert explain.explain_cart(by_customer.episodes[0].cart_id) == by_customer


def test_nobody_else_is_explained(story: Story, make_store: Any) -> None:
    with use_store(make_store().id):
        for ask in (
            lambda: explain.explain_message(story.messages[0]),
            lambda: explain.explain_customer(story.customer),
            lambda: explain.explain_cart(CartId(new_id())),
            lambda: explain.explain_address("known@example.com"),
        ):
            with pytest.raises(NothingToExplain):
                ask()
        assert list(checking.check(LATER)) == []


def test_the_command_tells_it_in_words(app: Flask, store: TestStore) -> None:
    def run(*words: str) -> Any:
        return app.test_cli_runner().invoke(args=["recovery", *words, "--store", store.slug])

    with app.app_context(), use_store(store.id):
        story = Story()
    told = run("explain", "Known@Example.com").output
    assert "@example.com" not in told
    for words in (
        'email, reminders: given by checkout, shown "Remind me of my cart"',
        "campaign (bucket 4321 of 0 to 9999) of Cart reminder, version 1",
        "put off until 2026-11-22 12:00:00Z: ",
        "may be sent",
        "zone Europe/Berlin",
        "sent to smtp (<1@shop>)",
        "with code BACK-5",
        "clicked (scanner: why test)",
        "it is cancelled: An order was placed before it left.",
        f"order 1001: last click by message {story.messages[1]}, €59.00",
    ):
        assert words in told
    assert run("explain", str(story.customer)).output == told
    alone = run("explain", str(story.messages[0])).output
    assert str(story.messages[0]) in alone
    assert str(story.messages[1]) not in alone.replace(f"by message {story.messages[1]}", "")
    for unknown in ("nobody@example.com", "not an address@", "nonsense", str(new_id())):
        refused = run("explain", unknown)
        assert (refused.exit_code, "Traceback" in refused.output) == (2, False)
    assert run("check").output == f"{len(checking.CHECKS)} checks, 0 faults\n"
    with app.app_context(), use_store(store.id):
        happen(story.messages[0], "clicked", NOW)
        set_order(story.order, refunded=100)
    found = run("check")
    assert (found.exit_code, "credit differs from order" in found.output) == (1, True)


@pytest.mark.parametrize("locale", ["en", "fa"])
def test_every_code_is_a_sentence_in_one_part_only(app: Flask, locale: str) -> None:
    codes = [code for part in wording.PARTS for code in part]
    assert sorted(set(codes)) == sorted(codes)
    with app.app_context(), speaking(locale):
        assert all(wording.sentence(code) != code.replace("_", " ") for code in codes)
        assert wording.sentence("what_nobody_has_named") == "what nobody has named"


def _reason(message: UUID, **values: Any) -> None:
    with transaction() as session:
        session.execute(update(MessageRow).where(MessageRow.id == message).values(**values))


BREAKS: dict[str, Callable[[Story], UUID]] = {}


def breaks(function: Callable[[Story], UUID]) -> Callable[[Story], UUID]:
    BREAKS[function.__name__] = function
    return function


@breaks
def sent_without_leave(story: Story) -> UUID:
    return make_message(story.episode, story.customer, step=7, at=NOW)


@breaks
def sent_after_its_end(story: Story) -> UUID:
    evaluate(story.messages[0], "end", "no_consent", NOW)
    return story.messages[0]


@breaks
def left_without_time(story: Story) -> UUID:
    _reason(story.messages[0], sent_at=None)
    return story.messages[0]


@breaks
def ended_more_than_once(story: Story) -> UUID:
    evaluate(story.messages[2], "end", "episode_recovered", NOW + 2 * DAY)
    return story.messages[2]


@breaks
def ended_without_decision(story: Story) -> UUID:
    return make_message(story.episode, story.customer, step=7, state="cancelled", at=NOW)


@breaks
def decided_for_another_reason(story: Story) -> UUID:
    _reason(story.messages[2], reason="no_consent")
    return story.messages[2]


@breaks
def ended_and_still_waiting(story: Story) -> UUID:
    _reason(story.messages[2], state="scheduled", reason="")
    return story.messages[2]


@breaks
def put_off_to_the_past(story: Story) -> UUID:
    evaluate(story.messages[0], "defer", "quiet_hours", NOW, NOW)
    return story.messages[0]


@breaks
def passed_after_the_episode_closed(story: Story) -> UUID:
    message = make_message(story.episode, story.customer, step=7, at=NOW + 2 * DAY)
    evaluate(message, "send", "all_clear", NOW + 2 * DAY)
    return message


@breaks
def waiting_after_the_episode_closed(story: Story) -> UUID:
    return make_message(story.episode, story.customer, step=7, state="scheduled", at=NOW)


@breaks
def written_to_the_holdout(story: Story) -> UUID:
    held = make_episode(story.customer, arm="holdout", campaign_id=make_campaign())
    message = make_message(held, story.customer)
    evaluate(message, "send", "all_clear", NOW)
    return message


@breaks
def recovered_without_order(story: Story) -> UUID:
    episode = make_episode(story.customer)
    close_episode(episode, "recovered", NOW)
    return episode


@breaks
def click_without_event(story: Story) -> UUID:
    _reason(story.messages[0], clicked_at=NOW)
    return story.messages[0]


@breaks
def click_not_counted(story: Story) -> UUID:
    happen(story.messages[0], "clicked", NOW)
    _reason(story.messages[0], clicked_at=None)
    return story.messages[0]


@breaks
def order_without_credit(story: Story) -> UUID:
    return make_order(story.customer, 100)


@breaks
def credit_differs_from_order(story: Story) -> UUID:
    set_order(story.order, refunded=1)
    return story.order


@breaks
def credit_without_order(story: Story) -> UUID:
    set_order(story.order, state="in_review")
    return story.order


@breaks
def last_click_without_click(story: Story) -> UUID:
    with transaction() as session:
        session.execute(text("UPDATE attributions SET message_id = :id"), {"id": story.messages[0]})
    return story.order


def test_every_check_has_something_that_breaks_it(story: Story) -> None:
    assert set(BREAKS) == set(checking.CHECKS)
    assert list(checking.check(LATER)) == []


@pytest.mark.parametrize("kind", sorted(BREAKS))
def test_what_must_not_be_is_found(story: Story, kind: str) -> None:
    subject = BREAKS[kind](story)
    assert Fault(kind, subject) in list(checking.check(LATER))


def test_a_purchase_and_a_message_that_met_are_no_fault(story: Story) -> None:
    message = make_message(story.episode, story.customer, step=7, at=NOW + DAY + 3 * HOUR)
    evaluate(message, "send", "all_clear", NOW + DAY + 3 * HOUR + timedelta(seconds=5))
    late = make_message(story.episode, story.customer, step=8, state="claimed", lease_token=new_id(), at=NOW + DAY)
    assert list(checking.check(NOW + DAY + 3 * HOUR + timedelta(minutes=1))) == []
    assert late


def unabandoned_of(customer: CustomerId, now: Any) -> list[tuple[str, Any]]:
    return [(cart.why, cart.due_at) for cart in unabandoned.list_unabandoned(frozenset({customer}), now)]


def test_a_cart_that_does_not_count_says_why(in_store: TestStore) -> None:
    customer, product = make_customer(), make_product(price=900)
    put(customer, product.variant_id)
    assert unabandoned_of(customer, NOW) == [("below_minimum", None)]
    put(customer, product.variant_id)
    due = NOW + timedelta(minutes=30)
    assert unabandoned_of(customer, NOW + timedelta(minutes=29)) == [("active_lately", due)]
    assert unabandoned_of(customer, due) == [("not_looked_at_yet", due)]
    with transaction() as session:
        session.execute(
            text("INSERT INTO recovery_starts VALUES (:store, :at)"), {"store": in_store.id, "at": NOW + HOUR}
        )
    assert unabandoned_of(customer, due) == [("left_before_start", None)]
    with transaction() as session:
        session.execute(text("DELETE FROM recovery_starts"))
        session.execute(update(CartRow).values(examined=True))
    assert unabandoned_of(customer, due) == [("counted_before", None)]
    order = make_order(customer, 100, at=NOW + HOUR)
    assert unabandoned_of(customer, due) == [("bought_since", None)]
    set_order(order, state="in_review")
    assert unabandoned_of(customer, due) == [("order_under_review", None)]
    change_setting(key="recovery", value=False, actor="test", now=NOW)
    assert unabandoned_of(customer, due) == [("recovery_off", None)]
