"""What rendering is given besides the message and what it answers, as values. Pure."""

from dataclasses import dataclass, field
from typing import Any

from app.channels.outgoing import Outgoing


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who it goes to: an email address, an E.164 number, or the endpoint of a browser with its keys.

    `locale` empty: the customer's own. The store's first language stands in for one that it does not speak.
    """

    address: str
    locale: str = ""
    p256dh: str = ""
    auth: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """The absolute addresses that belong to one message: back to the cart, the page of preferences, RFC 8058's POST."""

    recover: str
    preferences: str
    one_click: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message ready to be handed over. `shown` goes into its row: what it said, without anything that names the person.

    `segments` are those of an SMS, else 1. `problems` are codes of what was left out so that it could be said at all.
    """

    outgoing: Outgoing
    shown: dict[str, Any]
    segments: int = 1
    problems: tuple[str, ...] = field(default=())


class NothingToOffer(Exception):
    """Nothing of what the message is about can be bought now: it is not sent."""
