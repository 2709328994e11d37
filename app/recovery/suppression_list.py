"""The list of addresses that are not written to, as staff see and change it: by keyed hashes, never by addresses.

Staff never lift what a person said themselves or a complaint, nor what was imported or erased: only what they or a mail
server found out about an address, which may have been mended since.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from app.audit import log as audit
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import unit_of_work
from app.errors import Conflict, Invalid, NotFound
from app.ids import CartId
from app.recovery import suppression
from app.recovery.suppression import WEIGHTS
from app.recovery.values import Channel, SuppressionReason

PAGE = 50
BY_STAFF = "staff"
LAST = datetime(9999, 12, 31, tzinfo=UTC)
# What staff may enter, and on which channels it makes sense.
ENTERED: dict[SuppressionReason, tuple[Channel, ...]] = {
    SuppressionReason.UNSUBSCRIBED: (Channel.EMAIL, Channel.SMS),
    SuppressionReason.BOUNCED: (Channel.EMAIL, Channel.SMS),
    SuppressionReason.DO_NOT_CALL: (Channel.SMS,),
}

LIST = """
    SELECT s.channel, s.address_hash, s.reason, s.source, s.since, e.cart_id
    FROM suppressions s
    LEFT JOIN messages m ON m.store_id = s.store_id AND m.id = s.message_id
    LEFT JOIN episodes e ON e.store_id = m.store_id AND e.id = m.episode_id
    WHERE s.store_id = :store {asked} AND (s.since, s.address_hash, s.channel) < (:before_at, :before_hash, :before_channel)
    ORDER BY s.since DESC, s.address_hash DESC, s.channel DESC LIMIT :limit"""
ASKED = {
    "channel": "AND s.channel = :channel",
    "reason": "AND s.reason = :reason",
    "since": "AND s.since >= :since",
    "hash": "AND s.address_hash = :hash",
}


class SuppressionNotFound(NotFound):
    """There is no such entry in the list."""

    code = "suppression_not_found"


class NotToBeLifted(Conflict):
    """The entry stands by the person's own word, a complaint, the law, or their being forgotten."""

    code = "not_to_be_lifted"


class NotToBeEntered(Invalid):
    """Staff do not enter this reason on this channel."""

    code = "not_to_be_entered"


class OnTheListAlready(Conflict):
    """The address is on the list for this reason, or for a weightier one."""

    code = "on_the_list_already"


@dataclass(frozen=True, slots=True)
class Entry:
    """An address that is not written to. `cart_id` is that of the message it came from, where it came from one."""

    channel: Channel
    address_hash: str
    reason: SuppressionReason
    source: str
    since: datetime
    cart_id: CartId | None

    @property
    def may_be_lifted(self) -> bool:
        """Whether staff may: what somebody found out about the address, not what anybody said."""
        by_hand = self.reason is SuppressionReason.DO_NOT_CALL and self.source == BY_STAFF
        return by_hand or self.reason is SuppressionReason.BOUNCED


def list_entries(
    before: tuple[datetime, str, str] | None = None, *, limit: int = PAGE + 1, **asked: object
) -> list[Entry]:
    """The newest first, a page and one more; `asked` as in ASKED. `before` is the last of the page before."""
    known = {name: value for name, value in asked.items() if value}
    at, hashed, channel = before or (LAST, "~", "~")
    names: dict[str, Any] = {"before_at": at, "before_hash": hashed, "before_channel": channel, "limit": limit, **known}
    statement = text(LIST.format(asked=" ".join(ASKED[name] for name in known)))
    rows = db.session.execute(statement, {"store": current_store_id(), **names})
    return [
        Entry(Channel(row.channel), row.address_hash, SuppressionReason(row.reason), row.source, row.since, row.cart_id)
        for row in rows
    ]


@unit_of_work
def enter(channel: Channel, address: str, reason: SuppressionReason, *, actor: str, note: str, now: datetime) -> None:
    """Write to this address no more. `note` says why, in staff's own words. Raises NotToBeEntered, OnTheListAlready."""
    if channel not in ENTERED.get(reason, ()):
        raise NotToBeEntered()
    hashed = suppression.address_hash(channel, address)
    known = suppression.find(channel, hashed)
    if known is not None and WEIGHTS.index(known.reason) >= WEIGHTS.index(reason):
        raise OnTheListAlready()
    suppression.suppress_hash(channel, hashed, reason, now=now, source=BY_STAFF)
    _kept(
        "suppression_entered",
        channel,
        hashed,
        actor,
        now,
        before=known.reason if known else "",
        after=reason,
        note=note,
    )


@unit_of_work
def lift(channel: Channel, hashed: str, *, actor: str, now: datetime) -> None:
    """The address may be written to again. Raises SuppressionNotFound, NotToBeLifted."""
    found = next((one for one in list_entries(channel=channel, hash=hashed)), None)
    if found is None:
        raise SuppressionNotFound()
    if not found.may_be_lifted or not suppression.lift(channel, hashed, reasons=(found.reason,)):
        raise NotToBeLifted()
    _kept("suppression_lifted", channel, hashed, actor, now, before=found.reason, after="")


def _kept(action: str, channel: Channel, hashed: str, actor: str, now: datetime, **details: object) -> None:
    said = {"channel": str(channel), **{name: str(value) for name, value in details.items()}}
    audit.record(action, actor=actor, subject=("suppression", fingerprint(hashed)), now=now, details=said)


def fingerprint(hashed: str) -> str:
    """As much of a hash as tells two entries apart."""
    return hashed[:10]
