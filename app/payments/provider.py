"""What every payment provider offers, and the values that go to it and come back. Pure.

A provider never raises for what happens on the other side: what cannot be known is UNKNOWN, and is asked about later.
Methods that take `now` get the moment the door read; providers elsewhere in the world go by their own clock.
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
    """What the provider says of a charge or refund. An empty field says nothing: keep what was known before.

    `reference` is the provider's name for it; `reason` a stable word where it failed (declined, insufficient_funds,
    expired_card, not_found, cancelled …) or why the shopper has to try again while it waits; `go_to` the provider's
    own page, while the shopper must go there; `amount` what it says it moved, where it says so: SUCCEEDED with another
    amount than the one asked for means that money moved, but not as agreed.
    """

    status: Status
    reference: str = ""
    reason: str = ""
    go_to: str = ""
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """What a provider is to collect. `attempt_id` (UUIDv7) is its idempotency key: the same one never collects twice.

    Asked again, every field must be the same as the first time: providers refuse a key that comes with other words.
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

    `subject` says which attempt or refund of ours it is about, `store_id` in which store (the event may have come in at
    the address of another one); `amount` what the provider says it moved. Its outcome need not be final.
    """

    id: str
    kind: Literal["charge", "refund"]
    subject: UUID
    outcome: Outcome
    amount: Money | None
    occurred_at: datetime
    store_id: StoreId | None = None


class BadPaymentDetails(Invalid):
    """What the shopper entered cannot be charged. `field` names the entry, `problem` what is wrong with it."""

    code = "bad_payment_details"


class ForgedEvent(Forbidden):
    """An event whose signature is not the provider's, or that is too old to be taken for a new one."""

    code = "forged_event"


class Provider(Protocol):
    """A way to pay. Calls to the other side take ten seconds at most and are made with no transaction open."""

    @property
    def name(self) -> str:
        """The word for it in addresses and tables."""
        ...

    @property
    def collects(self) -> bool:
        """False: the money comes another way (on delivery, by invoice), and there is nothing to ask."""
        ...

    def takes(self, currency: str) -> bool:
        """Whether it can collect in this currency (ISO 4217)."""
        ...

    def prepare(self, entries: Mapping[str, str], *, now: datetime) -> Prepared:
        """Make of the shopper's entries what may be kept. Raises BadPaymentDetails."""
        ...

    def collect(self, charge: Charge, *, now: datetime) -> Outcome:
        """Collect, or begin to. Asked again with the same attempt, it answers for the same charge."""
        ...

    def ask(self, attempt_id: UUID, reference: str, *, now: datetime) -> Outcome:
        """What became of a charge (`reference` may be empty). FAILED with `not_found` if it was never heard of."""
        ...

    def cancel(self, attempt_id: UUID, reference: str, *, now: datetime) -> Outcome:
        """Make sure that a charge not yet final will not be collected; answers SUCCEEDED if it was too late.

        UNKNOWN if that cannot be made sure now: ask for it again.
        """
        ...

    def refund(self, refund: Refund, *, now: datetime) -> Outcome:
        """Give back. Asked again with the same refund, it answers for the same one."""
        ...

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> ProviderEvent | None:
        """The event in a webhook's raw body; None for kinds that do not concern us. Raises ForgedEvent.

        `headers` are looked up without regard to case.
        """
        ...
