"""Tables of webhooks: who wants to hear of what, by which secrets it is signed, and what became of each delivery."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base

_ENDPOINT = (["store_id", "endpoint_id"], ["webhook_endpoints.store_id", "webhook_endpoints.id"])


class EndpointRow(Base):
    """Where events go. `personal`: with the customer's name and address. `changed` counts changes, for compare-and-set."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        CheckConstraint("state IN ('on', 'off')", name="state"),
        CheckConstraint("off_reason IN ('', 'staff', 'failing', 'gone')", name="off_reason"),
        CheckConstraint("(state = 'off') = (off_reason <> '')", name="off"),
    )

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    url: Mapped[str]
    types: Mapped[list[str]]
    personal: Mapped[bool] = mapped_column(server_default=text("false"))
    state: Mapped[str] = mapped_column(server_default="on")
    off_reason: Mapped[str] = mapped_column(server_default="")
    failing_since: Mapped[datetime | None]
    changed: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    removed_at: Mapped[datetime | None]


class SecretRow(Base):
    """A signing secret, sealed (app/sealing.py). While an old one is valid, deliveries carry both signatures."""

    __tablename__ = "webhook_secrets"
    __table_args__ = (
        ForeignKeyConstraint(*_ENDPOINT),
        Index("ix_webhook_secrets_store_id_endpoint_id", "store_id", "endpoint_id"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[UUID]
    sealed: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class DeliveryRow(Base):
    """An event on its way to an endpoint. `number` is the order in which events of one `subject` (a cart) are told;
    `answer` the beginning of what the other side said last, `error` why that did not count.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        ForeignKeyConstraint(*_ENDPOINT),
        UniqueConstraint("store_id", "endpoint_id", "event_id"),
        CheckConstraint("state IN ('waiting', 'delivered', 'given_up')", name="state"),
        CheckConstraint("(lease_token IS NULL) = (lease_until IS NULL)", name="lease"),
        Index("ix_webhook_deliveries_due", "due_at", "number", postgresql_where=text("state = 'waiting'")),
        Index(
            "ix_webhook_deliveries_store_id_endpoint_id_subject_waiting",
            "store_id",
            "endpoint_id",
            "subject",
            "number",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_webhook_deliveries_store_id_endpoint_id_number", "store_id", "endpoint_id", "number"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[UUID]
    event_id: Mapped[UUID]
    type: Mapped[str]
    subject: Mapped[UUID]
    number: Mapped[int] = mapped_column(BigInteger(), Identity(always=True))
    occurred_at: Mapped[datetime]
    data: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(server_default="waiting")
    due_at: Mapped[datetime]
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    tried_at: Mapped[datetime | None]
    took_ms: Mapped[int | None]
    status: Mapped[int | None]
    error: Mapped[str] = mapped_column(server_default="")
    answer: Mapped[str] = mapped_column(server_default="")
    ended_at: Mapped[datetime | None]
