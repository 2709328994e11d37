"""The door for providers' events: signed ones count, once however often they come; forged ones change nothing."""

import pytest
from flask import Flask

from app.config import Config
from app.database.tenancy import use_store
from app.database.transaction import finish_reading
from app.events import outbox
from app.orders import attempts, queries
from app.orders.values import OrderState, PaymentState
from app.payments.demo_bank import NAME, SIGNATURE, DemoBank
from app.payments.demo_cards import Behaviour
from tests.conftest import NOW, TestStore, browser_at
from tests.factories import make_customer, make_product
from tests.ordering import place, put, ready, with_card

EVENTS = f"/payments/{NAME}/events"


def test_an_event_counts_once_and_a_forged_one_not_at_all(
    app: Flask, store: TestStore, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_wake", None)  # the bank's own report must not come first, whatever the time is
    bank = DemoBank(config.secret_key)
    with app.app_context(), use_store(store.id):
        customer = make_customer()
        put(customer, make_product().variant_id)
        agreed = ready(customer, NAME)
        with_card(customer, Behaviour.BY_EVENT)
        order_id = place(customer, agreed, {NAME: bank}).order_id
        attempt = attempts.find_last(order_id)
        finish_reading()
        assert attempt
        told = {"attempt": str(attempt.id), "event": "e1", "status": "succeeded", "occurred_at": NOW.isoformat()}
        body = bank.event_body(told)
        assert body
    client = browser_at(app, store)
    for headers in ({}, {SIGNATURE: bank.sign(body + b" ")}):
        assert client.post(EVENTS, data=body, headers=headers).status_code == 403
    assert client.post("/payments/nobody/events", data=body).status_code == 404
    with app.app_context(), use_store(store.id):
        assert queries.get_order(order_id).state is OrderState.PENDING
    for _ in range(3):
        assert client.post(EVENTS, data=body, headers={SIGNATURE: bank.sign(body)}).status_code == 200
    with app.app_context(), use_store(store.id):
        order = queries.get_order(order_id)
    assert (order.state, order.payment, order.paid) == (OrderState.PLACED, PaymentState.PAID, order.total)
