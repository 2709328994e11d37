"""Cards by Stripe, on Stripe's own page (Checkout sessions): no card data here, and it works without JavaScript.

A session is named by its attempt (`client_reference_id`, idempotency key); references kept by us are ids of sessions.
"""

import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import stripe
import structlog

from app.config import Config
from app.payments import stripe_events
from app.payments.provider import Charge, Outcome, Prepared, ProviderEvent, Refund, Status
from app.payments.stripe_money import TAKEN, to_stripe
from app.payments.stripe_objects import (
    Refunded,
    Session,
    refund_of,
    refund_outcome,
    session_of,
    session_outcome,
)
from app.payments.stripe_wire import PunctualClient, within
from app.web.language import gettext as _

LONGEST_CALL = 10.0  # seconds, for all requests of one call together
OPEN_FOR = 3600  # seconds; Stripe wants 30 minutes at least from when it gets to know, which may be a repetition
ARRIVING = 60  # seconds in which a request of ours may still be on its way to Stripe
CLOCKS_APART = 60
PAGE = 100
# https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-locale, as far as the shop speaks them
LOCALES = {"en": "en"}

# Errors that say for certain that the request was not carried out. All others leave it open.
REFUSED = (stripe.InvalidRequestError, stripe.CardError, stripe.AuthenticationError, stripe.PermissionError)
NO_ANSWER = (stripe.StripeError, ValueError, AttributeError)  # the latter two: an answer that makes no sense

NOT_FOUND = Outcome(Status.FAILED, reason="not_found")
UNKNOWN = Outcome(Status.UNKNOWN)

log = structlog.get_logger(__name__)


class Stripe:
    """The provider behind Stripe Checkout."""

    name = "stripe"
    collects = True

    def __init__(self, config: Config, *, longest_call: float = LONGEST_CALL) -> None:
        self._secrets = tuple(filter(None, config.stripe_webhook_secrets.split(",")))
        self._longest_call = longest_call
        self._api = stripe.StripeClient(
            config.stripe_secret_key,
            base_addresses={"api": config.stripe_api_url},
            max_network_retries=0,
            http_client=PunctualClient(),
        ).v1

    def takes(self, currency: str) -> bool:
        """Whether it is one of Stripe's presentment currencies."""
        return currency in TAKEN

    def prepare(self, entries: Mapping[str, str], *, now: datetime) -> Prepared:
        """The card is entered at Stripe."""
        return Prepared(token="", label=_("Card, by Stripe"))

    def collect(self, charge: Charge, *, now: datetime) -> Outcome:
        """Open a page at Stripe for the attempt, or find the one that was opened."""
        amount = to_stripe(charge.amount)
        if amount is None:
            return Outcome(Status.FAILED, reason="amount_not_possible")
        try:
            with within(self._longest_call):
                made = self._api.checkout.sessions.create(
                    _session_wishes(charge, amount), {"idempotency_key": str(charge.attempt_id)}
                )
                session = session_of(made.to_dict())
                if made.last_response and "idempotent-replayed" in made.last_response.headers:
                    session = self._session(session.id)  # the repetition tells how it began, not how it is
                return session_outcome(session)
        except REFUSED as error:
            _note("collect", error)
            return Outcome(Status.FAILED, reason=_word(error))
        except NO_ANSWER as error:
            _note("collect", error)
            return UNKNOWN

    def ask(self, attempt_id: UUID, reference: str, *, now: datetime) -> Outcome:
        """How the attempt's session stands."""
        try:
            with within(self._longest_call):
                session = self._find(attempt_id, reference)
                return session_outcome(session) if session else _not_found(attempt_id)
        except NO_ANSWER as error:
            _note("ask", error)
            return UNKNOWN

    def cancel(self, attempt_id: UUID, reference: str, *, now: datetime) -> Outcome:
        """Close the page, if nothing was paid on it yet."""
        try:
            with within(self._longest_call):
                session = self._find(attempt_id, reference)
                if session is None:
                    return _not_found(attempt_id)
                if session.status == "open":
                    session = self._expire(session.id)
                if session.status == "open":
                    return Outcome(Status.UNKNOWN, session.id)
                return session_outcome(session)
        except NO_ANSWER as error:
            _note("cancel", error)
            return UNKNOWN

    def refund(self, refund: Refund, *, now: datetime) -> Outcome:
        """Give back through the session's payment intent. Stripe's own list says first whether it was done already."""
        amount = to_stripe(refund.amount)
        if amount is None:
            return Outcome(Status.FAILED, reason="amount_not_possible")
        try:
            with within(self._longest_call):
                session = self._find(refund.attempt_id, refund.reference)
                intent_id = session.intent_id if session else None
                if intent_id is None:
                    return NOT_FOUND
                known = self._known_refund(intent_id, refund.refund_id)
                return refund_outcome(known) if known else self._refund_now(refund, intent_id, amount)
        except NO_ANSWER as error:
            _note("refund", error)
            return UNKNOWN

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> ProviderEvent | None:
        """The event in a webhook of Stripe's. Raises ForgedEvent."""
        return stripe_events.read(body, headers, self._secrets)

    def _session(self, session_id: str) -> Session:
        found = self._api.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent"]})
        return session_of(found.to_dict())

    def _find(self, attempt_id: UUID, reference: str) -> Session | None:
        """By its id; or, if the answer with the id was lost, among those of its time. Stripe's search would be too late."""
        if not reference:
            return next((one for one in self._listed(attempt_id) if one.client_reference_id == str(attempt_id)), None)
        try:
            return self._session(reference)
        except stripe.InvalidRequestError as error:
            if error.code == "resource_missing":
                return None
            raise

    def _listed(self, attempt_id: UUID) -> Iterator[Session]:
        wishes: dict[str, Any] = {"limit": PAGE, "expand": ["data.payment_intent"]}
        made_at = _made_at(attempt_id)
        if made_at:
            wishes["created"] = {"gte": made_at - CLOCKS_APART, "lte": made_at + OPEN_FOR}
        for found in self._api.checkout.sessions.list(wishes).auto_paging_iter():  # type: ignore[arg-type]
            yield session_of(found.to_dict())

    def _expire(self, session_id: str) -> Session:
        try:
            return session_of(self._api.checkout.sessions.expire(session_id).to_dict())
        except stripe.InvalidRequestError:  # no longer open: something has happened to it since
            return self._session(session_id)

    def _known_refund(self, intent_id: str, refund_id: UUID) -> Refunded | None:
        for found in self._api.refunds.list({"payment_intent": intent_id, "limit": PAGE}).auto_paging_iter():
            one = refund_of(found.to_dict())
            if (one.metadata or {}).get("refund") == str(refund_id):
                return one
        return None

    def _refund_now(self, refund: Refund, intent_id: str, amount: int) -> Outcome:
        wishes: Any = {
            "payment_intent": intent_id,
            "amount": amount,
            "metadata": {
                "store": str(refund.store_id),
                "attempt": str(refund.attempt_id),
                "refund": str(refund.refund_id),
            },
        }
        try:
            made = self._api.refunds.create(wishes, {"idempotency_key": str(refund.refund_id)})
        except REFUSED as error:
            _note("refund", error)
            return Outcome(Status.FAILED, reason=_word(error))
        return refund_outcome(refund_of(made.to_dict()))


def _session_wishes(charge: Charge, amount: int) -> Any:
    """What a session is made of. The same for the same attempt however often it is made, as its key demands."""
    marks = {"store": str(charge.store_id), "attempt": str(charge.attempt_id)}
    wishes: dict[str, Any] = {
        "mode": "payment",
        "client_reference_id": str(charge.attempt_id),
        "metadata": marks,
        "payment_intent_data": {"metadata": marks, "description": charge.description},
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": charge.amount.currency.lower(),
                    "unit_amount": amount,
                    "product_data": {"name": charge.description},
                },
            }
        ],
        "adaptive_pricing": {"enabled": False},  # what was agreed on is collected, in its own currency
        "success_url": charge.return_url,
        "cancel_url": charge.cancel_url,
        "locale": LOCALES.get(charge.locale, "auto"),
    }
    if charge.email:
        wishes["customer_email"] = charge.email
    made_at = _made_at(charge.attempt_id)
    if made_at:
        wishes["expires_at"] = made_at + OPEN_FOR
    return wishes


def _made_at(attempt_id: UUID) -> int:
    """Seconds since 1970 at which the attempt was made, by the true clock as Stripe's is (RFC 9562, 5.7); 0 if not told."""
    return (attempt_id.int >> 80) // 1000 if attempt_id.version == 7 else 0


def _not_found(attempt_id: UUID) -> Outcome:
    """Never heard of it, unless our request may still be on its way."""
    return UNKNOWN if time.time() - _made_at(attempt_id) < ARRIVING else NOT_FOUND


def _word(error: stripe.StripeError) -> str:
    return error.code or "refused"


def _note(what: str, error: Exception) -> None:
    """For the log: what kind of trouble; never its text, which may repeat what was sent."""
    log.warning(
        "stripe_trouble",
        what=what,
        kind=type(error).__name__,
        status=getattr(error, "http_status", None),
        code=getattr(error, "code", None),
        request=getattr(error, "request_id", None),
    )
