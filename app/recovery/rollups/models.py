"""Tables of the sums by the hour, of the hours that changed since, and of what was measured against the holdout.

A campaign that there is none of is NOBODY: a column of a primary key has no NULL. `hour` begins at a full hour of the store's zone.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Integer, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base

NOBODY = UUID(int=0)


class RollupState(Base):
    """How far a store is rolled up. Hours before `rolled_until` are in the tables; `shift` is the zone's minutes past the full hour."""

    __tablename__ = "rollup_states"

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    shift: Mapped[int] = mapped_column(SmallInteger())
    rolled_until: Mapped[datetime]
    rolled_at: Mapped[datetime | None]  # when it last had nothing left to do


class RollupTouch(Base):
    """A quarter of an hour of which something has changed: written by triggers, with the change. Deleted with rolling it up."""

    __tablename__ = "rollup_touches"

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    fact: Mapped[str]
    slot: Mapped[datetime]


class HourlyEpisodes(Base):
    """Episodes by when they were opened, and what their carts were worth (minor units)."""

    __tablename__ = "hourly_episodes"

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    trigger: Mapped[str] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    arm: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    episodes: Mapped[int] = mapped_column(Integer())
    value: Mapped[int] = mapped_column(BigInteger())


class HourlyReasons(Base):
    """Abandoned carts by when they were found: why they were left, how far they had come, whether they were recovered."""

    __tablename__ = "hourly_reasons"

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    reached: Mapped[str] = mapped_column(primary_key=True)
    recovered: Mapped[bool] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    carts: Mapped[int] = mapped_column(Integer())
    value: Mapped[int] = mapped_column(BigInteger())


class HourlyEntered(Base):
    """Carts that could be written to, by when they were opened and why they were left."""

    __tablename__ = "hourly_entered"

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    episodes: Mapped[int] = mapped_column(Integer())


class HourlyMessages(Base):
    """Messages by when they left, and what became of them."""

    __tablename__ = "hourly_messages"

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(SmallInteger(), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    subject_arm: Mapped[str] = mapped_column(primary_key=True)
    sent: Mapped[int] = mapped_column(Integer())
    delivered: Mapped[int] = mapped_column(Integer())
    opened: Mapped[int] = mapped_column(Integer())
    clicked: Mapped[int] = mapped_column(Integer())
    bounced: Mapped[int] = mapped_column(Integer())
    complained: Mapped[int] = mapped_column(Integer())
    unsubscribed: Mapped[int] = mapped_column(Integer())
    segments: Mapped[int] = mapped_column(Integer())


class HourlyReasonMessages(Base):
    """Messages by when they left and why their carts were, and what became of them."""

    __tablename__ = "hourly_reason_messages"

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    sent: Mapped[int] = mapped_column(Integer())
    delivered: Mapped[int] = mapped_column(Integer())
    opened: Mapped[int] = mapped_column(Integer())
    clicked: Mapped[int] = mapped_column(Integer())
    bounced: Mapped[int] = mapped_column(Integer())
    complained: Mapped[int] = mapped_column(Integer())
    unsubscribed: Mapped[int] = mapped_column(Integer())


class HourlyCredits(Base):
    """Orders that count by when they were placed, and what they are credited to.

    `message_campaign_id`, `step`, `channel`, `subject_arm` are the message's (NOBODY, 0 and "" for direct orders);
    `campaign_id` is the message's or else the episode's. `straight` are those that ended no abandonment.
    """

    __tablename__ = "hourly_credits"

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    held_out: Mapped[bool] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    message_campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(SmallInteger(), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    subject_arm: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    orders: Mapped[int] = mapped_column(Integer())
    straight: Mapped[int] = mapped_column(Integer())
    amount: Mapped[int] = mapped_column(BigInteger())
    returned: Mapped[int] = mapped_column(BigInteger())


class HourlyReasonCredits(Base):
    """Orders credited to messages by when they were placed and why the carts were left."""

    __tablename__ = "hourly_reason_credits"

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    orders: Mapped[int] = mapped_column(Integer())
    amount: Mapped[int] = mapped_column(BigInteger())
    returned: Mapped[int] = mapped_column(BigInteger())


class HourlyProducts(Base):
    """Orders credited to messages by when they were placed and what was in them; an order counts with each of its products."""

    __tablename__ = "hourly_products"

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    orders: Mapped[int] = mapped_column(Integer())
    amount: Mapped[int] = mapped_column(BigInteger())


class HourlyEndings(Base):
    """Messages that were not sent, by when their episodes were opened, and why."""

    __tablename__ = "hourly_endings"

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    messages: Mapped[int] = mapped_column(Integer())


class MeasuredUplift(Base):
    """What holdout.measure said of the last `days` days, for one campaign or (NOBODY) all together: kept, since it reads every person.

    `found` is the whole of it as a document (recovery/rollups/measured.py).
    """

    __tablename__ = "measured_uplifts"

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    days: Mapped[int] = mapped_column(SmallInteger(), primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    measured_at: Mapped[datetime]
    found: Mapped[dict[str, Any]] = mapped_column(JSONB())
