"""Addresses that must not be written to: known by a keyed hash alone, so that the list tells nobody's address."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from flask import current_app
from sqlalchemy import text

from app import tokens
from app.config import Config
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import unit_of_work
from app.recovery.values import Channel, SuppressionReason

# What a person may take back by themselves; the others are facts about the address, or the law's.
OWN_WORD = frozenset({SuppressionReason.UNSUBSCRIBED, SuppressionReason.STOP})

# A reason gives way to a weightier one only: who has complained does not merely become unsubscribed.
SUPPRESS = text("""
    INSERT INTO suppressions (store_id, channel, address_hash, reason, source, message_id, since)
    VALUES (:store, :channel, :hash, :reason, :source, :message, :now)
    ON CONFLICT (store_id, channel, address_hash) DO UPDATE
    SET reason = excluded.reason, source = excluded.source, message_id = excluded.message_id, since = excluded.since
    WHERE array_position(CAST(:weights AS text[]), excluded.reason)
          > array_position(CAST(:weights AS text[]), suppressions.reason)""")

LIFT = text("""
    DELETE FROM suppressions
    WHERE store_id = :store AND channel = :channel AND address_hash = :hash AND reason = ANY(:reasons)
    RETURNING reason""")

FIND = text("""
    SELECT reason, source, message_id, since FROM suppressions
    WHERE store_id = :store AND channel = :channel AND address_hash = :hash""")

WEIGHTS = [
    str(reason)
    for reason in (
        SuppressionReason.UNSUBSCRIBED,
        SuppressionReason.STOP,
        SuppressionReason.BOUNCED,
        SuppressionReason.COMPLAINED,
        SuppressionReason.DO_NOT_CALL,
        SuppressionReason.ERASED,
    )
]


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why an address is not written to, who said so, and since when."""

    reason: SuppressionReason
    source: str
    message_id: UUID | None
    since: datetime


def address_hash(channel: Channel | str, address: str) -> str:
    """How an address is known here: a normalized email, an E.164 number, or a push endpoint."""
    config = cast(Config, current_app.config["DUALCART"])
    return tokens.keyed_hash(config.secret_key, f"suppression-{channel}", address)


def suppress(
    channel: Channel | str,
    address: str,
    reason: SuppressionReason,
    *,
    now: datetime,
    source: str = "provider",
    message_id: UUID | None = None,
) -> None:
    """Write to this address no more, by the channel's own spelling of it."""
    suppress_hash(channel, address_hash(channel, address), reason, now=now, source=source, message_id=message_id)


@unit_of_work
def suppress_hash(
    channel: Channel | str,
    hashed: str,
    reason: SuppressionReason,
    *,
    now: datetime,
    source: str,
    message_id: UUID | None = None,
) -> None:
    """Write to this address no more. What is known of it already stays, unless the new reason weighs more."""
    values = {"channel": str(channel), "hash": hashed, "reason": str(reason), "source": source}
    db.session.execute(
        SUPPRESS, {"store": current_store_id(), **values, "message": message_id, "now": now, "weights": WEIGHTS}
    )


@unit_of_work
def lift(channel: Channel | str, hashed: str, *, reasons: Collection[SuppressionReason] = OWN_WORD) -> bool:
    """The address may be written to again, if it was for one of `reasons` that it was not. Whether that was so."""
    values = {"channel": str(channel), "hash": hashed, "reasons": [str(reason) for reason in reasons]}
    return db.session.execute(LIFT, {"store": current_store_id(), **values}).first() is not None


def find(channel: Channel | str, hashed: str) -> Suppression | None:
    """Why this address is not written to; None if it may be."""
    row = db.session.execute(FIND, {"store": current_store_id(), "channel": str(channel), "hash": hashed}).first()
    return Suppression(SuppressionReason(row.reason), row.source, row.message_id, row.since) if row else None
