"""What was heard of a message after it left: each thing once, and its state only ever forward, in whatever order it comes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.database.statements import fetch, hot
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, unit_of_work
from app.ids import new_id
from app.recovery import news
from app.recovery.values import Agent

LOCK = hot("SELECT state FROM messages WHERE store_id = :store AND id = :message FOR NO KEY UPDATE")

ADD = hot("""
    INSERT INTO message_events (store_id, id, message_id, kind, agent, occurred_at, recorded_at, evidence, dedupe)
    VALUES (:store, :id, :message, :kind, :agent, :occurred_at, :now, CAST(:evidence AS jsonb), :dedupe)
    ON CONFLICT (store_id, dedupe) DO NOTHING RETURNING id""")

# The state that follows from all that was heard. A message that is still on its way keeps its state until its worker,
# or the next one, has said that it left; then this is asked again. Opened by a scanner or in advance is not opened.
ADVANCE = hot("""
    WITH heard AS (
        SELECT min(occurred_at) AS first_at,
               min(occurred_at) FILTER (WHERE kind = 'delivered') AS delivered_at,
               min(occurred_at) FILTER (WHERE kind = 'opened' AND agent IN ('human', 'proxy')) AS opened_at,
               min(occurred_at) FILTER (WHERE kind = 'clicked' AND agent = 'human') AS clicked_at,
               min(occurred_at) FILTER (WHERE kind = 'failed') AS failed_at,
               coalesce(bool_or(kind = 'bounced'), false) AS bounced,
               coalesce(bool_or(kind = 'complained'), false) AS complained
        FROM message_events WHERE store_id = :store AND message_id = :message),
    so_far AS (
        SELECT heard.*, CASE WHEN complained THEN 'complained' WHEN bounced THEN 'bounced'
                             WHEN clicked_at IS NOT NULL THEN 'clicked' WHEN opened_at IS NOT NULL THEN 'opened'
                             WHEN delivered_at IS NOT NULL THEN 'delivered' WHEN failed_at IS NOT NULL THEN 'failed' END AS state
        FROM heard)
    UPDATE messages m
    SET state = so_far.state, delivered_at = so_far.delivered_at, opened_at = so_far.opened_at,
        clicked_at = so_far.clicked_at, sent_at = coalesce(m.sent_at, so_far.first_at),
        reason = CASE so_far.state WHEN 'failed' THEN 'provider_failed' ELSE m.reason END,
        ended_at = CASE so_far.state WHEN 'failed' THEN coalesce(m.ended_at, so_far.failed_at) END
    FROM so_far
    WHERE m.store_id = :store AND m.id = :message AND so_far.state IS NOT NULL
      AND m.state NOT IN ('scheduled', 'claimed', 'sending', 'cancelled')
    RETURNING m.state""")


@unit_of_work
def record_event(
    message_id: UUID,
    kind: str,
    agent: Agent,
    *,
    occurred_at: datetime,
    dedupe: str,
    evidence: Mapping[str, Any],
    now: datetime,
) -> bool:
    """Keep something that happened to a message of the current store; False if it is known already, or the message is not.

    `kind` as in MessageEventRow; `dedupe` names the thing itself, so that it counts once however often it is told.
    """
    took_lock(Lock.MESSAGE)
    names = {"store": current_store_id(), "message": message_id}
    if not fetch(LOCK, names):
        return False
    said = {"kind": kind, "agent": str(agent), "occurred_at": occurred_at, "dedupe": dedupe, "now": now}
    evidence_text = msgspec.json.encode(evidence).decode()
    if not fetch(ADD, {**names, **said, "id": new_id(), "evidence": evidence_text}):
        return False
    fetch(ADVANCE, names)
    news.heard(message_id, kind, occurred_at)
    return True


def catch_up(message_id: UUID) -> None:
    """Bring a message that has just left to where what was heard of it meanwhile puts it."""
    fetch(ADVANCE, {"store": current_store_id(), "message": message_id})
