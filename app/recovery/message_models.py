"""Tables of messages: what is to be sent, what was decided about it, what became of it, and who must not be written to."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base

_MESSAGE = (["store_id", "message_id"], ["messages.store_id", "messages.id"])
_CUSTOMER = (["store_id", "customer_id"], ["customers.store_id", "customers.id"])
STATES = (
    "'scheduled', 'claimed', 'sending', 'sent', 'delivered', 'opened', 'clicked', 'bounced', 'complained', 'failed', "
    "'cancelled', 'uncertain'"
)


class MessageRow(Base):
    """One message to one customer for one step of one episode: the truth of what is to be sent (docs/locking.md).

    Its id is the provider's idempotency key. `reason` is the code of the last decision about it or of how it ended;
    `shown` what it said (subject, items, total, offer), without anything that names the person.
    """

    __tablename__ = "messages"
    __table_args__ = (
        # Its episode's store and customer exist; looking for them once more took longer than all else about a message.
        ForeignKeyConstraint(["store_id", "episode_id"], ["episodes.store_id", "episodes.id"]),
        UniqueConstraint("store_id", "episode_id", "kind", "step", "channel"),
        Index("ix_messages_due", "due_at", "id", postgresql_where=text("state = 'scheduled'")),
        Index("ix_messages_leases", "lease_until", "id", postgresql_where=text("state IN ('claimed', 'sending')")),
        Index("ix_messages_store_id_customer_id_sent_at", "store_id", "customer_id", "sent_at"),
        Index("ix_messages_store_id_sent_at", "store_id", "sent_at"),
        Index(
            "ix_messages_store_id_ended_at_lost",
            "store_id",
            "ended_at",
            postgresql_where=text("state IN ('failed', 'uncertain')"),
        ),
        Index(
            "ix_messages_store_id_provider_id",
            "store_id",
            "provider",
            "provider_id",
            postgresql_where=text("provider_id IS NOT NULL"),
        ),
        CheckConstraint("channel IN ('email', 'sms', 'push')", name="channel"),
        CheckConstraint("kind IN ('step', 'saved_notice', 'manual')", name="kind"),
        CheckConstraint(f"state IN ({STATES})", name="state"),
        CheckConstraint("(state IN ('claimed', 'sending')) = (lease_token IS NOT NULL)", name="lease"),
        CheckConstraint("state NOT IN ('cancelled', 'failed', 'uncertain') OR reason <> ''", name="reason"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    episode_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    kind: Mapped[str]
    step: Mapped[int] = mapped_column(SmallInteger())  # 0 for what is no step
    channel: Mapped[str]
    subject_arm: Mapped[str] = mapped_column(server_default="")  # a or b, where the subject is tested
    state: Mapped[str] = mapped_column(server_default="scheduled")
    reason: Mapped[str] = mapped_column(server_default="")
    due_at: Mapped[datetime]
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(SmallInteger(), server_default=text("0"))  # of handing it to the provider
    provider: Mapped[str] = mapped_column(server_default="")
    provider_id: Mapped[str | None]
    coupon_code: Mapped[str] = mapped_column(server_default="")
    address_hash: Mapped[str] = mapped_column(server_default="")  # keyed, of where it went
    segments: Mapped[int] = mapped_column(SmallInteger(), server_default=text("1"))  # of an SMS
    shown: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    clicked_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class EvaluationRow(Base):
    """A decision about a message, with what it was decided by: append-only."""

    __tablename__ = "message_evaluations"
    __table_args__ = (
        ForeignKeyConstraint(*_MESSAGE),
        Index("ix_message_evaluations_store_id_message_id", "store_id", "message_id", "id"),
        CheckConstraint("verdict IN ('send', 'defer', 'end')", name="verdict"),
        CheckConstraint("(verdict = 'defer') = (until IS NOT NULL)", name="until"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID]
    evaluated_at: Mapped[datetime]
    verdict: Mapped[str]
    reason: Mapped[str]
    until: Mapped[datetime | None]
    inputs: Mapped[dict[str, Any]]


class MessageEventRow(Base):
    """Something that happened to a message after it left, each once: `dedupe` names it. Append-only."""

    __tablename__ = "message_events"
    __table_args__ = (
        ForeignKeyConstraint(*_MESSAGE),
        UniqueConstraint("store_id", "dedupe"),
        Index("ix_message_events_store_id_message_id", "store_id", "message_id", "id"),
        Index(
            "ix_message_events_store_id_unsubscribed",
            "store_id",
            "message_id",
            postgresql_where=text("kind = 'unsubscribed'"),
        ),
        CheckConstraint("agent IN ('human', 'scanner', 'prefetch', 'proxy', 'provider')", name="agent"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID]
    kind: Mapped[str]  # delivered, deferred, opened, clicked, bounced, complained, failed, unsubscribed, replied
    agent: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    evidence: Mapped[dict[str, Any]]
    dedupe: Mapped[str]


class LinkRow(Base):
    """A link in a message. Only its hash is here; the token follows from message, purpose and the key named by `key_id`."""

    __tablename__ = "message_links"
    __table_args__ = (
        ForeignKeyConstraint(*_MESSAGE),
        UniqueConstraint("store_id", "message_id", "purpose"),
        CheckConstraint("purpose IN ('recover', 'preferences')", name="purpose"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[UUID]
    purpose: Mapped[str]
    key_id: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]  # the first POST that brought the cart back
    generation: Mapped[int] = mapped_column(SmallInteger(), server_default=text("0"))  # counts links sent anew


class SuppressionRow(Base):
    """An address that must not be written to on a channel, known by its keyed hash alone."""

    __tablename__ = "suppressions"
    __table_args__ = (
        Index("ix_suppressions_store_id_since", "store_id", "since", "address_hash", "channel"),
        CheckConstraint("channel IN ('email', 'sms', 'push')", name="channel"),
        CheckConstraint(
            "reason IN ('unsubscribed', 'bounced', 'complained', 'stop', 'do_not_call', 'erased')", name="reason"
        ),
    )

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    address_hash: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    source: Mapped[str]  # one-click, page, provider, sms, import, staff
    message_id: Mapped[UUID | None]
    since: Mapped[datetime]


class PushSubscriptionRow(Base):
    """A browser that may be pushed to (W3C Push API, RFC 8291)."""

    __tablename__ = "push_subscriptions"
    __table_args__ = (
        ForeignKeyConstraint(*_CUSTOMER),
        UniqueConstraint("store_id", "endpoint_hash"),
        Index("ix_push_subscriptions_store_id_customer_id", "store_id", "customer_id"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    endpoint: Mapped[str]
    endpoint_hash: Mapped[str]
    p256dh: Mapped[str]
    auth: Mapped[str]
    created_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]


class ProviderEventRow(Base):
    """Something a channel's provider told us, taken in once (`dedupe` by what its signature covers)."""

    __tablename__ = "channel_events"
    __table_args__ = (Index("ix_channel_events_store_id_received_at", "store_id", "received_at"),)

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    dedupe: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]


class MessageMonth(Base):
    """How many messages passed the gate in a month (UTC): counted from when the store first has a limit in it."""

    __tablename__ = "message_months"

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    sent: Mapped[int]
