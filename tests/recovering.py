"""Recovery in tests, in one line: an episode about a customer's cart, and a message of it with its links."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, select, update

from app.accounts.contacts import record_consent
from app.cart.models import CartRow
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import finish_reading, transaction
from app.ids import CustomerId, new_id
from app.recovery.message_models import LinkRow, MessageRow
from app.recovery.models import CampaignRow, CampaignVersionRow, EpisodeRow
from tests.conftest import NOW

LEFT = NOW - timedelta(hours=2)  # Saturday, 10:00


def make_campaign(trigger: str = "cart_abandoned") -> UUID:
    """A campaign of one version that says nothing."""
    campaign_id, store_id = new_id(), current_store_id()
    with transaction() as session:
        session.execute(
            insert(CampaignRow).values(
                store_id=store_id, id=campaign_id, trigger=trigger, state="active", draft={}, live_version=1,
                created_at=NOW, updated_at=NOW,
            )
        )  # fmt: skip
        session.execute(
            insert(CampaignVersionRow).values(
                store_id=store_id, campaign_id=campaign_id, version=1, content={}, published_at=NOW
            )
        )
    return campaign_id


def make_episode(
    customer_id: CustomerId, *, trigger: str = "cart_abandoned", left: datetime = LEFT, state: str = "open"
) -> UUID:
    """An episode about the customer's open cart as it is."""
    campaign_id, episode_id = make_campaign(trigger), new_id()
    with transaction() as session:
        cart = session.execute(
            select(CartRow).where(CartRow.customer_id == customer_id, CartRow.status == "open")
        ).scalar_one()
        session.execute(
            insert(EpisodeRow).values(
                store_id=current_store_id(), id=episode_id, trigger=trigger, cart_id=cart.id, customer_id=customer_id,
                number=1, activation=cart.activation, cart_version=cart.version, inactive_since=left,
                opened_at=left + timedelta(minutes=30), state=state, closed_at=None if state == "open" else NOW,
                value=1000, currency=cart.currency, units=1, arm="campaign", bucket=0, campaign_id=campaign_id,
                campaign_version=1,
            )
        )  # fmt: skip
    return episode_id


def make_message(
    episode_id: UUID, customer_id: CustomerId, *, channel: str = "email", state: str = "sent", step: int = 1,
    coupon_code: str = "", sent_at: datetime | None = NOW - timedelta(hours=1),
) -> UUID:  # fmt: skip
    """A message of an episode."""
    message_id = new_id()
    waits = state in ("scheduled", "claimed")
    with transaction() as session:
        session.execute(
            insert(MessageRow).values(
                store_id=current_store_id(), id=message_id, episode_id=episode_id, customer_id=customer_id, kind="step",
                step=step, channel=channel, state=state, due_at=LEFT, coupon_code=coupon_code, created_at=LEFT,
                sent_at=None if waits else sent_at, lease_token=new_id() if state == "claimed" else None,
                lease_until=NOW if state == "claimed" else None,
            )
        )  # fmt: skip
    return message_id


def close_episode(episode_id: UUID, state: str, *, order_id: UUID | None = None) -> None:
    """End an episode."""
    with transaction() as session:
        session.execute(
            update(EpisodeRow).where(EpisodeRow.id == episode_id).values(state=state, closed_at=NOW, order_id=order_id)
        )


def message_of(message_id: UUID) -> MessageRow:
    """The message as it is now."""
    row = db.session.execute(select(MessageRow).where(MessageRow.id == message_id)).scalar_one()
    db.session.expunge(row)
    finish_reading()
    return row


def links_of(message_id: UUID) -> dict[str, LinkRow]:
    """What is stored of a message's links, by purpose."""
    rows = list(db.session.execute(select(LinkRow).where(LinkRow.message_id == message_id)).scalars())
    for row in rows:
        db.session.expunge(row)
    finish_reading()
    return {row.purpose: row for row in rows}


def consents(customer_id: CustomerId, channel: str, *, granted: bool = True, now: datetime = NOW) -> None:
    """Have the customer say yes (or no) to reminders."""
    record_consent(
        customer_id, channel=channel, purpose="reminders", granted=granted, wording="Remind me", locale="en",
        source="checkout", now=now,
    )  # fmt: skip


def path_of(address: str) -> str:
    """What of an absolute address a browser at the store asks for."""
    return "/" + address.split("/", 3)[3]
