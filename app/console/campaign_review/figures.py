"""What a campaign was, and how many messages it would come to: read from the store's own last days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.recovery.content import Content

DAYS = 14

VERSIONS = text("""
    SELECT version, published_at, published_by FROM campaign_versions
    WHERE store_id = :store AND campaign_id = :campaign ORDER BY version DESC""")

BEGUN = text("""
    SELECT count(*) FROM episodes WHERE store_id = :store AND trigger = :trigger AND opened_at >= :since""")


@dataclass(frozen=True, slots=True)
class Published:
    """A version, and who published it when."""

    number: int
    at: datetime
    by: str


def list_versions(campaign_id: UUID) -> list[Published]:
    """The newest first."""
    rows = db.session.execute(VERSIONS, {"store": current_store_id(), "campaign": campaign_id})
    return [Published(*row) for row in rows]


def messages_a_day(content: Content, holdout_percent: int, now: datetime) -> int:
    """At most so many, if as many carts are left as in the last DAYS, and nothing speaks against any message."""
    names = {"store": current_store_id(), "trigger": content.trigger.value, "since": now - timedelta(days=DAYS)}
    begun = int(db.session.execute(BEGUN, names).scalar_one())
    held = holdout_percent if content.holdout_percent is None else content.holdout_percent
    return round(begun / DAYS * (100 - held) / 100 * len(content.steps))
