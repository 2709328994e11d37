"""Taking in what channels' providers tell: each thing once, in any order, in the store it is about."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, select, text
from sqlalchemy.dialects.postgresql import insert

from app.channels.told import Told
from app.database.base import db
from app.database.tenancy import current_store_id, use_store
from app.database.transaction import Lock, took_lock, unit_of_work
from app.ids import StoreId
from app.recovery import message_events, suppression
from app.recovery.message_models import MessageRow, ProviderEventRow
from app.recovery.values import Agent, SuppressionReason

AT_ONCE = 100
KEPT = timedelta(days=3)  # providers repeat for a day, and what they signed is believed for as long (decision 58)
FORGOTTEN_AT_ONCE = 5_000

FORGET = text("""
    DELETE FROM channel_events WHERE store_id = :store AND (provider, dedupe) IN (
        SELECT provider, dedupe FROM channel_events WHERE store_id = :store AND received_at < :before
        ORDER BY received_at LIMIT :at_once)""")


def take_in(told: Iterable[Told], now: datetime) -> int:
    """Record what is new, in as many transactions as needed; how many were. What is about no message changes nothing."""
    by_store: dict[UUID, list[Told]] = defaultdict(list)
    for one in told:
        by_store[one.store_id].append(one)
    new = 0
    for store_id, events in by_store.items():
        with use_store(StoreId(store_id)):
            for begin in range(0, len(events), AT_ONCE):
                new += _take_in(events[begin : begin + AT_ONCE], now)
    return new


def forget(now: datetime) -> int:
    """Drop what this store was told more than 3 days ago, in as many transactions as needed; how much that was."""
    forgotten = 0
    while some := _forget_some(now - KEPT):
        forgotten += some
    return forgotten


@unit_of_work
def _forget_some(before: datetime) -> int:
    took_lock(Lock.IDEMPOTENCY)
    names = {"store": current_store_id(), "before": before, "at_once": FORGOTTEN_AT_ONCE}
    return cast(CursorResult[Any], db.session.execute(FORGET, names)).rowcount


@unit_of_work
def _take_in(told: Sequence[Told], now: datetime) -> int:
    messages = _messages({one.message_id for one in told})
    about = [one for one in told if one.message_id in messages]
    unknown = first_time([(one.provider, one.dedupe) for one in about], now)
    new = {(one.provider, one.dedupe): one for one in about if (one.provider, one.dedupe) in unknown}
    # In one order of messages, so that two that tell of the same ones take turns.
    for one in sorted(new.values(), key=lambda one: (one.message_id, one.occurred_at)):
        _record(one, messages[one.message_id], now)
    return len(new)


def _record(one: Told, message: Any, now: datetime) -> None:
    message_events.record_event(
        one.message_id,
        one.kind,
        Agent(one.agent),
        occurred_at=min(one.occurred_at, now),
        dedupe=f"{one.provider}:{one.dedupe}",
        evidence=one.evidence,
        now=now,
    )
    if one.suppress and message.address_hash:
        suppression.suppress_hash(
            message.channel,
            message.address_hash,
            SuppressionReason(one.suppress),
            source="provider",
            message_id=one.message_id,
            now=now,
        )


def first_time(keys: Sequence[tuple[str, str]], now: datetime) -> set[tuple[str, str]]:
    """Which of these (provider, dedupe) nobody has told before; from now on they have been told."""
    if not keys:
        return set()
    took_lock(Lock.IDEMPOTENCY)
    rows = [
        {"store_id": current_store_id(), "provider": provider, "dedupe": dedupe, "received_at": now}
        for provider, dedupe in sorted(set(keys))
    ]
    statement = insert(ProviderEventRow).on_conflict_do_nothing()
    told = statement.returning(ProviderEventRow.provider, ProviderEventRow.dedupe)
    return {(row.provider, row.dedupe) for row in db.session.execute(told.values(rows))}


def _messages(ids: set[UUID]) -> dict[UUID, Any]:
    columns = select(MessageRow.id, MessageRow.channel, MessageRow.address_hash)
    rows = db.session.execute(columns.where(MessageRow.store_id == current_store_id(), MessageRow.id.in_(ids)))
    return {row.id: row for row in rows}
