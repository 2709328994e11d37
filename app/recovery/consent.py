"""What people said about being written to: questions to the log of consents, which only grows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from app.accounts.contacts import REMINDERS
from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import CustomerId
from app.recovery import people
from app.recovery.values import Channel

_NEWEST = """
    SELECT DISTINCT ON (channel) channel, id, granted, wording, locale, source, said_at FROM consents
    WHERE store_id = :store AND customer_id = ANY({customers}) AND purpose = :purpose
    ORDER BY channel, said_at DESC, id DESC"""

NEWEST = text(_NEWEST.format(customers=":customers"))
NEWEST_OF_PERSON = text(people.closure("id = :customer", _NEWEST.format(customers=f"ARRAY({people.IDS})")))


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
    return _read(NEWEST, {"customers": list(customer_ids), "purpose": purpose})


def words_of_person(customer_id: CustomerId, purpose: str = REMINDERS) -> dict[Channel, Consent]:
    """The same for whoever this customer is, in one statement."""
    return _read(NEWEST_OF_PERSON, {"customer": customer_id, "purpose": purpose})


def _read(statement: TextClause, names: dict[str, Any]) -> dict[Channel, Consent]:
    rows = db.session.execute(statement, {"store": current_store_id(), **names})
    return {
        Channel(row.channel): Consent(row.id, row.granted, row.wording, row.locale, row.source, row.said_at)
        for row in rows
    }
