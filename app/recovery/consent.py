"""What people said about being written to: questions to the log of consents, which only grows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from app.accounts.contacts import REMINDERS
from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import CustomerId
from app.recovery.values import Channel

NEWEST = text("""
    SELECT DISTINCT ON (channel) channel, id, granted, wording, locale, source, said_at FROM consents
    WHERE store_id = :store AND customer_id = ANY(:customers) AND purpose = :purpose
    ORDER BY channel, said_at DESC, id DESC""")


@dataclass(frozen=True, slots=True)
class Consent:
    """Somebody's word, with the evidence of it. Not `granted` means that they said no."""

    id: UUID
    granted: bool
    wording: str
    locale: str
    source: str
    said_at: datetime


def granted(customer_ids: Collection[CustomerId], channel: Channel | str, purpose: str = REMINDERS) -> Consent | None:
    """The newest word of a person (all their ids) about a channel, yes or no; None if they never said anything."""
    return words(customer_ids, purpose).get(Channel(channel))


def words(customer_ids: Collection[CustomerId], purpose: str = REMINDERS) -> dict[Channel, Consent]:
    """The newest word of a person about every channel that they said anything about."""
    names = {"store": current_store_id(), "customers": list(customer_ids), "purpose": purpose}
    rows = db.session.execute(NEWEST, names)
    return {
        Channel(row.channel): Consent(row.id, row.granted, row.wording, row.locale, row.source, row.said_at)
        for row in rows
    }
