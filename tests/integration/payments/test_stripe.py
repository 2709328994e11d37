"""Stripe over a server that keeps its contract: nothing is collected twice, and what cannot be known is never guessed."""

import time
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest

from app.config import Config
from app.ids import StoreId, new_id
from app.money import Money
from app.payments import stripe as module
from app.payments.provider import Charge, Outcome, Refund, Status
from app.payments.stripe import Stripe
from tests import stripe_stand_in
from tests.conftest import NOW

LOST = (
    "500",
    "hang",
    "drip",
    "drip headers",
    "short",
    "garbage",
    "nonsense",
    "gateway",
    "missing gateway",
    "reset",
    "busy",
)
LOST_AFTER = ("500 after", "hang after")
SHORT = 0.6  # seconds a call may take where it is to end without an answer


@pytest.fixture
def server() -> Iterator[stripe_stand_in.Stripe]:
    """The other side."""
    with stripe_stand_in.running() as state:
        yield state


def provider_at(server: stripe_stand_in.Stripe, key: str = stripe_stand_in.KEY, longest_call: float = 5.0) -> Stripe:
    config = Config(
        database_url="",
        redis_url="",
        secret_key="x" * 32,
        stripe_api_url=server.url,
        stripe_secret_key=key,
        stripe_webhook_secrets=stripe_stand_in.SECRET,
    )
    return Stripe(config, longest_call=longest_call)


@pytest.fixture
def stripe(server: stripe_stand_in.Stripe) -> Stripe:
    """The provider under test."""
    return provider_at(server)


@pytest.fixture
def charge() -> Charge:
    """Something to pay."""
    return Charge(
        store_id=StoreId(new_id()),
        attempt_id=new_id(),
        amount=Money(24790, "EUR"),
        token="",
        description="Order at Test store",
        email="shirin@example.com",
        locale="fa",
        return_url="http://shop.example/back",
        cancel_url="http://shop.example/checkout",
    )


def old_id(seconds: int = 120) -> UUID:
    return UUID(int=new_id().int - (seconds * 1000 << 80))  # UUIDv7: milliseconds in front


def session_of(server: stripe_stand_in.Stripe) -> str:
    (session_id,) = server.sessions
    return session_id


def test_it_opens_a_page_for_exactly_what_is_asked(
    server: stripe_stand_in.Stripe, stripe: Stripe, charge: Charge
) -> None:
    outcome = stripe.collect(charge, now=NOW)
    session = server.sessions[outcome.reference]
    assert outcome == Outcome(Status.WAITING, session["id"], go_to=session["url"])
    asked = session["asked"]
    assert asked["line_items[0][price_data][unit_amount]"] == "24790"
    assert asked["line_items[0][price_data][currency]"] == "eur"
    assert (asked["locale"], asked["customer_email"]) == ("auto", "shirin@example.com")
    assert asked["success_url"] == charge.return_url
    assert asked["adaptive_pricing[enabled]"] in ("false", "False")
    marks = {"store": str(charge.store_id), "attempt": str(charge.attempt_id)}
    assert session["metadata"] == session["intent_metadata"] == marks
    assert session["client_reference_id"] == str(charge.attempt_id)
    assert 3500 < session["expires_at"] - time.time() <= 3600


def test_the_same_attempt_is_one_session(server: stripe_stand_in.Stripe, stripe: Stripe, charge: Charge) -> None:
    first = stripe.collect(charge, now=NOW)
    assert stripe.collect(charge, now=NOW) == first
    assert len(server.sessions) == 1


def test_a_repetition_tells_how_it_is_now(server: stripe_stand_in.Stripe, stripe: Stripe, charge: Charge) -> None:
    reference = stripe.collect(charge, now=NOW).reference
    server.pay(reference)
    assert stripe.collect(charge, now=NOW) == Outcome(Status.SUCCEEDED, reference, amount=charge.amount)


@pytest.mark.parametrize("fault", LOST)
def test_without_a_sensible_answer_it_is_unknown_and_can_be_repeated(
    server: stripe_stand_in.Stripe, charge: Charge, fault: str
) -> None:
    hasty, stripe = provider_at(server, longest_call=SHORT), provider_at(server)
    server.fault = fault
    began = time.monotonic()
    assert hasty.collect(charge, now=NOW) == Outcome(Status.UNKNOWN)
    assert time.monotonic() - began < 5  # else it hangs for 20 s, and drips for ever
    assert len(server.requests) == 1  # the library repeats nothing by itself
    assert stripe.collect(charge, now=NOW).status == Status.WAITING
    assert len(server.sessions) == 1


@pytest.mark.parametrize("fault", LOST_AFTER)
def test_an_answer_lost_after_the_effect_is_found_again(
    server: stripe_stand_in.Stripe, charge: Charge, fault: str
) -> None:
    hasty, stripe = provider_at(server, longest_call=SHORT), provider_at(server)
    server.fault = fault
    assert hasty.collect(charge, now=NOW) == Outcome(Status.UNKNOWN)
    found = stripe.ask(charge.attempt_id, "", now=NOW)
    assert (found.status, found.reference) == (Status.WAITING, session_of(server))
    again = stripe.collect(charge, now=NOW)
    assert again.status == (Status.UNKNOWN if fault == "500 after" else Status.WAITING)
    assert len(server.sessions) == 1


def test_a_key_that_comes_with_other_words_is_not_taken_for_a_refusal(stripe: Stripe, charge: Charge) -> None:
    stripe.collect(charge, now=NOW)
    other = replace(charge, amount=Money(100, "EUR"))
    assert stripe.collect(other, now=NOW) == Outcome(Status.UNKNOWN)
    assert stripe.ask(charge.attempt_id, "", now=NOW).status == Status.WAITING


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        (Money(1, "EUR"), "amount_too_small"),
        (Money(1000, "IRR"), "amount_not_possible"),
        (Money(5124, "KWD"), "amount_not_possible"),
    ],
    ids=["small", "currency", "last-digit"],
)
def test_what_stripe_cannot_collect_has_failed(stripe: Stripe, charge: Charge, amount: Money, reason: str) -> None:
    assert stripe.collect(replace(charge, amount=amount), now=NOW) == Outcome(Status.FAILED, reason=reason)


def test_a_wrong_key_is_a_refusal_to_collect_but_says_nothing_of_a_charge(
    server: stripe_stand_in.Stripe, stripe: Stripe, charge: Charge
) -> None:
    stranger = provider_at(server, "sk_test_other")
    assert stranger.collect(charge, now=NOW) == Outcome(Status.FAILED, reason="refused")
    reference = stripe.collect(charge, now=NOW).reference
    assert stranger.ask(charge.attempt_id, reference, now=NOW) == Outcome(Status.UNKNOWN)
    assert stranger.cancel(charge.attempt_id, reference, now=NOW) == Outcome(Status.UNKNOWN)
    assert stranger.refund(Refund(charge.store_id, new_id(), charge.attempt_id, reference, charge.amount), now=NOW) == (
        Outcome(Status.UNKNOWN)
    )


def test_asking_follows_the_session(server: stripe_stand_in.Stripe, stripe: Stripe, charge: Charge) -> None:
    reference = stripe.collect(charge, now=NOW).reference

    def ask() -> Outcome:
        by_list, by_id = stripe.ask(charge.attempt_id, "", now=NOW), stripe.ask(charge.attempt_id, reference, now=NOW)
        assert by_list == by_id
        return by_id

    server.decline(reference, "insufficient_funds")
    assert (ask().status, ask().reason) == (Status.WAITING, "insufficient_funds")
    server.pay(reference, status="processing")
    assert ask() == Outcome(Status.UNKNOWN, reference)
    server.settle(reference, succeeded=False)
    assert ask() == Outcome(Status.FAILED, reference, "declined")
    server.settle(reference, succeeded=True)
    assert ask() == Outcome(Status.SUCCEEDED, reference, amount=charge.amount)


def test_another_amount_is_told(server: stripe_stand_in.Stripe, stripe: Stripe, charge: Charge) -> None:
    reference = stripe.collect(charge, now=NOW).reference
    server.pay(reference, amount=100)
    assert stripe.ask(charge.attempt_id, reference, now=NOW).amount == Money(100, "EUR")


@pytest.mark.parametrize("fault", LOST)
def test_asking_without_an_answer_is_unknown(server: stripe_stand_in.Stripe, charge: Charge, fault: str) -> None:
    hasty, stripe = provider_at(server, longest_call=SHORT), provider_at(server)
    reference = stripe.collect(charge, now=NOW).reference
    for known in (reference, ""):
        server.fault = fault
        assert hasty.ask(charge.attempt_id, known, now=NOW) == Outcome(Status.UNKNOWN)
    server.fault = fault
    assert hasty.cancel(charge.attempt_id, reference, now=NOW) == Outcome(Status.UNKNOWN)


def test_not_found_is_said_only_when_nothing_can_be_on_its_way(stripe: Stripe) -> None:
    assert stripe.ask(new_id(), "", now=NOW) == Outcome(Status.UNKNOWN)
    assert stripe.ask(old_id(), "", now=NOW) == Outcome(Status.FAILED, reason="not_found")
    assert stripe.ask(old_id(), "cs_other", now=NOW) == Outcome(Status.FAILED, reason="not_found")
    assert stripe.cancel(old_id(), "", now=NOW) == Outcome(Status.FAILED, reason="not_found")


def test_it_is_found_among_many(
    server: stripe_stand_in.Stripe, stripe: Stripe, charge: Charge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 3)
    stripe.collect(charge, now=NOW)
    for _ in range(7):
        stripe.collect(replace(charge, attempt_id=new_id()), now=NOW)
    assert stripe.ask(charge.attempt_id, "", now=NOW).reference == next(iter(server.sessions))


def test_cancelling_closes_the_page(server: stripe_stand_in.Stripe, stripe: Stripe, charge: Charge) -> None:
    reference = stripe.collect(charge, now=NOW).reference
    for known in ("", reference):
        assert stripe.cancel(charge.attempt_id, known, now=NOW) == Outcome(Status.FAILED, reference, "expired")
    assert server.sessions[reference]["status"] == "expired"


def test_cancelling_too_late_tells_what_was_paid(
    server: stripe_stand_in.Stripe, stripe: Stripe, charge: Charge
) -> None:
    reference = stripe.collect(charge, now=NOW).reference
    server.pay(reference, status="processing")
    assert stripe.cancel(charge.attempt_id, reference, now=NOW) == Outcome(Status.UNKNOWN, reference)
    server.settle(reference, succeeded=True)
    assert stripe.cancel(charge.attempt_id, reference, now=NOW).status == Status.SUCCEEDED


def test_paying_while_it_is_cancelled(
    server: stripe_stand_in.Stripe, stripe: Stripe, charge: Charge, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = stripe.collect(charge, now=NOW).reference
    begin = stripe._expire

    def paid_first(session_id: str) -> object:
        server.pay(session_id)
        return begin(session_id)

    monkeypatch.setattr(stripe, "_expire", paid_first)
    assert stripe.cancel(charge.attempt_id, reference, now=NOW).status == Status.SUCCEEDED


def paid(server: stripe_stand_in.Stripe, stripe: Stripe, charge: Charge) -> str:
    reference = stripe.collect(charge, now=NOW).reference
    server.pay(reference)
    return reference


def part(charge: Charge, reference: str, amount: int = 1000) -> Refund:
    return Refund(charge.store_id, new_id(), charge.attempt_id, reference, Money(amount, "EUR"))


def test_a_refund_is_given_once(server: stripe_stand_in.Stripe, stripe: Stripe, charge: Charge) -> None:
    wish = part(charge, paid(server, stripe, charge))
    first = stripe.refund(wish, now=NOW)
    assert (first.status, first.amount) == (Status.SUCCEEDED, Money(1000, "EUR"))
    server.keys.clear()  # Stripe forgets keys after a day
    assert stripe.refund(wish, now=NOW) == first
    assert len(server.refunds) == 1


@pytest.mark.parametrize("fault", [*LOST, *LOST_AFTER])
def test_a_refund_whose_answer_is_lost_is_given_once(
    server: stripe_stand_in.Stripe, charge: Charge, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty, stripe = provider_at(server, longest_call=SHORT), provider_at(server)
    wish = part(charge, paid(server, stripe, charge))
    give = hasty._refund_now

    def failing(*arguments: object) -> Outcome:
        server.fault = fault
        return give(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(hasty, "_refund_now", failing)
        assert hasty.refund(wish, now=NOW) == Outcome(Status.UNKNOWN)
    assert stripe.refund(wish, now=NOW).status == Status.SUCCEEDED
    assert len(server.refunds) == 1


def test_a_refund_that_takes_its_time_is_followed(
    server: stripe_stand_in.Stripe, stripe: Stripe, charge: Charge
) -> None:
    server.refunds_begin = "pending"
    wish = part(charge, paid(server, stripe, charge))
    assert stripe.refund(wish, now=NOW).status == Status.UNKNOWN
    (made,) = server.refunds.values()
    made.update(status="failed", failure_reason="expired_or_canceled_card")
    assert stripe.refund(wish, now=NOW) == Outcome(Status.FAILED, made["id"], "expired_or_canceled_card")


def test_no_more_is_given_back_than_was_paid(server: stripe_stand_in.Stripe, stripe: Stripe, charge: Charge) -> None:
    reference = paid(server, stripe, charge)
    assert stripe.refund(part(charge, reference, 24791), now=NOW) == Outcome(Status.FAILED, reason="refused")
    assert stripe.refund(part(charge, reference, 24790), now=NOW).status == Status.SUCCEEDED
    assert stripe.refund(part(charge, reference, 1), now=NOW).reason == "charge_already_refunded"


def test_nothing_paid_nothing_back(stripe: Stripe, charge: Charge) -> None:
    reference = stripe.collect(charge, now=NOW).reference
    assert stripe.refund(part(charge, reference), now=NOW) == Outcome(Status.FAILED, reason="not_found")


def test_nothing_of_the_key_or_the_shopper_is_logged(
    server: stripe_stand_in.Stripe,
    stripe: Stripe,
    charge: Charge,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with caplog.at_level("DEBUG"):
        stripe.collect(charge, now=NOW)
        stripe.collect(replace(charge, amount=Money(1, "EUR"), attempt_id=new_id()), now=NOW)
        provider_at(server, "sk_test_other").collect(charge, now=NOW)
    said = caplog.text + "".join(capsys.readouterr())
    assert "sk_test" not in said
    assert charge.email not in said
