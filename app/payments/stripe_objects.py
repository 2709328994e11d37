"""What Stripe's objects mean: sessions and refunds as outcomes. Pure; only the fields that matter are read."""

from typing import Any

import msgspec

from app.payments.provider import Outcome, Status
from app.payments.stripe_money import from_stripe

# https://docs.stripe.com/api/payment_intents/object#payment_intent_object-status
NOT_TO_BE_PAID = ("requires_payment_method", "canceled")
REASONS = ("insufficient_funds", "expired_card")


class PaymentError(msgspec.Struct, frozen=True):
    """Why a card did not work (https://docs.stripe.com/declines/codes)."""

    code: str | None = None
    decline_code: str | None = None


class Intent(msgspec.Struct, frozen=True):
    """A payment intent."""

    id: str
    status: str
    metadata: dict[str, str] = {}
    last_payment_error: PaymentError | None = None


class Session(msgspec.Struct, frozen=True):
    """A Checkout session. Its payment intent is an id unless it was asked for as a whole."""

    id: str
    status: str | None
    payment_status: str
    amount_total: int | None
    currency: str | None
    url: str | None = None
    client_reference_id: str | None = None
    metadata: dict[str, str] | None = None
    payment_intent: Intent | str | None = None

    @property
    def intent_id(self) -> str | None:
        """The payment intent's id, once there is one."""
        return self.payment_intent.id if isinstance(self.payment_intent, Intent) else self.payment_intent


class Refunded(msgspec.Struct, frozen=True):
    """A refund of Stripe's."""

    id: str
    status: str | None
    amount: int
    currency: str
    metadata: dict[str, str] | None = None
    failure_reason: str | None = None


def session_of(thing: Any) -> Session:
    """A session from plain values. Raises msgspec.ValidationError."""
    return msgspec.convert(thing, Session)


def refund_of(thing: Any) -> Refunded:
    """A refund from plain values. Raises msgspec.ValidationError."""
    return msgspec.convert(thing, Refunded)


def session_outcome(session: Session) -> Outcome:
    """What a session says of the charge."""
    intent = session.payment_intent if isinstance(session.payment_intent, Intent) else None
    if session.status == "expired":
        return Outcome(Status.FAILED, session.id, "expired")
    if session.status == "open":
        return Outcome(Status.WAITING, session.id, failure_reason(intent), session.url or "")
    if session.status == "complete" and session.payment_status in ("paid", "no_payment_required"):
        amount = from_stripe(session.amount_total or 0, session.currency or "")
        if amount is None:  # cannot be what was asked for, nor be said in our units: somebody has to look
            return Outcome(Status.UNKNOWN, session.id, "amount_differs")
        return Outcome(Status.SUCCEEDED, session.id, amount=amount)
    if session.status == "complete" and intent and intent.status in NOT_TO_BE_PAID:
        return Outcome(Status.FAILED, session.id, failure_reason(intent) or "declined")
    return Outcome(Status.UNKNOWN, session.id)


def refund_outcome(refund: Refunded) -> Outcome:
    """What a refund of Stripe's says of ours."""
    if refund.status == "succeeded":
        return Outcome(Status.SUCCEEDED, refund.id, amount=from_stripe(refund.amount, refund.currency))
    if refund.status in ("failed", "canceled"):
        return Outcome(Status.FAILED, refund.id, refund.failure_reason or "refused")
    return Outcome(Status.UNKNOWN, refund.id)


def failure_reason(intent: Intent | None) -> str:
    """A stable word for why the last try of an intent failed; empty if none has."""
    error = intent.last_payment_error if intent else None
    if error is None:
        return ""
    return next((word for word in REASONS if word in (error.code, error.decline_code)), "declined")
