"""Messages of which nobody knows whether they left: shown with what to do about them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from app.console.episode_words import channel_word
from app.console.jobs.providers import provider_name
from app.console.jobs.words import failure_word
from app.database.base import db
from app.database.tenancy import current_store_id

SHOWN = 20
LATELY = timedelta(days=28)

LIST = text("""
    SELECT m.id, m.channel, m.provider, m.reason, m.ended_at, e.cart_id
    FROM messages m JOIN episodes e ON e.store_id = m.store_id AND e.id = m.episode_id
    WHERE m.store_id = :store AND m.state = 'uncertain' AND m.ended_at >= :since
    ORDER BY m.ended_at DESC LIMIT :limit""")


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A message that may have left. `id` is what the provider's own log knows it by."""

    id: UUID
    channel: str
    provider: str
    reason: str
    ended_at: datetime
    cart_id: UUID


def list_uncertain(now: datetime) -> list[Uncertain]:
    """The newest first, of the last four weeks."""
    names = {"store": current_store_id(), "since": now - LATELY, "limit": SHOWN}
    return [
        Uncertain(
            row.id,
            channel_word(row.channel),
            provider_name(row.provider),
            failure_word(row.reason),
            row.ended_at,
            row.cart_id,
        )
        for row in db.session.execute(LIST, names)
    ]
