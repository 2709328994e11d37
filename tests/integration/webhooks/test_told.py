"""Events as they really happen: carts that are left, bought or saved, orders, messages; each told once, in its transaction."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.database.base import db
from app.database.transaction import finish_reading, transaction
from app.events import outbox, relay
from app.money import Money
from app.orders import handling
from app.recovery import breaker, delivery, detection, message_events, salvage
from app.recovery.values import Agent
from app.webhooks import publishing
from tests.abandoning import ABANDONED, begin_looking, make_campaign, puts, this_store
from tests.bank import ScriptedBank
from tests.conftest import NOW, TestStore
from tests.factories import make_customer, make_product
from tests.hearing import deliveries, receiving
from tests.integration.recovery.delivering import Scripted, clock, one_due
from tests.messages import make_recipient, make_sent
from tests.ordering import place, ready


@pytest.fixture(autouse=True)
def by_turns(in_store: TestStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The workers run when the test says so."""
    monkeypatch.setattr(publishing, "_wake", None)
    monkeypatch.setattr(outbox, "_wake", None)


def told() -> list[tuple[str, dict[str, Any]]]:
    return [(row.type, row.data) for row in deliveries()]


def abandon() -> tuple[Any, Any]:
    """A cart that was left, in a campaign: whose it is, and its id."""
    begin_looking()
    make_campaign()
    customer = make_customer("shirin@example.com")
    puts(customer, make_product(price=5900, available=5).variant_id, 2)
    detection.detect(this_store(), ABANDONED)
    finish_reading()
    cart_id = db.session.execute(text("SELECT id FROM carts")).scalar_one()
    finish_reading()
    return customer, cart_id


def test_left_and_bought_after_all() -> None:
    with receiving():
        customer, cart_id = abandon()
        placed = place(customer, ready(customer), {"scripted": ScriptedBank()})
        relay.drain(lambda: NOW)
        [(left, facts), (bought, recovered), (order, ordered)] = told()
        assert (left, bought, order) == ("cart.abandoned", "cart.recovered", "order.placed")
        assert facts["value"] == {"amount": 11800, "currency": "EUR"}
        assert facts["cart_id"] == recovered["cart_id"] == ordered["cart_id"] == str(cart_id)
        assert recovered["order_id"] == ordered["order_id"] == str(placed.order_id)
        assert len({row.subject for row in deliveries()}) == 1
        assert "shirin" not in str(told())
        detection.detect(this_store(), ABANDONED)
        relay.drain(lambda: NOW)
        assert len(told()) == 3


def test_saved_for_the_next_purchase() -> None:
    with receiving(("cart.salvaged",)):
        abandon()
        salvage.salvage(this_store(), ABANDONED + timedelta(days=8))
        assert [kind for kind, _facts in told()] == ["cart.salvaged"]


def test_an_order_from_beginning_to_end() -> None:
    with receiving():
        customer = make_customer("leila@example.com")
        puts(customer, make_product(price=5900, available=5).variant_id)
        bank = {"scripted": ScriptedBank()}
        placed = place(customer, ready(customer), bank)
        with transaction() as session:
            session.execute(text("UPDATE orders SET state = 'in_review'"))
        handling.release(placed.order_id, actor="staff:a", now=NOW)
        handling.refund(placed.order_id, Money(500, "EUR"), actor="staff:a", cause="late", now=NOW)
        handling.cancel(placed.order_id, actor="staff:a", cause="late", now=NOW)
        for _ in range(2):
            relay.drain(lambda: NOW)
        kinds = [kind for kind, _facts in told()]
        assert kinds[:3] == ["order.placed", "order.released", "order.cancelled"]
        cancelled = told()[2][1]
        assert cancelled["refund"]["currency"] == "EUR"
        assert cancelled["number"] == 1001


def test_a_message_that_left(in_store: TestStore) -> None:
    made = Scripted()
    breaker.worked(made.provider.name)
    delivery.connect(made.parts())
    with receiving(("message.sent",)):
        message_id = one_due(made)
        assert delivery.deliver(clock) == 1
        [(kind, facts)] = told()
        assert kind == "message.sent"
        assert (facts["message_id"], facts["channel"], facts["kind"]) == (str(message_id), "email", "step")
        assert "@" not in str(facts)


def test_what_was_heard_of_a_message() -> None:
    message_id = make_sent(make_recipient())
    with receiving():
        for kind, dedupe in (("bounced", "x"), ("bounced", "x"), ("complained", "y"), ("delivered", "z")):
            message_events.record_event(
                message_id, kind, Agent.PROVIDER, occurred_at=NOW, dedupe=dedupe, evidence={}, now=NOW
            )
        assert [kind for kind, _facts in told()] == ["message.bounced", "message.complained"]
