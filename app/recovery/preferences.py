"""What somebody wants to hear of: stopping and going on, by channel, at once, each with its evidence.

Stopping is for the person, not for one of their accounts: consent is withdrawn, the address is written to no more, and
what waits to be sent on the channel is cancelled in the same transaction.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from app.accounts.contacts import REMINDERS, record_consent
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, unit_of_work
from app.ids import CustomerId
from app.recovery import consent, episodes, people, suppression
from app.recovery.consent import Consent
from app.recovery.suppression import Suppression
from app.recovery.values import Channel, SuppressionReason

UNSUBSCRIBED = "unsubscribed"  # the reason of messages that were cancelled

# The account's own address first, then a contact's; only a confirmed phone is written to; a browser only if it is theirs,
# not that of somebody who typed the same address.
ADDRESSES = text("""
    SELECT (SELECT coalesce(h.email, p.email) FROM customers p
            LEFT JOIN customers h ON h.store_id = p.store_id AND h.id = p.merged_into
            WHERE p.store_id = :store AND p.id = :customer) AS email,
           (SELECT phone FROM customers WHERE store_id = :store AND id = ANY(:ids) AND phone <> ''
                AND phone_confirmed_at IS NOT NULL ORDER BY phone_confirmed_at DESC LIMIT 1) AS sms,
           (SELECT s.endpoint FROM customers p
            JOIN customers h ON h.store_id = p.store_id
                AND coalesce(p.merged_into, p.id) IN (h.id, h.merged_into)
            JOIN push_subscriptions s ON s.store_id = h.store_id AND s.customer_id = h.id AND s.gone_at IS NULL
            WHERE p.store_id = :store AND p.id = :customer ORDER BY s.created_at DESC LIMIT 1) AS push""")

CANCEL = text("""
    WITH waiting AS MATERIALIZED (
        SELECT id FROM messages WHERE store_id = :store AND customer_id = ANY(:ids) AND channel = :channel
            AND state IN ('scheduled', 'claimed') ORDER BY id FOR NO KEY UPDATE),
    cancelled AS (
        UPDATE messages SET state = 'cancelled', reason = :reason, ended_at = :now, lease_token = NULL, lease_until = NULL
        FROM waiting WHERE messages.store_id = :store AND messages.id = waiting.id RETURNING messages.id)
    INSERT INTO message_evaluations (store_id, id, message_id, evaluated_at, verdict, reason, inputs)
    SELECT :store, uuidv7(), id, :now, 'end', :reason, '{}' FROM cancelled""")


@dataclass(frozen=True, slots=True)
class Word:
    """How somebody said something: the words they were shown, in which language, and where (a source for evidence)."""

    wording: str
    locale: str
    source: str
    message_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A channel as it stands for a person. `address` is "" where there is none to write to."""

    channel: Channel
    address: str
    word: Consent | None
    suppressed: Suppression | None

    @property
    def on(self) -> bool:
        """Whether they are written to."""
        return bool(self.address) and self.word is not None and self.word.granted and self.suppressed is None

    @property
    def closed(self) -> bool:
        """Whether it is not theirs to switch on here: the address came back, was reported, or the law forbids it."""
        return self.suppressed is not None and self.suppressed.reason not in suppression.OWN_WORD


def choices(customer_id: CustomerId, *, alone: bool = False) -> dict[Channel, Choice]:
    """How every channel stands for whoever this customer is; `alone`: by what was said under this very id."""
    ids = frozenset([customer_id]) if alone else people.ids_of(customer_id)
    words, addresses = consent.words(ids), _addresses(customer_id, ids)
    return {
        channel: Choice(channel, address, words.get(channel), _suppressed(channel, address))
        for channel, address in addresses.items()
    }


@unit_of_work
def stop(customer_id: CustomerId, channel: Channel, said: Word, now: datetime, *, hashed: str = "") -> None:
    """No more reminders on this channel, from this moment on. `hashed` is the address that a message went to, if one did."""
    ids = people.ids_of(customer_id)
    episodes.lock_of_person(ids)  # the gate of delivery looks behind the same lock
    newest = consent.granted(ids, channel)
    if newest is None or newest.granted:
        _say(customer_id, channel, said, now, granted=False)
    address = _addresses(customer_id, ids)[channel]
    known = {suppression.address_hash(channel, address)} if address else set()
    for one in sorted(known | ({hashed} if hashed else set())):
        suppression.suppress_hash(
            channel, one, SuppressionReason.UNSUBSCRIBED, now=now, source=said.source, message_id=said.message_id
        )
    took_lock(Lock.MESSAGE)
    names = {"store": current_store_id(), "ids": list(ids), "channel": str(channel), "reason": UNSUBSCRIBED}
    db.session.execute(CANCEL, {**names, "now": now})


@unit_of_work
def resume(customer_id: CustomerId, channel: Channel, said: Word, now: datetime, *, hashed: str = "") -> bool:
    """Reminders on this channel again. False where it is not theirs to say, or there is no address; then nothing changed.

    SMS are for the number itself to say (phones.py).
    """
    choice = choices(customer_id)[channel]
    if choice.closed or not choice.address or channel is Channel.SMS:
        return False
    own = suppression.address_hash(channel, choice.address)
    for one in sorted({own, hashed} - {""}):
        suppression.lift(channel, one)
    if choice.word is None or not choice.word.granted:
        _say(customer_id, channel, said, now, granted=True)
    return True


def masked(channel: Channel, address: str) -> str:
    """An address as its owner recognises it and nobody else learns it: s•••@mail.example, •••4567."""
    if channel is Channel.EMAIL:
        name, _at, domain = address.rpartition("@")
        return f"{name[:1]}•••@{domain}"
    return f"•••{address[-4:]}" if channel is Channel.SMS and address else ""


def _say(customer_id: CustomerId, channel: Channel, said: Word, now: datetime, *, granted: bool) -> None:
    record_consent(
        customer_id,
        channel=str(channel),
        purpose=REMINDERS,
        granted=granted,
        wording=said.wording,
        locale=said.locale,
        source=said.source,
        now=now,
    )


def _addresses(customer_id: CustomerId, ids: Collection[CustomerId]) -> dict[Channel, str]:
    names = {"store": current_store_id(), "customer": customer_id, "ids": list(ids)}
    row = db.session.execute(ADDRESSES, names).one()
    return {channel: row._mapping[str(channel)] or "" for channel in Channel}


def _suppressed(channel: Channel, address: str) -> Suppression | None:
    return suppression.find(channel, suppression.address_hash(channel, address)) if address else None
