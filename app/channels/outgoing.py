"""What a channel is given to send and what it says about it: one contract for every provider of email, SMS and push.

A sender tries once, within its time-out, and never sleeps or retries: the message's row decides what comes next.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OutgoingEmail:
    """A rendered email. `id` is the message's: Message-ID and idempotency key follow from it. `headers` come on top."""

    id: UUID
    to: str
    sender_name: str
    subject: str
    html: str
    text: str
    locale: str
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutgoingSms:
    """A rendered SMS to an E.164 number."""

    id: UUID
    to: str
    text: str
    locale: str


@dataclass(frozen=True, slots=True)
class OutgoingPush:
    """A rendered push message to one browser (W3C Push API): its endpoint and keys, and what its service worker shows."""

    id: UUID
    endpoint: str
    p256dh: str
    auth: str
    title: str
    text: str
    url: str
    locale: str


Outgoing = OutgoingEmail | OutgoingSms | OutgoingPush
Message = TypeVar("Message", bound=Outgoing, contravariant=True)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has it. `reference` is its name for it, by which its callbacks speak."""

    reference: str


class SendFailure(Exception):
    """It was not sent. `reason` is a short code without personal data, fit for logs and the message's row."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refused(SendFailure):
    """The provider will never take this message: trying again cannot help. With `address_bad` the address is at fault."""

    def __init__(self, reason: str, *, address_bad: bool = False) -> None:
        super().__init__(reason)
        self.address_bad = address_bad


class TryLater(SendFailure):
    """The provider certainly does not have it now, and may take it later, after `seconds` if it said so."""

    def __init__(self, reason: str, *, seconds: int | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


class OutcomeUnknown(SendFailure):
    """The connection ended after the message was handed over: it may or may not have been taken."""


class Sender(Protocol[Message]):
    """One provider on one channel."""

    name: str
    honours_keys: bool  # whether handing over the same id twice sends it once

    def send(self, message: Message) -> Accepted:
        """Hand it over. Raises Refused, TryLater, OutcomeUnknown."""
        ...
