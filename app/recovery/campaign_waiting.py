"""The messages of a campaign that have not left yet: how many they are, and calling them off."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, unit_of_work

BATCH = 500  # so that no transaction holds many messages

_WAITING = text("""
    SELECT m.step, count(*) AS waiting FROM messages m
    JOIN episodes e ON e.store_id = m.store_id AND e.id = m.episode_id
    WHERE m.store_id = :store AND e.campaign_id = :campaign AND m.kind = 'step' AND m.state IN ('scheduled', 'claimed')
    GROUP BY m.step""")

# A message that a worker holds is taken from it: its gate looks for its lease and finds none.
_PUT_OFF = text("""
    WITH taken AS MATERIALIZED (
        SELECT m.id FROM messages m JOIN episodes e ON e.store_id = m.store_id AND e.id = m.episode_id
        WHERE m.store_id = :store AND e.campaign_id = :campaign AND m.kind = 'step' AND m.state IN ('scheduled', 'claimed')
        ORDER BY m.id LIMIT :batch FOR NO KEY UPDATE OF m),
    put_off AS (
        UPDATE messages m SET state = 'cancelled', reason = :reason, ended_at = :now, lease_token = NULL, lease_until = NULL
        FROM taken WHERE m.store_id = :store AND m.id = taken.id AND m.state IN ('scheduled', 'claimed') RETURNING m.id)
    INSERT INTO message_evaluations (store_id, id, message_id, evaluated_at, verdict, reason, inputs)
    SELECT :store, uuidv7(), id, :now, 'end', :reason, jsonb_build_object('campaign', CAST(:campaign AS text)) FROM put_off""")


def count(campaign_id: UUID) -> dict[int, int]:
    """How many messages wait at each step, whatever version they began with."""
    rows = db.session.execute(_WAITING, {"store": current_store_id(), "campaign": campaign_id})
    return {row.step: row.waiting for row in rows}


def cancel(campaign_id: UUID, reason: str, now: datetime) -> int:
    """Call them off, for a reason; how many they were. Not inside a unit of work: each batch is one."""
    done = 0
    while some := _put_off(campaign_id, reason, now):
        done += some
    return done


@unit_of_work
def _put_off(campaign_id: UUID, reason: str, now: datetime) -> int:
    took_lock(Lock.MESSAGE)
    names = {"store": current_store_id(), "campaign": campaign_id, "reason": reason, "now": now, "batch": BATCH}
    result: Any = db.session.execute(_PUT_OFF, names)
    return int(result.rowcount)
