"""What every payment provider offers, and the values that go to it and come back. Pure.

A provider never raises for what happens on the other side: what cannot be known is UNKNOWN, and is asked about later.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol
from uuid import UUID

from app.errors import Forbidden, Invalid
from app.ids import StoreId
from app.money import Money


class Status(StrEnum):
    """What is known of a charge. Only SUCCEEDED and FAILED are final."""

    WAITING = "waiting"  # the shopper still has to do something on the provider's page
    UNKNOWN = "unknown"  # it was asked for; nobody can say yet whether money moved
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # no money moved, and none will


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the provider says of a charge or refund.

    `reference` is the provider's name for it; `reason` a stable word where it failed (declined, insufficient_funds,
    expired_card, not_found, amount_differs …); `go_to` the provider's own page, while the shopper must go there.
    """

    status: Status
    reference: str = ""
    reason: str = ""
    go_to: str = ""


@dataclass(frozen=True, slots=True)
class Charge:
    """What a provider is to collect. `attempt_id` is its idempotency key: the same one never collects twice.

    `token` is what `prepare` made of the shopper's entries. `return_url` and `cancel_url` are where a provider's own
    page sends the shopper afterwards.
    """

    store_id: StoreId
    attempt_id: UUID
    amount: Money
    token: str
    description: str
    email: str
    locale: str
    return_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True)
class Refund:
    """What a provider is to give back of a charge. `refund_id` is its idempotency key."""

    store_id: StoreId
    refund_id: UUID
    attempt_id: UUID
    reference: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Prepared:
    """How the shopper will pay, safe to keep: the provider's token and words for the review page ("Card ending 4242")."""

    token: str
    label: str


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """Something a provider told us by itself. `id` is the provider's, the same however often it is sent.

    `subject` says which attempt or refund of ours it is about; `amount` what the provider says it moved.
    """

    id: str
    kind: Literal["charge", "refund"]
    subject: UUID
    outcome: Outcome
    amount: Money | None
    occurred_at: datetime


class BadPaymentDetails(Invalid):
    """What the shopper entered cannot be charged. `field` names the entry."""

    code = "bad_payment_details"


class ForgedEvent(Forbidden):
    """An event whose signature is not the provider's."""

    code = "forged_event"


class Provider(Protocol):
    """A way to pay. Calls to the other side take ten seconds at most and are made with no transaction open."""

    name: str
    collects: bool  # false: the money comes another way (on delivery, by invoice), and there is nothing to ask

    def prepare(self, entries: Mapping[str, str]) -> Prepared:
        """Make of the shopper's entries what may be kept. Raises BadPaymentDetails."""
        ...

    def collect(self, charge: Charge) -> Outcome:
        """Collect, or begin to. Asked again with the same attempt, it answers for the same charge."""
        ...

    def ask(self, attempt_id: UUID, reference: str) -> Outcome:
        """What became of a charge. FAILED with `not_found` if the provider never heard of it."""
        ...

    def cancel(self, attempt_id: UUID, reference: str) -> Outcome:
        """Make sure that a charge not yet final will not be collected; answers SUCCEEDED if it was too late."""
        ...

    def refund(self, refund: Refund) -> Outcome:
        """Give back. Asked again with the same refund, it answers for the same one."""
        ...

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> ProviderEvent | None:
        """The event in a webhook's raw body; None for kinds that do not concern us. Raises ForgedEvent."""
        ...
