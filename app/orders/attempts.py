"""Payment attempts and refunds in PostgreSQL. Their ids are the provider's idempotency keys: rows first, money after."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import OrderId, new_id
from app.money import Money
from app.orders.domain import AttemptState
from app.orders.errors import OrderNotFound
from app.payments.provider import ProviderEvent

INSERT = text("""
    INSERT INTO payment_attempts (store_id, id, order_id, provider, token, amount, currency, state, started_at, asked_at)
    VALUES (:store, :id, :order, :provider, :token, :amount, :currency, 'started', :now, :now)""")

INSERT_RECEIVED = text("""
    INSERT INTO payment_attempts (store_id, id, order_id, provider, token, amount, currency, state, started_at, asked_at,
        settled_at)
    VALUES (:store, :id, :order, :provider, '', :amount, :currency, 'succeeded', :now, :now, :now)""")

SUCCEEDED = text("""
    SELECT id FROM payment_attempts WHERE store_id = :store AND order_id = :order AND state = 'succeeded'""")

GET = text("""
    SELECT id, order_id, provider, token, amount, currency, state, reference, reason, go_to, started_at
    FROM payment_attempts WHERE store_id = :store AND id = :id""")

LAST = text("""
    SELECT id, order_id, provider, token, amount, currency, state, reference, reason, go_to, started_at
    FROM payment_attempts WHERE store_id = :store AND order_id = :order ORDER BY id DESC LIMIT 1""")

OTHERS_OPEN = text("""
    SELECT EXISTS (SELECT 1 FROM payment_attempts WHERE store_id = :store AND order_id = :order AND id <> :id
                   AND state IN ('started', 'unknown', 'succeeded'))""")

UPDATE = text("""
    UPDATE payment_attempts SET state = :state, reason = :reason,
        go_to = CASE WHEN :final THEN '' WHEN :go_to = '' THEN go_to ELSE :go_to END,
        reference = CASE WHEN :reference = '' THEN reference ELSE :reference END,
        settled_at = CASE WHEN :final THEN CAST(:now AS timestamptz) ELSE settled_at END
    WHERE store_id = :store AND id = :id""")

# Claimed by the time of the last question: several sweepers at once each take their own.
CLAIM = text("""
    UPDATE payment_attempts SET asked_at = :now WHERE store_id = :store AND id IN (
        SELECT id FROM payment_attempts WHERE store_id = :store AND state IN ('started', 'unknown') AND asked_at <= :before
        ORDER BY asked_at LIMIT :batch FOR UPDATE SKIP LOCKED)
    RETURNING id""")

INSERT_REFUND = text("""
    INSERT INTO refunds (store_id, id, order_id, attempt_id, amount, currency, cause, actor, state, started_at, asked_at)
    VALUES (:store, :id, :order, :attempt, :amount, :currency, :cause, :actor, 'started', :now, :now)""")

GET_REFUND = text("""
    SELECT r.id, r.order_id, r.attempt_id, r.amount, r.currency, r.cause, r.state, a.provider, a.reference, a.state AS paid_by
    FROM refunds r JOIN payment_attempts a ON a.store_id = r.store_id AND a.id = r.attempt_id
    WHERE r.store_id = :store AND r.id = :id""")

PROMISED = text("""
    SELECT coalesce(sum(r.amount), 0) FROM refunds r
    JOIN payment_attempts a ON a.store_id = r.store_id AND a.id = r.attempt_id AND a.state = 'succeeded'
    WHERE r.store_id = :store AND r.order_id = :order AND r.state <> 'failed'""")

UPDATE_REFUND = text("""
    UPDATE refunds SET state = :state, reference = :reference, reason = :reason, asked_at = :now,
        settled_at = CASE WHEN :final THEN CAST(:now AS timestamptz) ELSE settled_at END
    WHERE store_id = :store AND id = :id""")

CLAIM_REFUNDS = text("""
    UPDATE refunds SET asked_at = :now WHERE store_id = :store AND id IN (
        SELECT id FROM refunds WHERE store_id = :store AND state IN ('started', 'unknown') AND asked_at <= :before
        ORDER BY asked_at LIMIT :batch FOR UPDATE SKIP LOCKED)
    RETURNING id""")

TAKE_IN = text("""
    INSERT INTO provider_events (store_id, provider, id, subject, kind, status, occurred_at, received_at)
    VALUES (:store, :provider, :id, :subject, :kind, :status, :occurred_at, :now) ON CONFLICT DO NOTHING RETURNING 1""")

BATCH = 20


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to collect the money of an order."""

    id: UUID
    order_id: OrderId
    provider: str
    token: str
    amount: Money
    state: AttemptState
    reference: str
    reason: str
    go_to: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class PendingRefund:
    """Money to be given back. `surplus`: it was never the order's."""

    id: UUID
    order_id: OrderId
    attempt_id: UUID
    amount: Money
    cause: str
    state: AttemptState
    provider: str
    reference: str
    surplus: bool


def begin(order_id: OrderId, provider: str, token: str, amount: Money, now: datetime) -> UUID:
    """A new attempt; the database refuses a second one that is open or has succeeded."""
    attempt_id = new_id()
    names = {"provider": provider, "token": token, "amount": amount.amount, "currency": amount.currency, "now": now}
    db.session.execute(INSERT, {"store": current_store_id(), "id": attempt_id, "order": order_id, **names})
    return attempt_id


def record_received(order_id: OrderId, provider: str, amount: Money, now: datetime) -> None:
    """Money that came another way: on delivery, by bank transfer."""
    names = {"provider": provider, "amount": amount.amount, "currency": amount.currency, "now": now}
    db.session.execute(INSERT_RECEIVED, {"store": current_store_id(), "id": new_id(), "order": order_id, **names})


def find_succeeded(order_id: OrderId) -> UUID | None:
    """The attempt by which an order was paid. The order must be locked."""
    names = {"store": current_store_id(), "order": order_id}
    found: UUID | None = db.session.execute(SUCCEEDED, names).scalar_one_or_none()
    return found


def get(attempt_id: UUID) -> Attempt:
    """The attempt. Raises OrderNotFound."""
    return _attempt(db.session.execute(GET, {"store": current_store_id(), "id": attempt_id}).first())


def find_last(order_id: OrderId) -> Attempt | None:
    """The newest attempt of an order."""
    row = db.session.execute(LAST, {"store": current_store_id(), "order": order_id}).first()
    return _attempt(row) if row else None


def others_open(attempt: Attempt) -> bool:
    """Whether another attempt of the same order is open or has succeeded. The order must be locked."""
    names = {"store": current_store_id(), "order": attempt.order_id, "id": attempt.id}
    return bool(db.session.execute(OTHERS_OPEN, names).scalar_one())


def update(attempt_id: UUID, state: AttemptState, *, reference: str, reason: str, go_to: str, now: datetime) -> None:
    """What is known of an attempt now. Its order must be locked."""
    names = {"state": state, "reference": reference, "reason": reason, "go_to": go_to, "final": not state.open}
    db.session.execute(UPDATE, {"store": current_store_id(), "id": attempt_id, "now": now, **names})


def claim_unsettled(now: datetime, older_than: timedelta) -> list[UUID]:
    """Open attempts nobody has asked about for that long; they count as asked from now on."""
    names = {"store": current_store_id(), "now": now, "before": now - older_than, "batch": BATCH}
    return list(db.session.execute(CLAIM, names).scalars())


def begin_refund(
    order_id: OrderId, attempt_id: UUID, amount: Money, *, cause: str, actor: str, now: datetime,
    refund_id: UUID | None = None,
) -> UUID:  # fmt: skip
    """A refund to be carried out once this transaction has committed."""
    refund_id = refund_id or new_id()
    names = {"amount": amount.amount, "currency": amount.currency, "cause": cause, "actor": actor, "now": now}
    wanted = {"store": current_store_id(), "id": refund_id, "order": order_id, "attempt": attempt_id, **names}
    db.session.execute(INSERT_REFUND, wanted)
    return refund_id


def get_refund(refund_id: UUID) -> PendingRefund:
    """The refund. Raises OrderNotFound."""
    row = db.session.execute(GET_REFUND, {"store": current_store_id(), "id": refund_id}).first()
    if row is None:
        raise OrderNotFound()
    return PendingRefund(
        row.id, OrderId(row.order_id), row.attempt_id, Money(row.amount, row.currency), row.cause,
        AttemptState(row.state), row.provider, row.reference, row.paid_by == AttemptState.SURPLUS,
    )  # fmt: skip


def has_refund(refund_id: UUID) -> bool:
    """Whether this refund was begun before. Its order must be locked."""
    return db.session.execute(GET_REFUND, {"store": current_store_id(), "id": refund_id}).first() is not None


def promised_back(order_id: OrderId) -> int:
    """How much of what was paid for an order has been given back or is about to be. The order must be locked."""
    return int(db.session.execute(PROMISED, {"store": current_store_id(), "order": order_id}).scalar_one())


def update_refund(refund_id: UUID, state: AttemptState, *, reference: str, reason: str, now: datetime) -> None:
    """What is known of a refund now. Its order must be locked."""
    names = {"state": state, "reference": reference, "reason": reason, "final": not state.open, "now": now}
    db.session.execute(UPDATE_REFUND, {"store": current_store_id(), "id": refund_id, **names})


def claim_unsettled_refunds(now: datetime, older_than: timedelta) -> list[UUID]:
    """Open refunds nobody has asked about for that long."""
    names = {"store": current_store_id(), "now": now, "before": now - older_than, "batch": BATCH}
    return list(db.session.execute(CLAIM_REFUNDS, names).scalars())


def take_in(provider: str, event: ProviderEvent, now: datetime) -> bool:
    """Whether a provider's event is new; it counts as taken in from now on, if this transaction commits."""
    names = {"provider": provider, "id": event.id, "subject": event.subject, "kind": event.kind}
    times = {"status": event.outcome.status, "occurred_at": event.occurred_at, "now": now}
    return db.session.execute(TAKE_IN, {"store": current_store_id(), **names, **times}).first() is not None


def _attempt(row: object) -> Attempt:
    if row is None:
        raise OrderNotFound()
    found = dict(row._mapping)  # type: ignore[attr-defined]
    amount = Money(found.pop("amount"), found.pop("currency"))
    return Attempt(**{**found, "amount": amount, "state": AttemptState(found["state"])})
