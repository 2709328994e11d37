"""What fell between: payments nobody has heard the end of, refunds not carried out. Every minute."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import finish_reading, transaction
from app.orders import attempts, settlement
from app.payments.provider import Outcome, Provider, Refund, Status

UNHEARD_FOR = timedelta(seconds=30)  # three times as long as a provider may take to answer
ACTOR = "sweeper"

EXPIRES = text("SELECT expires_at FROM orders WHERE store_id = :store AND id = :order")

log = structlog.get_logger(__name__)


def sweep(providers: Mapping[str, Provider], now: datetime) -> int:
    """Bring the current store's unfinished payments and refunds forward; returns how many were looked at."""
    with transaction():
        unheard = attempts.claim_unsettled(now, UNHEARD_FOR)
    with transaction():
        refunds = attempts.claim_unsettled_refunds(now, UNHEARD_FOR)
    for attempt_id in unheard:
        _carefully(partial(ask_again, attempt_id, providers, now))
    for refund_id in refunds:
        _carefully(partial(carry_out_refund, refund_id, providers, now))
    return len(unheard) + len(refunds)


def ask_again(attempt_id: UUID, providers: Mapping[str, Provider], now: datetime) -> None:
    """Ask the provider what became of an attempt; once its reservation has run out, see to it that it is not collected."""
    attempt = attempts.get(attempt_id)
    names = {"store": current_store_id(), "order": attempt.order_id}
    expires_at: datetime = db.session.execute(EXPIRES, names).scalar_one()
    finish_reading()
    provider = providers.get(attempt.provider)
    if provider is None:
        log.warning("provider_gone", provider=attempt.provider, attempt=str(attempt_id))
        return
    ask = provider.cancel if now >= expires_at else provider.ask
    settlement.apply(attempt_id, ask(attempt_id, attempt.reference, now=now), now=now, actor=ACTOR)


def carry_out_refund(refund_id: UUID, providers: Mapping[str, Provider], now: datetime) -> Status:
    """Have the provider give back; the same refund however often it is asked for."""
    refund = attempts.get_refund(refund_id)
    finish_reading()
    if not refund.state.open:
        return Status.SUCCEEDED
    provider = providers.get(refund.provider)
    if provider is None:
        log.warning("provider_gone", provider=refund.provider, refund=str(refund_id))
        return Status.UNKNOWN
    if not provider.collects:
        outcome = Outcome(Status.SUCCEEDED)
    else:
        outcome = provider.refund(
            Refund(current_store_id(), refund_id, refund.attempt_id, refund.reference, refund.amount), now=now
        )
    settlement.apply_refund(refund_id, outcome, now=now, actor=ACTOR)
    return outcome.status


def _carefully(step: Callable[[], Any]) -> None:
    """One that fails must not keep the others waiting; it is tried again at the next sweep."""
    try:
        step()
    except Exception:
        log.exception("sweep_failed")
