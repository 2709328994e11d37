"""Stripe's webhooks: the signature checked on the raw bytes, then read as events of ours.

`charge.refunded` is not read: since 2022 it no longer says which refund it is about; `refund.*` does.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import stripe
import structlog

from app.ids import StoreId, parse_id
from app.payments.provider import ForgedEvent, Outcome, ProviderEvent, Status
from app.payments.stripe_objects import (
    Intent,
    failure_reason,
    refund_of,
    refund_outcome,
    session_of,
    session_outcome,
)

TOLERANCE_SECONDS = 300
SIGNATURE = "stripe-signature"
SESSION = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
)
REFUND = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
DECLINED = "payment_intent.payment_failed"

log = structlog.get_logger(__name__)


class _Data(msgspec.Struct, frozen=True):
    object: dict[str, Any]


class _Event(msgspec.Struct, frozen=True):
    id: str
    type: str
    created: int
    data: _Data


def read(body: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> ProviderEvent | None:
    """The event, if signed with one of `secrets` (two while they are changed). Raises ForgedEvent."""
    given = next((value for name, value in headers.items() if name.lower() == SIGNATURE), "")
    if not any(_signed(body, given, secret) for secret in secrets):
        raise ForgedEvent()
    try:
        return _understood(msgspec.json.decode(body, type=_Event))
    except msgspec.MsgspecError as error:
        log.warning("stripe_event_not_understood", problem=type(error).__name__)
        return None


def _signed(body: bytes, given: str, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(body, given, secret, TOLERANCE_SECONDS))
    except (stripe.SignatureVerificationError, ValueError, TypeError):  # the last two: not even text
        return False


def _understood(event: _Event) -> ProviderEvent | None:
    thing = event.data.object
    if event.type in SESSION:
        session = session_of(thing)
        outcome = session_outcome(session)
        if event.type == "checkout.session.async_payment_failed":
            outcome = Outcome(Status.FAILED, session.id, "declined")
        return _told(event, "charge", session.client_reference_id, session.metadata, outcome)
    if event.type == DECLINED:
        # On Stripe's page the shopper may try another card: only the session's own events are the end of it.
        intent = msgspec.convert(thing, Intent)
        outcome = Outcome(Status.WAITING, reason=failure_reason(intent))
        return _told(event, "charge", intent.metadata.get("attempt"), intent.metadata, outcome)
    if event.type in REFUND:
        refund = refund_of(thing)
        return _told(event, "refund", (refund.metadata or {}).get("refund"), refund.metadata, refund_outcome(refund))
    return None


def _told(
    event: _Event, kind: Any, subject: str | None, metadata: Mapping[str, str] | None, outcome: Outcome
) -> ProviderEvent | None:
    subject_id, store_id = parse_id(subject), parse_id((metadata or {}).get("store"))
    if subject_id is None or store_id is None:  # something else that is sold over the same account
        return None
    return ProviderEvent(
        id=event.id,
        kind=kind,
        subject=subject_id,
        outcome=outcome,
        amount=outcome.amount,
        occurred_at=datetime.fromtimestamp(event.created, UTC),
        store_id=StoreId(store_id),
    )
