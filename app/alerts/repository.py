"""Writing and claiming the alerts of the current store."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, Update, bindparam, delete, func, select, text, update

from app.alerts.models import StockAlert
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock
from app.ids import CustomerId, VariantId, new_id

WAITING = StockAlert.state == "waiting"

# A customer's wish takes over a guest's with the same address: from then on it is theirs to take back.
ADD = text("""
    INSERT INTO stock_alerts (store_id, id, variant_id, customer_id, email, address_hash, locale, wording, source,
                              asked_at, state)
    VALUES (:store, :id, :variant, :customer, :email, :address_hash, :locale, :wording, :source, :now, 'waiting')
    ON CONFLICT (store_id, variant_id, address_hash) WHERE state = 'waiting' DO UPDATE
    SET customer_id = excluded.customer_id, email = NULL, locale = excluded.locale, wording = excluded.wording,
        source = excluded.source, asked_at = excluded.asked_at
    WHERE stock_alerts.customer_id IS NULL AND excluded.customer_id IS NOT NULL""")

CLAIM = text("""
    SELECT a.id, coalesce(c.email, a.email) AS email, coalesce(c.locale, a.locale) AS locale
    FROM stock_alerts a
    LEFT JOIN customers c ON c.store_id = a.store_id AND c.id = a.customer_id
    WHERE a.store_id = :store AND a.variant_id = :variant AND a.state = 'waiting' AND a.asked_at > :since
    ORDER BY a.asked_at, a.id LIMIT :at_most FOR NO KEY UPDATE OF a SKIP LOCKED""")


@dataclass(frozen=True, slots=True)
class Claimed:
    """An alert that is to be answered in this transaction, with the address and language of its reader."""

    id: UUID
    email: str
    locale: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was said by whom: the words shown, their language, the page they stood on, the moment."""

    wording: str
    locale: str
    source: str
    asked_at: datetime


def add(
    variant_id: VariantId, *, customer_id: CustomerId | None, email: str | None, address_hash: str, evidence: Evidence
) -> None:
    """Have this address written to when the variant is back; nothing happens if it is waiting already."""
    values = {"variant": variant_id, "customer": customer_id, "email": email, "address_hash": address_hash}
    said = {"locale": evidence.locale, "wording": evidence.wording, "source": evidence.source, "now": evidence.asked_at}
    db.session.execute(ADD, {"store": current_store_id(), "id": new_id(), **values, **said})


def claim(variant_id: VariantId, *, since: datetime, at_most: int) -> list[Claimed]:
    """The alerts that have waited longest, asked for after `since`, locked; those that another worker holds are left out."""
    took_lock(Lock.MESSAGE)
    values = {"store": current_store_id(), "variant": variant_id, "since": since, "at_most": at_most}
    return [Claimed(row.id, row.email, row.locale) for row in db.session.execute(CLAIM, values)]


def mark_sent(hashes: Mapping[UUID, str], *, return_id: UUID, now: datetime) -> None:
    """These alerts (by id, with the hash of the token in the letter) are answered, and their addresses forgotten."""
    rows = [{"alert": alert_id, "hash": token_hash} for alert_id, token_hash in hashes.items()]
    sent = _ended("sent", now, StockAlert.id == bindparam("alert"))
    db.session.connection().execute(sent.values(return_id=return_id, token_hash=bindparam("hash")), rows)


def count_answered(variant_id: VariantId, return_id: UUID) -> int:
    """How many letters this return of the variant has caused so far."""
    return _count(StockAlert.variant_id == variant_id, StockAlert.return_id == return_id)


def take_back(variant_id: VariantId, customer_id: CustomerId, now: datetime) -> None:
    """The customer does not want to hear of this variant after all."""
    took_lock(Lock.MESSAGE)
    mine = (StockAlert.variant_id == variant_id, StockAlert.customer_id == customer_id, WAITING)
    db.session.execute(_ended("stopped", now, *mine))


def address_of(token_hash: str) -> str | None:
    """The hash of the address that the letter with this token went to."""
    of_letter = (StockAlert.store_id == current_store_id(), StockAlert.token_hash == token_hash)
    return db.session.execute(select(StockAlert.address_hash).where(*of_letter)).scalar()


def count_waiting(address_hash: str) -> int:
    """For how many things this address still waits."""
    return _count(StockAlert.address_hash == address_hash, WAITING)


def stop(address_hash: str, now: datetime) -> None:
    """Nothing more to this address because of what was asked so far."""
    took_lock(Lock.MESSAGE)
    db.session.execute(_ended("stopped", now, StockAlert.address_hash == address_hash, WAITING))


def expire(*, before: datetime, now: datetime) -> int:
    """End what was asked for before that moment and still waits, and delete what ended before it. How many were ended."""
    took_lock(Lock.MESSAGE)
    ended = cast(
        "CursorResult[Any]", db.session.execute(_ended("expired", now, StockAlert.asked_at <= before, WAITING))
    )
    old = (StockAlert.store_id == current_store_id(), ~WAITING, StockAlert.ended_at <= before)
    db.session.execute(delete(StockAlert).where(*old))
    return ended.rowcount


def _ended(state: str, now: datetime, *which: ColumnElement[bool]) -> Update:
    of_store = StockAlert.store_id == current_store_id()
    return update(StockAlert).where(of_store, *which).values(state=state, ended_at=now, email=None)


def _count(*which: ColumnElement[bool]) -> int:
    counted = select(func.count()).select_from(StockAlert).where(StockAlert.store_id == current_store_id(), *which)
    return db.session.execute(counted).scalar_one()
