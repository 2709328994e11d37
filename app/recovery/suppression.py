"""Addresses that must not be written to, known by their keyed hash alone."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import unit_of_work
from app.recovery.message_models import SuppressionRow
from app.tokens import keyed_hash


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why and since when."""

    reason: str
    since: datetime


def address_hash(channel: str, address: str) -> str:
    """How an address is known here."""
    return keyed_hash(current_app.config["SECRET_KEY"], f"address:{channel}", f"{current_store_id()}\0{address}")


@unit_of_work
def suppress(
    channel: str, address_hash: str, reason: str, *, source: str, message_id: UUID | None, now: datetime
) -> None:
    """From now on nothing is sent there. The first reason stays."""
    db.session.execute(
        insert(SuppressionRow)
        .values(
            store_id=current_store_id(),
            channel=channel,
            address_hash=address_hash,
            reason=reason,
            source=source,
            message_id=message_id,
            since=now,
        )
        .on_conflict_do_nothing()
    )


@unit_of_work
def lift(channel: str, address_hash: str, *, source: str, now: datetime) -> None:
    """It may be written to again."""
    db.session.execute(
        delete(SuppressionRow).where(
            SuppressionRow.store_id == current_store_id(),
            SuppressionRow.channel == channel,
            SuppressionRow.address_hash == address_hash,
        )
    )


def find(channel: str, address_hash: str) -> Suppression | None:
    """Whether it is suppressed, and why."""
    row = db.session.execute(
        select(SuppressionRow.reason, SuppressionRow.since).where(
            SuppressionRow.store_id == current_store_id(),
            SuppressionRow.channel == channel,
            SuppressionRow.address_hash == address_hash,
        )
    ).first()
    return Suppression(row.reason, row.since) if row else None
