"""Making episodes and messages for tests of what they say, in one line each, in the store that was entered."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import finish_reading, transaction
from app.ids import CustomerId, new_id
from app.recovery.message_models import MessageRow
from app.recovery.models import EpisodeRow
from app.recovery.rendered import Links, Recipient
from tests.conftest import NOW

LINKS = Links(
    recover="https://shop.example/r/AAAAAAAAAAAAAAAAAAAAAA",
    preferences="https://shop.example/u/BBBBBBBBBBBBBBBBBBBBBB",
    one_click="https://shop.example/u/BBBBBBBBBBBBBBBBBBBBBB/one-click",
)
READER = Recipient(address="shirin@example.com", p256dh="key", auth="auth")


def cart_of(customer_id: CustomerId) -> UUID:
    """The id of the customer's open cart."""
    found = db.session.execute(
        text("SELECT id FROM carts WHERE store_id = :store AND customer_id = :customer AND status = 'open'"),
        {"store": current_store_id(), "customer": customer_id},
    ).scalar_one()
    finish_reading()
    return UUID(str(found))


def make_message(
    customer_id: CustomerId,
    *,
    campaign: tuple[UUID, int] | None = None,
    trigger: str = "cart_abandoned",
    kind: str = "step",
    step: int = 1,
    channel: str = "email",
    arm: str = "",
    state: str = "scheduled",
    subject: dict[str, Any] | None = None,
    left_at: datetime = NOW - timedelta(days=2),
) -> UUID:
    """A message of an episode of the customer's open cart."""
    episode_id, message_id, store_id = new_id(), new_id(), current_store_id()
    cart_id = cart_of(customer_id)
    with transaction() as session:
        number = session.execute(
            text("SELECT count(*) + 1 FROM episodes WHERE store_id = :store AND cart_id = :cart"),
            {"store": store_id, "cart": cart_id},
        ).scalar_one()
        session.execute(
            text("UPDATE episodes SET state = 'expired', closed_at = :now WHERE store_id = :store AND cart_id = :cart"),
            {"store": store_id, "cart": cart_id, "now": NOW},
        )
        session.execute(
            insert(EpisodeRow).values(
                store_id=store_id,
                id=episode_id,
                trigger=trigger,
                cart_id=cart_id,
                customer_id=customer_id,
                number=number,
                activation=number,
                cart_version=1,
                inactive_since=left_at,
                opened_at=NOW,
                value=1000,
                currency="EUR",
                units=1,
                arm="campaign" if campaign else "none",
                bucket=0,
                campaign_id=campaign[0] if campaign else None,
                campaign_version=campaign[1] if campaign else None,
                subject=subject,
            )
        )
        session.execute(
            insert(MessageRow).values(
                store_id=store_id,
                id=message_id,
                episode_id=episode_id,
                customer_id=customer_id,
                kind=kind,
                step=step,
                channel=channel,
                subject_arm=arm,
                state=state,
                due_at=NOW,
                created_at=NOW,
                lease_token=new_id() if state in ("claimed", "sending") else None,
                lease_until=NOW if state in ("claimed", "sending") else None,
            )
        )
    return message_id
