"""Tables of episodes and campaigns."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base

OPEN = text("state = 'open'")
# The console's lists of abandoned carts: each has an index of its own, or one with few would be looked for among all.
LISTS = {
    "open": "state = 'open'",
    "recovered": "state = 'recovered'",
    "salvaged": "state = 'salvaged'",
    "ended": "state <> ALL ('{open,recovered,salvaged}')",
}


class CampaignRow(Base):
    """A recovery sequence. `draft` is the document being edited (recovery/content.py); `live_version` the one in force."""

    __tablename__ = "campaigns"
    __table_args__ = (
        CheckConstraint(
            "trigger IN ('cart_abandoned', 'next_purchase', 'price_dropped', 'back_in_stock')", name="trigger"
        ),
        CheckConstraint("state IN ('draft', 'active', 'paused', 'archived')", name="state"),
        CheckConstraint("state IN ('draft', 'archived') OR live_version IS NOT NULL", name="live_version"),
    )

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    trigger: Mapped[str]
    state: Mapped[str]
    priority: Mapped[int] = mapped_column(SmallInteger(), server_default=text("100"))  # the lowest number goes first
    draft: Mapped[dict[str, Any]]
    draft_version: Mapped[int] = mapped_column(server_default=text("1"))  # for conflicts between editors
    live_version: Mapped[int | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    updated_by: Mapped[str] = mapped_column(server_default="")


class CampaignVersionRow(Base):
    """A campaign as it was published: an episode finishes on the version it began with. Never changed."""

    __tablename__ = "campaign_versions"
    __table_args__ = (ForeignKeyConstraint(["store_id", "campaign_id"], ["campaigns.store_id", "campaigns.id"]),)

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]]
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(server_default="")


class RecoveryStart(Base):
    """Since when a store looks for abandoned carts: what was left before is never written about."""

    __tablename__ = "recovery_starts"

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    started_at: Mapped[datetime]


class EpisodeRow(Base):
    """From the moment a cart counts as abandoned (or another trigger fired) until it ends: the row that is locked.

    `value` is minor units of what the active lines were worth; `inactive_since` the last activity before it; `bucket`
    (0 to 9999) the stable hash that decided the arm; `reason` why it was left, with its evidence ("" not looked at yet).
    """

    __tablename__ = "episodes"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "customer_id"], ["customers.store_id", "customers.id"]),
        ForeignKeyConstraint(["store_id", "cart_id"], ["carts.store_id", "carts.id"]),
        ForeignKeyConstraint(
            ["store_id", "campaign_id", "campaign_version"],
            ["campaign_versions.store_id", "campaign_versions.campaign_id", "campaign_versions.version"],
        ),
        UniqueConstraint("store_id", "cart_id", "number"),
        UniqueConstraint("store_id", "cart_id", "trigger", "activation", "inactive_since"),
        Index(
            "uq_episodes_store_id_cart_id_trigger_open",
            "store_id",
            "cart_id",
            "trigger",
            unique=True,
            postgresql_where=OPEN,
        ),
        Index("ix_episodes_store_id_customer_id", "store_id", "customer_id"),
        Index("ix_episodes_store_id_inactive_since_open", "store_id", "inactive_since", postgresql_where=OPEN),
        Index("ix_episodes_store_id_opened_at", "store_id", "opened_at"),
        *(
            Index(
                f"ix_episodes_store_id_opened_at_{name}",
                "store_id",
                "opened_at",
                "id",
                postgresql_where=text(f"trigger = 'cart_abandoned' AND {which}"),
            )
            for name, which in LISTS.items()
        ),
        Index("ix_episodes_store_id_campaign_id_opened_at", "store_id", "campaign_id", "opened_at"),
        Index("ix_episodes_store_id_order_id", "store_id", "order_id", postgresql_where=text("order_id IS NOT NULL")),
        Index("ix_episodes_store_id_unexplained", "store_id", "id", postgresql_where=text("reason = ''")),
        CheckConstraint(
            "trigger IN ('cart_abandoned', 'next_purchase', 'price_dropped', 'back_in_stock')", name="trigger"
        ),
        CheckConstraint(
            "state IN ('open', 'recovered', 'emptied', 'salvaged', 'expired', 'merged', 'erased')", name="state"
        ),
        CheckConstraint("arm IN ('campaign', 'holdout', 'none')", name="arm"),
        CheckConstraint("(arm = 'none') = (campaign_id IS NULL)", name="campaign"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed"),
        CheckConstraint("bucket BETWEEN 0 AND 9999", name="bucket"),
        CheckConstraint("reached IN ('', 'cart', 'checkout', 'payment')", name="reached"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    trigger: Mapped[str]
    cart_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    number: Mapped[int]
    activation: Mapped[int]
    cart_version: Mapped[int] = mapped_column(BigInteger())
    inactive_since: Mapped[datetime]
    opened_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default="open")
    closed_at: Mapped[datetime | None]
    value: Mapped[int] = mapped_column(BigInteger())
    currency: Mapped[str]
    units: Mapped[int]
    arm: Mapped[str]
    bucket: Mapped[int] = mapped_column(SmallInteger())
    campaign_id: Mapped[UUID | None]
    campaign_version: Mapped[int | None]
    reason: Mapped[str] = mapped_column(server_default="")
    reached: Mapped[str] = mapped_column(server_default="")  # how far the shopper had come: cart, checkout, payment
    evidence: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    likelihood: Mapped[float | None]  # of being recovered unaided, 0 to 1
    subject: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))  # other triggers: what it is about
    order_id: Mapped[UUID | None]


class AttributionRow(Base):
    """To what an order is credited. Amounts in minor units: what the order came to, and what went back since."""

    __tablename__ = "attributions"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "order_id"], ["orders.store_id", "orders.id"]),
        ForeignKeyConstraint(["store_id", "episode_id"], ["episodes.store_id", "episodes.id"]),
        ForeignKeyConstraint(["store_id", "message_id"], ["messages.store_id", "messages.id"]),
        CheckConstraint("kind IN ('last_click', 'assisted', 'direct')", name="kind"),
        CheckConstraint("(kind = 'direct') = (message_id IS NULL)", name="message"),
        Index("ix_attributions_store_id_ordered_at", "store_id", "ordered_at"),
        Index("ix_attributions_store_id_message_id", "store_id", "message_id"),
        Index("ix_attributions_store_id_episode_id", "store_id", "episode_id"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    episode_id: Mapped[UUID | None]
    message_id: Mapped[UUID | None]
    kind: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger())
    returned: Mapped[int] = mapped_column(BigInteger(), server_default=text("0"))
    currency: Mapped[str]
    ordered_at: Mapped[datetime]
