"""Stripe's webhooks: only signed ones, each kind for what it means, whoever else uses the account left alone."""

import json
import time
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ids import new_id
from app.money import Money
from app.payments.provider import ForgedEvent, Outcome, ProviderEvent, Status
from app.payments.stripe_events import read
from tests.stripe_stand_in import SECRET, Stripe, signature

STORE, ATTEMPT, REFUND = new_id(), new_id(), new_id()
MARKS = {"store": str(STORE), "attempt": str(ATTEMPT)}
SESSION = {
    "id": "cs_1",
    "object": "checkout.session",
    "status": "complete",
    "payment_status": "paid",
    "amount_total": 24790,
    "currency": "eur",
    "client_reference_id": str(ATTEMPT),
    "metadata": MARKS,
    "payment_intent": "pi_1",
}
GIVEN_BACK = {
    "id": "re_1",
    "object": "refund",
    "status": "succeeded",
    "amount": 1000,
    "currency": "eur",
    "metadata": {**MARKS, "refund": str(REFUND)},
}
DECLINED_CARD = {
    "id": "pi_1",
    "object": "payment_intent",
    "status": "requires_payment_method",
    "metadata": MARKS,
    "last_payment_error": {"code": "card_declined", "decline_code": "insufficient_funds"},
}


def told(kind: str, thing: dict[str, Any]) -> ProviderEvent | None:
    body = Stripe().event(kind, thing, created=1_790_000_000)
    return read(body, {"STRIPE-Signature": signature(body)}, (SECRET,))


def outcome(kind: str, thing: dict[str, Any]) -> Outcome:
    event = told(kind, thing)
    assert event
    return event.outcome


def test_success() -> None:
    event = told("checkout.session.completed", SESSION)
    assert event
    assert (event.id, event.kind, event.subject, event.store_id) == ("evt_1", "charge", ATTEMPT, STORE)
    assert event.outcome == Outcome(Status.SUCCEEDED, "cs_1", amount=Money(24790, "EUR"))
    assert event.amount == Money(24790, "EUR")
    assert event.occurred_at.timestamp() == 1_790_000_000


def test_payment_that_takes_its_time() -> None:
    unpaid = {**SESSION, "payment_status": "unpaid"}
    assert outcome("checkout.session.completed", unpaid) == Outcome(Status.UNKNOWN, "cs_1")
    assert outcome("checkout.session.async_payment_failed", unpaid) == Outcome(Status.FAILED, "cs_1", "declined")
    assert outcome("checkout.session.async_payment_succeeded", SESSION).status == Status.SUCCEEDED


def test_a_page_that_closed() -> None:
    closed = {**SESSION, "status": "expired", "payment_status": "unpaid"}
    assert outcome("checkout.session.expired", closed) == Outcome(Status.FAILED, "cs_1", "expired")


def test_a_declined_card_is_not_the_end() -> None:
    event = told("payment_intent.payment_failed", DECLINED_CARD)
    assert event
    assert event.subject == ATTEMPT
    assert event.outcome == Outcome(Status.WAITING, reason="insufficient_funds")


@pytest.mark.parametrize("kind", ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"])
def test_refunds(kind: str) -> None:
    event = told(kind, GIVEN_BACK)
    assert event
    assert (event.kind, event.subject, event.amount) == ("refund", REFUND, Money(1000, "EUR"))
    assert outcome(kind, {**GIVEN_BACK, "status": "pending"}).status == Status.UNKNOWN
    failed = {**GIVEN_BACK, "status": "failed", "failure_reason": "declined"}
    assert outcome(kind, failed) == Outcome(Status.FAILED, "re_1", "declined")


@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        ("customer.created", {"id": "cus_1"}),
        ("charge.refunded", {"id": "ch_1", "amount_refunded": 5}),
        ("checkout.session.completed", {**SESSION, "client_reference_id": None}),
        ("checkout.session.completed", {**SESSION, "client_reference_id": "order-7"}),
        ("checkout.session.completed", {**SESSION, "metadata": {}}),
        ("checkout.session.completed", {"id": 7}),
        ("refund.updated", {**GIVEN_BACK, "metadata": None}),
    ],
    ids=["other-kind", "charge", "no-reference", "other-reference", "no-store", "nonsense", "refund-by-hand"],
)
def test_what_is_not_ours(kind: str, thing: dict[str, Any]) -> None:
    assert told(kind, thing) is None


def test_an_amount_that_our_units_cannot_say_is_looked_into() -> None:
    odd = {**SESSION, "currency": "all", "amount_total": 2550}
    assert outcome("checkout.session.completed", odd) == Outcome(Status.UNKNOWN, "cs_1", "amount_differs")


BODY = json.dumps({"id": "evt_1", "type": "x", "created": 1, "data": {"object": {}}}).encode()


@pytest.mark.parametrize("secrets", [("whsec_new", SECRET), (SECRET, "whsec_new")], ids=["new-first", "old-first"])
def test_two_secrets_while_they_are_changed(secrets: tuple[str, str]) -> None:
    assert read(BODY, {"Stripe-Signature": signature(BODY)}, secrets) is None


@pytest.mark.parametrize(
    ("body", "header"),
    [
        (BODY, ""),
        (BODY, "t=1"),
        (BODY, "nonsense"),
        (BODY, f"t={int(time.time())},v1=\xe9"),
        (BODY, signature(BODY, "whsec_other")),
        (BODY, signature(BODY, moment=int(time.time()) - 301)),
        (BODY + b" ", signature(BODY)),
        (b"\xff", signature(b"\xff")),
    ],
    ids=["none", "no-signature", "nonsense", "not-ascii", "other-secret", "too-old", "altered", "no-text"],
)
def test_forgeries(body: bytes, header: str) -> None:
    with pytest.raises(ForgedEvent):
        read(body, {"Stripe-Signature": header}, (SECRET,))


def test_without_a_secret_everything_is_forged() -> None:
    with pytest.raises(ForgedEvent):
        read(BODY, {"Stripe-Signature": signature(BODY, "")}, ())


@given(st.binary(max_size=200), st.text(max_size=100))
def test_no_bytes_and_no_header_get_through_or_crash(body: bytes, header: str) -> None:
    with pytest.raises(ForgedEvent):
        read(body, {"Stripe-Signature": header}, (SECRET,))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*SESSION, *GIVEN_BACK]), inner, max_size=6)
    ),
    max_leaves=12,
)


@given(
    st.sampled_from(["checkout.session.completed", "refund.updated", "payment_intent.payment_failed"]),
    st.dictionaries(st.sampled_from([*SESSION, *GIVEN_BACK]), JSON),
)
def test_no_signed_nonsense_crashes(kind: str, thing: dict[str, Any]) -> None:
    event = told(kind, {**SESSION, **thing})
    assert event is None or isinstance(event.subject, UUID)
