"""Carrying out what the outbox holds: claimed in small batches under a lease, each handled on its own, retried with back-off.

Leases and back-off use the database's own clock, whatever the application's clock says (docs/locking.md).
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog
from sqlalchemy import text

from app.database.tenancy import across_stores, use_store
from app.database.transaction import transaction
from app.events.failures import PermanentFailure
from app.ids import StoreId

Handler = Callable[[Mapping[str, Any], uuid.UUID], None]

BATCH = 20
LEASE_SECONDS = 90
ATTEMPTS = 8

log = structlog.get_logger(__name__)
_handlers: dict[str, Handler] = {}

CLAIM = text("""
    WITH due AS MATERIALIZED (
        SELECT store_id, id FROM outbox
        WHERE done_at IS NULL AND failed_at IS NULL AND due_at <= greatest(now(), :now)
          AND (lease_until IS NULL OR lease_until < now())
        ORDER BY due_at, id LIMIT :batch FOR UPDATE SKIP LOCKED)
    UPDATE outbox SET lease_token = :token, lease_until = now() + make_interval(secs => :lease), attempts = attempts + 1
    FROM due WHERE outbox.store_id = due.store_id AND outbox.id = due.id
    RETURNING outbox.store_id, outbox.id, outbox.topic, outbox.payload, outbox.attempts""")

# A batch may take longer than a lease when the other side is slow: each row is claimed anew just before its turn.
RENEW = text("""
    UPDATE outbox SET lease_until = now() + make_interval(secs => :lease)
    WHERE id = :id AND lease_token = :token AND lease_until > now() RETURNING 1""")

DONE = text("""
    UPDATE outbox SET done_at = now(), lease_token = NULL, lease_until = NULL, last_error = NULL, payload = '{}'
    WHERE id = :id AND lease_token = :token""")

FAILED = text("""
    UPDATE outbox SET lease_token = NULL, lease_until = NULL, last_error = :error,
        due_at = greatest(now(), :now) + make_interval(secs => least(3600, 5 * power(3, attempts - 1))),
        failed_at = CASE WHEN :for_good OR attempts >= :attempts THEN now() END
    WHERE id = :id AND lease_token = :token""")


def handle(topic: str, handler: Handler) -> None:
    """Let `handler(payload, id)` carry out a topic. It may be called again after a crash: `id` stays the same."""
    _handlers[topic] = handler


@contextmanager
def instead(handlers: Mapping[str, Handler]) -> Iterator[None]:
    """Inside, and in this process, these carry out their topics. For a simulation, whose letters nobody reads."""
    before = dict(_handlers)
    _handlers.update(handlers)
    try:
        yield
    finally:
        _handlers.clear()
        _handlers.update(before)


def drain(now: Callable[[], Any], *, at_most: int = 1_000) -> int:
    """Carry out what is due, in every store; returns how many were done. Any number of processes may drain at once."""
    done = 0
    for _ in range(max(1, at_most // BATCH)):
        claimed, token = _claim(now())
        for store_id, row_id, topic, payload, attempts in claimed:
            with use_store(StoreId(store_id)):
                done += _carry_out(row_id, topic, payload, attempts, token, now())
        if len(claimed) < BATCH:
            break
    return done


def _claim(now: Any) -> tuple[list[Any], uuid.UUID]:
    token = uuid.uuid4()
    with across_stores(), transaction(outermost=True) as session:
        rows = session.execute(CLAIM, {"token": token, "batch": BATCH, "lease": LEASE_SECONDS, "now": now})
        return [tuple(row) for row in rows], token


def _carry_out(row_id: uuid.UUID, topic: str, payload: Any, attempts: int, token: uuid.UUID, now: Any) -> int:
    with transaction(outermost=True) as session:
        mine = session.execute(RENEW, {"id": row_id, "token": token, "lease": LEASE_SECONDS}).first()
    if mine is None:  # another relay has it by now
        return 0
    try:
        _handlers[topic](payload, row_id)
    except PermanentFailure as failure:
        _failed(row_id, topic, attempts, token, now, failure.reason, for_good=True)
        return 0
    except Exception as error:  # whatever the handler or its provider throws: keep the row, try again later
        _failed(row_id, topic, attempts, token, now, type(error).__name__, for_good=False)
        return 0
    with transaction(outermost=True) as session:
        session.execute(DONE, {"id": row_id, "token": token})
    return 1


def _failed(
    row_id: uuid.UUID, topic: str, attempts: int, token: uuid.UUID, now: Any, reason: str, *, for_good: bool
) -> None:
    log.warning("outbox_failed", topic=topic, id=str(row_id), attempts=attempts, reason=reason, for_good=for_good)
    names = {"id": row_id, "token": token, "error": reason, "attempts": ATTEMPTS, "for_good": for_good, "now": now}
    with transaction(outermost=True) as session:
        session.execute(FAILED, names)
