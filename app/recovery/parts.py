"""What delivering a message needs of the other parts of recovery and of the channels: handed in where all is wired."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from app.channels.outgoing import Outgoing, Sender
from app.database.statements import Asked
from app.ids import CustomerId, StoreId
from app.recovery.content import Content, Incentive, Step
from app.recovery.traffic import Traffic
from app.recovery.values import Channel, MessageKind, SuppressionReason


class NothingToSend(Exception):
    """Nothing of what a message is about can be bought any more: found out while it was written."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this worker has under a lease. `again`: it passed the gate before, and its worker was not heard of since."""

    store_id: StoreId
    id: UUID
    token: UUID
    episode_id: UUID
    customer_id: CustomerId
    kind: MessageKind
    step: int
    channel: Channel
    again: bool


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes: an email address, an E.164 number, or a browser's endpoint with its keys."""

    address: str
    locale: str = ""
    p256dh: str = ""
    auth: str = ""


class Written(Protocol):
    """A message ready to be handed over. `shown` is what it said without anything that names the person."""

    @property
    def outgoing(self) -> Outgoing: ...
    @property
    def shown(self) -> dict[str, Any]: ...
    @property
    def segments(self) -> int: ...


class Suppress(Protocol):
    """Never write to an address again."""

    def __call__(
        self, channel: Channel, address: str, reason: SuppressionReason, *, message_id: UUID, now: datetime
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The other parts, as functions.

    `unmet(step, message)` names the first condition of a step that does not hold ("": all do) and is called behind the
    episode's lock, like `code_for`, which makes a personal code once. `along` names what is written down together with the
    decision that a message leaves. `write` renders; it raises NothingToSend.
    """

    senders: Callable[[], Mapping[Channel, Sender[Any]]]
    address_hash: Callable[[Channel, str], str]
    content: Callable[[UUID, int], Content]
    unmet: Callable[[Step, Claimed], str]
    code_for: Callable[[Claimed, Incentive, datetime], str]
    write: Callable[[Claimed, Address, datetime], Written]
    along: Callable[[Claimed, datetime], Sequence[Asked]] = lambda _message, _now: ()
    suppress: Suppress
    traffic: Callable[[Mapping[Channel, Sender[Any]]], Traffic] = Traffic
