"""Delivering messages: what is claimed, what the gate lets through, what becomes of each outcome."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from flask import Flask
from sqlalchemy import Engine, insert, select, text

from app.cart.state import Pane
from app.channels.outgoing import OutcomeUnknown, Refused, TryLater
from app.database.tenancy import current_store_id
from app.database.transaction import transaction
from app.ids import CustomerId, new_id
from app.recovery import breaker, delivery, gate, message_states
from app.recovery.content import Condition, Step
from app.recovery.message_events import record_event
from app.recovery.message_models import PushSubscriptionRow
from app.recovery.parts import Claimed, NothingToSend
from app.recovery.values import Agent, Channel, SuppressionReason
from app.stores.service import change_setting
from tests.conftest import TestStore
from tests.factories import make_product
from tests.integration.recovery import delivering
from tests.integration.recovery.delivering import (
    LEFT,
    THEN,
    Scripted,
    clock,
    episode,
    evaluations,
    left_behind,
    message,
    one_due,
    row_of,
)
from tests.ordering import put


@pytest.fixture
def scripted(in_store: TestStore) -> Iterator[Scripted]:
    made = Scripted()
    breaker.worked(made.provider.name)
    delivery.connect(made.parts())
    yield made
    delivering.change("messages", "state = 'cancelled', reason = 'test', lease_token = NULL", store_id=in_store.id)


def deliver() -> int:
    return delivery.deliver(clock)


def test_a_due_message_is_sent_and_everything_about_it_kept(scripted: Scripted) -> None:
    message_id = one_due(scripted)
    assert deliver() == 1
    row = row_of(message_id)
    assert (row.state, row.reason, row.attempts, row.provider) == ("sent", "all_clear", 1, "scripted")
    assert (row.provider_id, row.sent_at, row.lease_token) == (f"ref-{message_id}", THEN, None)
    assert (row.shown, row.address_hash) == ({"subject": "Hello"}, delivering.hash_of("shopper@example.com"))
    [evaluation] = evaluations(message_id)
    assert (evaluation.verdict, evaluation.reason, evaluation.evaluated_at) == ("send", "all_clear", THEN)
    assert evaluation.inputs["place"]["zones"] == ["UTC"]
    assert evaluation.inputs["consent"]["source"] == "checkout"
    assert "shopper@" not in str(evaluation.inputs)
    assert deliver() == 0
    assert scripted.provider.taken == [message_id]


def test_what_is_not_due_waits(scripted: Scripted) -> None:
    message_id = one_due(scripted, due_at=THEN + timedelta(seconds=1))
    assert deliver() == 0
    assert row_of(message_id).state == "scheduled"


def test_stores_are_delivered_for_side_by_side(scripted: Scripted, make_store: Any) -> None:
    from app.database.tenancy import use_store

    ids = [one_due(scripted)]
    with use_store(make_store().id):
        ids.append(one_due(scripted))
        delivered = deliver()
        assert row_of(ids[1]).state == "sent"
    assert delivered == 2
    assert row_of(ids[0]).state == "sent"


def test_what_ends_a_message_is_kept_with_its_reason(scripted: Scripted) -> None:
    message_id = one_due(scripted)
    delivering.change("episodes", "state = 'recovered', closed_at = now()", id=row_of(message_id).episode_id)
    assert deliver() == 0
    row = row_of(message_id)
    assert (row.state, row.reason, row.attempts, row.ended_at) == ("cancelled", "episode_recovered", 0, THEN)
    assert [(e.verdict, e.reason) for e in evaluations(message_id)] == [("end", "episode_recovered")]
    assert scripted.provider.handed == []


def test_what_is_put_off_comes_due_again(scripted: Scripted) -> None:
    change_setting(key="email_hours", value=[15, 18], actor="test", now=LEFT)
    message_id = one_due(scripted)
    assert deliver() == 0
    row, [evaluation] = row_of(message_id), evaluations(message_id)
    assert (row.state, row.reason, row.due_at) == ("scheduled", "quiet_hours", THEN + timedelta(hours=3))
    assert (evaluation.verdict, evaluation.until) == ("defer", THEN + timedelta(hours=3))
    assert delivery.deliver(lambda: THEN + timedelta(hours=3)) == 1


def test_what_has_long_to_wait_is_looked_at_daily(scripted: Scripted) -> None:
    change_setting(key="monthly_messages_at_most", value=0, actor="test", now=LEFT)
    message_id = one_due(scripted)
    assert deliver() == 0
    assert (row_of(message_id).due_at, row_of(message_id).reason) == (THEN + timedelta(days=1), "budget_spent")
    assert evaluations(message_id)[0].until.month == 4


def test_the_budget_counts_what_passes(scripted: Scripted) -> None:
    change_setting(key="monthly_messages_at_most", value=2, actor="test", now=LEFT)
    ids = [one_due(scripted, email=f"{name}@example.com") for name in "abc"]
    assert deliver() == 2
    assert sorted(row_of(message_id).state for message_id in ids) == ["scheduled", "sent", "sent"]
    change_setting(key="monthly_messages_at_most", value=3, actor="test", now=LEFT)
    assert delivery.deliver(lambda: THEN + timedelta(days=1)) == 1


def test_two_episodes_of_one_person_do_not_write_at_once(scripted: Scripted) -> None:
    campaign_id, customer_id = scripted.campaign(), left_behind()
    put(CustomerId(customer_id), make_product().variant_id, pane=Pane.NEXT_PURCHASE)
    delivering.leave(customer_id)
    saved = episode(campaign_id, customer_id, number=2, trigger="next_purchase")
    first = message(episode(campaign_id, customer_id), customer_id)
    second = message(saved, customer_id)
    assert deliver() == 1
    assert row_of(first).state == "sent"
    assert (row_of(second).reason, row_of(second).due_at) == ("too_soon", THEN + timedelta(days=1))


def test_conditions_and_incentives_of_the_step(scripted: Scripted) -> None:
    step = Step(
        number=1,
        delay_seconds=3600,
        channel=Channel.EMAIL,
        texts={},
        conditions=(delivering.CONDITION,),
        incentive=delivering.TEN_PERCENT,
    )
    passing = one_due(scripted, step)
    assert deliver() == 1
    assert scripted.codes == [passing]
    scripted.unmet = "units_at_least"
    message_id = one_due(scripted, step, email="other@example.com")
    assert deliver() == 0
    assert row_of(message_id).reason == "condition_not_met"
    assert evaluations(message_id)[0].inputs["unmet"] == "units_at_least"
    assert scripted.codes == [passing]


def test_conditions_of_entering_hold_for_every_step_and_for_no_reminder_by_hand(scripted: Scripted) -> None:
    asked: list[tuple[str, ...]] = []

    def unmet(step: Step, message: Claimed) -> str:
        asked.append(tuple(condition.kind for condition in step.conditions))
        return step.conditions[0].kind

    delivery.connect(scripted.parts(unmet=unmet))
    entering = (Condition(kind="first_purchase", value=True),)
    step = Step(number=1, delay_seconds=60, channel=Channel.EMAIL, texts={}, conditions=(delivering.CONDITION,))
    passing, kept = one_due(scripted, step, kind="manual"), one_due(scripted, step, email="other@example.com")
    for campaign_id, content in scripted.contents.items():
        scripted.contents[campaign_id] = msgspec.structs.replace(content, conditions=entering)
    assert deliver() == 1
    assert asked == [("first_purchase", "units_at_least")]
    assert (row_of(passing).state, row_of(kept).reason) == ("sent", "condition_not_met")


def test_try_later_backs_off_and_gives_up(scripted: Scripted) -> None:
    scripted.provider.outcome = TryLater("busy", seconds=100)
    message_id, moment, waits = one_due(scripted), THEN, []
    for _ in range(message_states.ATTEMPTS):
        breaker.worked(scripted.provider.name)
        delivery.deliver(lambda moment=moment: moment)
        row = row_of(message_id)
        waits.append((row.due_at - moment).total_seconds())
        moment = max(moment, row.due_at)
    assert waits[:6] == [100, 100, 270, 810, 2430, 3600]
    assert (row.state, row.reason, row.attempts) == ("failed", "busy", message_states.ATTEMPTS)
    assert delivery.deliver(lambda: moment + timedelta(days=1)) == 0
    assert len(scripted.provider.handed) == message_states.ATTEMPTS


def test_refused_fails_at_once_and_a_bad_address_is_never_tried_again(scripted: Scripted) -> None:
    scripted.provider.outcome = Refused("no_such_user", address_bad=True)
    message_id = one_due(scripted)
    assert deliver() == 0
    assert (row_of(message_id).state, row_of(message_id).reason) == ("failed", "no_such_user")
    assert scripted.suppressed == [(Channel.EMAIL, "shopper@example.com", SuppressionReason.BOUNCED)]


@pytest.mark.parametrize("broken", [False, True], ids=["unknown", "sender_broke"])
def test_an_unknown_outcome_is_repeated_where_the_key_is_honoured(scripted: Scripted, broken: bool) -> None:
    scripted.provider.outcome = RuntimeError() if broken else OutcomeUnknown("connection_lost")
    message_id = one_due(scripted)
    deliver()
    row = row_of(message_id)
    assert (row.state, row.attempts, row.reason) == ("sending", 1, "outcome_unknown" if broken else "connection_lost")
    assert deliver() == 0
    scripted.provider.outcome = None
    expire(message_id)
    assert deliver() == 1
    assert (row_of(message_id).state, row_of(message_id).attempts) == ("sent", 2)
    assert [sent.id for sent in scripted.provider.handed] == [message_id, message_id]


def test_an_unknown_outcome_stays_uncertain_where_it_is_not(scripted: Scripted) -> None:
    scripted.provider.honours_keys, scripted.provider.outcome = False, OutcomeUnknown("connection_lost")
    message_id = one_due(scripted)
    deliver()
    row = row_of(message_id)
    assert (row.state, row.reason, row.ended_at) == ("uncertain", "connection_lost", THEN)


def expire(message_id: UUID) -> None:
    """As if the worker had not been heard of for the whole lease."""
    delivering.change("messages", "lease_until = now() - interval '1 second'", id=message_id)


def died_after_the_gate(scripted: Scripted, message_id: UUID) -> None:
    """Its worker got as far as the provider and was never heard of again."""
    scripted.provider.outcome = SystemExit()
    with pytest.raises(SystemExit):
        deliver()
    scripted.provider.outcome = None
    assert row_of(message_id).state == "sending"
    expire(message_id)


def test_a_claim_whose_worker_died_is_taken_over(scripted: Scripted) -> None:
    message_id = one_due(scripted)
    assert len(message_states.claim(THEN, tuple(Channel), 5)) == 1
    assert deliver() == 0
    expire(message_id)
    assert deliver() == 1


def test_sent_again_after_its_worker_died(scripted: Scripted) -> None:
    message_id = one_due(scripted)
    died_after_the_gate(scripted, message_id)
    assert deliver() == 1
    assert row_of(message_id).attempts == 2
    assert [e.verdict for e in evaluations(message_id)] == ["send", "send"]


def test_uncertain_after_its_worker_died_where_keys_are_not_honoured(scripted: Scripted) -> None:
    scripted.provider.honours_keys = False
    message_id = one_due(scripted)
    died_after_the_gate(scripted, message_id)
    assert deliver() == 0
    assert (row_of(message_id).state, row_of(message_id).reason) == ("uncertain", "outcome_unknown")
    assert len(scripted.provider.handed) == 1


def test_not_sent_again_after_a_purchase(scripted: Scripted) -> None:
    message_id = one_due(scripted)
    died_after_the_gate(scripted, message_id)
    delivering.change("episodes", "state = 'recovered', closed_at = now()", id=row_of(message_id).episode_id)
    assert deliver() == 0
    assert (row_of(message_id).state, row_of(message_id).reason) == ("uncertain", "episode_recovered")


def test_sent_again_only_in_decent_hours_and_only_while_the_key_is_remembered(scripted: Scripted) -> None:
    message_id = one_due(scripted)
    died_after_the_gate(scripted, message_id)
    change_setting(key="email_hours", value=[15, 18], actor="test", now=LEFT)
    assert deliver() == 0
    row = row_of(message_id)
    assert (row.state, row.reason) == ("sending", "quiet_hours")
    assert row.lease_until > row.lease_until.now(row.lease_until.tzinfo) + timedelta(hours=2)
    change_setting(key="email_hours", value=[2, 3], actor="test", now=LEFT)
    expire(message_id)
    assert deliver() == 0
    assert (row_of(message_id).state, row_of(message_id).reason) == ("uncertain", "outcome_unknown")


def test_what_was_heard_of_is_not_sent_again(scripted: Scripted) -> None:
    message_id = one_due(scripted)
    died_after_the_gate(scripted, message_id)
    known = {"occurred_at": THEN, "evidence": {}, "now": THEN}
    assert record_event(message_id, "delivered", Agent.PROVIDER, dedupe="d1", **known)
    assert row_of(message_id).state == "sending"
    assert deliver() == 0
    assert (row_of(message_id).state, row_of(message_id).delivered_at) == ("delivered", THEN)
    assert len(scripted.provider.handed) == 1


def test_a_late_worker_that_knows_is_believed(scripted: Scripted) -> None:
    scripted.provider.honours_keys = False
    message_id, provider = one_due(scripted), scripted.provider
    take = provider.send

    def slow(outgoing: Any) -> Any:
        expire(message_id)
        provider.send = take  # type: ignore[method-assign]
        assert deliver() == 0
        assert row_of(message_id).state == "uncertain"
        return take(outgoing)

    provider.send = slow  # type: ignore[method-assign]
    assert deliver() == 1
    assert (row_of(message_id).state, row_of(message_id).ended_at) == ("sent", None)
    assert provider.taken == [message_id]


def test_nothing_left_to_offer_while_it_is_written(scripted: Scripted) -> None:
    scripted.written = NothingToSend()
    message_id = one_due(scripted)
    assert deliver() == 0
    assert (row_of(message_id).state, row_of(message_id).reason) == ("cancelled", "nothing_to_offer")


def test_one_that_cannot_be_written_or_decided_holds_nobody_up(scripted: Scripted) -> None:
    scripted.written = ValueError("a template")
    broken = one_due(scripted)
    deliver()
    assert (row_of(broken).state, row_of(broken).reason) == ("scheduled", "not_written")
    scripted.written = None
    undecided = one_due(scripted, email="a@example.com")
    scripted.contents.clear()
    fine = one_due(scripted, email="b@example.com")
    assert deliver() == 1
    assert (row_of(undecided).state, row_of(undecided).reason) == ("scheduled", "not_decided")
    assert row_of(undecided).due_at == THEN + timedelta(seconds=300)
    assert (row_of(undecided).attempts, row_of(fine).state) == (0, "sent")


def test_one_that_moves_at_every_look_is_left_for_later(scripted: Scripted, owner_engine: Engine) -> None:
    message_id, looks = one_due(scripted), []

    def hashed(channel: Channel, address: str) -> str:
        looks.append(address)
        with owner_engine.begin() as somebody_else:
            somebody_else.execute(
                text("SELECT set_config('app.store', :store, true)"), {"store": str(current_store_id())}
            )
            somebody_else.execute(text("UPDATE customers SET email = :email"), {"email": f"{len(looks)}@example.com"})
        return delivering.hash_of(address)

    delivery.connect(scripted.parts(address_hash=hashed))
    [claimed] = message_states.claim(THEN, tuple(Channel), 5)
    with pytest.raises(TimeoutError):
        gate.pass_gate(claimed, scripted.parts(address_hash=hashed), THEN)
    assert len(looks) == gate.LOOKS
    expire(message_id)
    assert deliver() == 0
    assert (row_of(message_id).state, row_of(message_id).reason) == ("scheduled", "not_decided")
    assert evaluations(message_id) == []


def test_a_browser_that_went_away_is_forgotten(scripted: Scripted) -> None:
    scripted.channels, scripted.provider.outcome = (Channel.PUSH,), Refused("http_410", address_bad=True)
    customer_id = left_behind()
    delivering.agree(customer_id, channel="push")
    row = {
        "store_id": current_store_id(),
        "customer_id": customer_id,
        "p256dh": "key",
        "auth": "secret",
        "created_at": LEFT,
    }
    with transaction() as session:
        for name in ("old", "other"):
            endpoint = {"endpoint": f"https://push.example/{name}", "endpoint_hash": name}
            session.execute(insert(PushSubscriptionRow).values(**row, **endpoint, id=new_id()))
    delivering.change("push_subscriptions", "created_at = created_at + interval '1 hour'", endpoint_hash="old")
    message_id = message(episode(scripted.campaign(), customer_id), customer_id, channel="push")
    assert deliver() == 0
    assert (row_of(message_id).state, row_of(message_id).reason) == ("failed", "http_410")
    assert scripted.suppressed == []
    with transaction() as session:
        kept = session.execute(select(PushSubscriptionRow.endpoint_hash, PushSubscriptionRow.gone_at)).all()
    assert sorted(kept) == [("old", THEN), ("other", None)]


def test_in_production_the_database_tells_the_time(scripted: Scripted, app: Flask) -> None:
    import msgspec

    config = app.config["DUALCART"]
    message_id = one_due(scripted)
    app.config["DUALCART"] = msgspec.structs.replace(config, demo=False)
    try:
        assert deliver() == 0  # the worker's clock is years ahead
    finally:
        app.config["DUALCART"] = config
    assert row_of(message_id).state == "scheduled"
