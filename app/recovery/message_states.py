"""A message's row on its way to the provider: claimed under a lease, put back, ended. Every step compares and sets by lease.

Leases use the database's clock; everything else the later of it and of `now`, a clock that was moved ahead on purpose. In
production there is none: workers whose clocks differ agree all the same.
"""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text

from app.database.statements import fetch, hot
from app.database.tenancy import across_stores, current_store_id
from app.database.transaction import transaction
from app.ids import CustomerId, StoreId
from app.recovery import news
from app.recovery.parts import Claimed, Written
from app.recovery.values import Channel, MessageKind
from app.webhooks.publishing import insertion

LEASE_SECONDS = 90  # three times what a sender may take, and more
ATTEMPTS = 8
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 30, 3_600

# Two lists, as each has its own index: what is due, and what a worker has left behind.
CLAIM = text("""
    WITH due AS MATERIALIZED (
        SELECT store_id, id FROM messages
        WHERE state = 'scheduled' AND due_at <= greatest(now(), CAST(:now AS timestamptz)) AND channel = ANY(:channels)
          AND store_id <> ALL(CAST(:paused AS uuid[]))
        ORDER BY due_at, id LIMIT :batch FOR NO KEY UPDATE SKIP LOCKED),
    left_behind AS MATERIALIZED (
        SELECT store_id, id FROM messages
        WHERE state IN ('claimed', 'sending') AND lease_until < now() AND channel = ANY(:channels)
          AND store_id <> ALL(CAST(:paused AS uuid[]))
        ORDER BY lease_until, id LIMIT :batch FOR NO KEY UPDATE SKIP LOCKED),
    mine AS (SELECT * FROM due UNION ALL SELECT * FROM left_behind)
    UPDATE messages m
    SET state = CASE m.state WHEN 'scheduled' THEN 'claimed' ELSE m.state END,
        lease_token = :token, lease_until = now() + make_interval(secs => :lease)
    FROM mine WHERE m.store_id = mine.store_id AND m.id = mine.id
    RETURNING m.store_id, m.id, m.episode_id, m.customer_id, m.kind, m.step, m.channel, m.state, m.due_at""")

_MINE = "store_id = :store AND id = :id AND lease_token = :token"

# Whoever knows that it was taken is believed, even if the lease ran out meanwhile.
SENT = hot(f"""
    WITH sent AS (
    UPDATE messages m
    SET state = 'sent', lease_token = NULL, lease_until = NULL, ended_at = NULL, sent_at = greatest(now(), CAST(:now AS timestamptz)),
        provider = :provider,
        provider_id = :reference, shown = CAST(:shown AS jsonb), segments = :segments
    WHERE store_id = :store AND id = :id AND (lease_token = :token OR state = 'uncertain')
    RETURNING m.id, m.episode_id, m.customer_id, m.channel, m.kind, m.step, m.sent_at,
        EXISTS (SELECT FROM message_events e WHERE e.store_id = m.store_id AND e.message_id = m.id) AS heard_of),
    news AS ({news.SENT}),
    told AS ({insertion("news")})
    SELECT heard_of FROM sent""")  # noqa: S608  constants of this file and its neighbours

PUT_BACK = hot(f"""
    UPDATE messages
    SET state = CASE WHEN :counts AND attempts >= :at_most THEN 'failed' ELSE 'scheduled' END, reason = :reason,
        lease_token = NULL, lease_until = NULL, ended_at = CASE WHEN :counts AND attempts >= :at_most
        THEN greatest(now(), CAST(:now AS timestamptz)) END,
        due_at = coalesce(greatest(now(), CAST(:now AS timestamptz)) + make_interval(secs => greatest(CAST(:seconds AS float),
            CASE WHEN :counts THEN least(:longest, :first * power(3, greatest(attempts, 1) - 1)) END)), due_at)
    WHERE {_MINE} RETURNING state""")  # noqa: S608  constants of this file

END = hot(f"""
    UPDATE messages SET state = :state, reason = :reason, lease_token = NULL, lease_until = NULL, ended_at = greatest(now(), CAST(:now AS timestamptz))
    WHERE {_MINE} RETURNING state""")  # noqa: S608  constants of this file

# What may have left already must not look as if it had not: it keeps its lease for as long as it waits.
HOLD = hot(f"""
    UPDATE messages SET lease_until = now() + make_interval(secs => CAST(:seconds AS float)) WHERE {_MINE} RETURNING state""")  # noqa: S608

# Handing the same message over once more is safe at a provider that honours its key: the lease says when.
REPEAT = hot(f"""
    UPDATE messages SET reason = :reason, lease_until = now() + make_interval(secs =>
        least(:longest, :first * power(3, greatest(attempts, 1) - 1)))
    WHERE {_MINE} AND attempts < :at_most RETURNING state""")  # noqa: S608  constants of this file


def claim(
    now: datetime | None, channels: Collection[Channel], batch: int, paused: Collection[StoreId] = ()
) -> list[Claimed]:
    """What is due on these channels in all stores but `paused`, the oldest first, for this worker; others skip it while
    the lease lasts.
    """
    token = uuid.uuid4()
    names = {"token": token, "now": now, "channels": [str(channel) for channel in channels], "paused": list(paused)}
    with across_stores(), transaction(outermost=True) as session:
        rows = session.execute(CLAIM, {**names, "batch": batch, "lease": LEASE_SECONDS}).all()
    return [_claimed(row, token) for row in sorted(rows, key=lambda row: (row.due_at, row.id))]


def mark_sent(message: Claimed, written: Written, provider: str, reference: str, now: datetime | None) -> bool | None:
    """The provider has it. None: the row is somebody else's by now; else whether anything was heard of it already."""
    shown = msgspec.json.encode(written.shown).decode()
    said = {"provider": provider, "reference": reference, "shown": shown, "segments": written.segments}
    rows = fetch(SENT, {**_mine(message), **said, "now": now})
    return rows[0].heard_of if rows else None


def try_later(message: Claimed, reason: str, now: datetime | None, *, seconds: int | None = None) -> str:
    """It was certainly not taken: again with growing pauses, at least `seconds`; failed for good after so many attempts."""
    return _state(PUT_BACK, message, reason, now, seconds=seconds, counts=True, **_PAUSES)


def put_back(message: Claimed, reason: str, now: datetime | None, *, seconds: float) -> str:
    """It never came to handing it over: due again in `seconds`; no attempt is counted."""
    if message.again:
        return _state(HOLD, message, reason, now, seconds=seconds)
    return _state(PUT_BACK, message, reason, now, seconds=seconds, counts=False, **_PAUSES)


def end(message: Claimed, state: str, reason: str, now: datetime | None) -> str:
    """It is over: failed, cancelled or uncertain, and why."""
    return _state(END, message, reason, now, state=state)


def repeat_or_give_up(message: Claimed, reason: str, now: datetime | None, *, honours_keys: bool) -> str:
    """Nobody knows whether it was taken: hand the same over again later where that is safe, else it stays uncertain."""
    if honours_keys and _state(REPEAT, message, reason, now, **_PAUSES):
        return "sending"
    return end(message, "uncertain", reason, now)


_PAUSES = {"first": FIRST_WAIT_SECONDS, "longest": LONGEST_WAIT_SECONDS, "at_most": ATTEMPTS}


def _state(statement: str, message: Claimed, reason: str, now: datetime | None, **names: Any) -> str:
    rows = fetch(statement, {**_mine(message), "reason": reason, "now": now, **names})
    return rows[0].state if rows else ""


def _mine(message: Claimed) -> dict[str, Any]:
    return {"store": current_store_id(), "id": message.id, "token": message.token}


def _claimed(row: Any, token: uuid.UUID) -> Claimed:
    return Claimed(
        store_id=StoreId(row.store_id),
        id=row.id,
        token=token,
        episode_id=row.episode_id,
        customer_id=CustomerId(row.customer_id),
        kind=MessageKind(row.kind),
        step=row.step,
        channel=Channel(row.channel),
        again=row.state == "sending",
    )
