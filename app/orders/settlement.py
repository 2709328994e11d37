"""What a provider said is applied to its attempt and order: by the shopper's request, a webhook or the sweeper, in any order, once."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text

from app.cart import handover
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import unit_of_work
from app.errors import Refusal
from app.events import outbox
from app.ids import CustomerId, OrderId
from app.inventory import reservations
from app.money import Money
from app.orders import accepting, attempts, listening, repository
from app.orders.attempts import Attempt
from app.orders.domain import AttemptState, Settled, Verdict, advance, settle
from app.orders.errors import OrderNotFound
from app.orders.repository import LockedOrder
from app.orders.values import OrderState
from app.payments.provider import Outcome, ProviderEvent, Status
from app.promotions.service import customer_key, give_back, redeem

log = structlog.get_logger(__name__)

REFUND = "orders.refund"
REFUNDED = "orders.refunded"
FAILED_LATER = "orders.payment_failed_later"
AMOUNT_DIFFERS = "amount_differs"
TRIES = 5

PLACE = text("""
    SELECT o.cart_id, o.state, o.customer_id, o.coupon_code, o.contact, o.subtotal, o.currency, EXISTS (
        SELECT 1 FROM orders x WHERE x.store_id = o.store_id AND x.cart_id = o.cart_id AND x.activation = o.activation
          AND x.id <> o.id AND x.state IN ('pending', 'in_review', 'placed', 'fulfilled')) AS taken
    FROM orders o WHERE o.store_id = :store AND o.id = :order""")


class _MovedMeanwhile(Exception):
    """The order changed between looking at it and locking it: look again."""


def take_in(provider: str, event: ProviderEvent, *, now: datetime) -> None:
    """Take in what a provider told us by itself: each event counts once. What is about nothing of ours is passed over."""
    try:
        if event.kind == "refund":
            _take_in_refund(provider, event, now)
        else:
            _until_still(lambda: _take_in_charge(provider, event, now))
    except OrderNotFound:
        log.warning("event_about_nothing_of_ours", provider=provider, event_id=event.id)


def apply(attempt_id: UUID, outcome: Outcome, *, now: datetime, actor: str) -> None:
    """Apply what is known of an attempt. What is known already, or older than that, changes nothing."""
    _until_still(lambda: _apply(attempt_id, outcome, outcome.amount, now, actor))


def _until_still(change: Callable[[], None]) -> None:
    for _ in range(TRIES):
        try:
            change()
        except _MovedMeanwhile:
            continue
        return
    raise _MovedMeanwhile()


@unit_of_work
def _take_in_charge(provider: str, event: ProviderEvent, now: datetime) -> None:
    if attempts.get(event.subject).provider != provider:
        raise OrderNotFound()
    if attempts.take_in(provider, event, now):
        _apply(event.subject, event.outcome, event.amount or event.outcome.amount, now, f"provider:{provider}")


@unit_of_work
def _take_in_refund(provider: str, event: ProviderEvent, now: datetime) -> None:
    if attempts.get_refund(event.subject).provider != provider:
        raise OrderNotFound()
    if attempts.take_in(provider, event, now):
        apply_refund(event.subject, event.outcome, now=now, actor=f"provider:{provider}")


@unit_of_work
def _apply(attempt_id: UUID, outcome: Outcome, moved: Money | None, now: datetime, actor: str) -> None:
    attempt = attempts.get(attempt_id)
    place = db.session.execute(PLACE, {"store": current_store_id(), "order": attempt.order_id}).one()
    cart = handover.lock_cart(handover.holder_of(place.cart_id), attempt_id, now)
    fits = moved is None or moved == attempt.amount
    may_place = (
        fits and outcome.status is Status.SUCCEEDED and place.state in (OrderState.PENDING, OrderState.ABANDONED)
    )
    customer_id = CustomerId(place.customer_id)
    tell = listening.about_to_accept(customer_id) if may_place else listening.nobody
    in_vain = outcome.status is Status.FAILED or (outcome.status is Status.SUCCEEDED and not fits)
    if in_vain and place.state == OrderState.PENDING and attempt.state.open:
        give_back(attempt.order_id, now)
        reservations.put_back(attempt.order_id, now=now)
    revive = place.state == OrderState.ABANDONED and outcome.status is Status.SUCCEEDED
    can_be_had = not revive or (fits and not place.taken and _hold_again(attempt.order_id, place, now))
    order = repository.lock(attempt.order_id)
    seen, attempt = attempt.state, attempts.get(attempt_id)
    if order.state != place.state or attempt.state is not seen:
        raise _MovedMeanwhile()
    settled = settle(
        attempt.state,
        outcome.status,
        order.state,
        others_open=attempts.others_open(attempt),
        amount_fits=fits and can_be_had,
    )
    if settled.verdict is Verdict.NOTHING:
        return
    reason = outcome.reason if fits else AMOUNT_DIFFERS
    attempts.update(
        attempt_id, settled.attempt, reference=outcome.reference, reason=reason, go_to=outcome.go_to, now=now
    )
    if settled.verdict is Verdict.PLACE:
        accepting.accept(order, cart, tell, paid=attempt.amount.amount, op_id=attempt_id, actor=actor, now=now)
    else:
        _without_order(order, attempt, settled, moved or attempt.amount, reason, now, actor)


def _hold_again(order_id: OrderId, place: Any, now: datetime) -> bool:
    """Whether what an order that was given up had held can be held once more: its code's use, and its units."""
    if place.coupon_code:
        goods, key = Money(place.subtotal, place.currency), customer_key(place.contact["email"])
        try:
            redeem(place.coupon_code, order_id, key, goods, now, customer_id=CustomerId(place.customer_id))
        except Refusal:
            return False
    return not reservations.reserve(order_id, accepting.ordered_units(order_id), check=True, now=now)


def _without_order(
    order: LockedOrder, attempt: Attempt, settled: Settled, moved: Money, reason: str, now: datetime, actor: str
) -> None:
    """No order comes of it: keep waiting, give the order up, or give back what should not have moved."""
    if settled.verdict is Verdict.TRY_AGAIN:
        state = advance(order.state, OrderState.ABANDONED)
        repository.move(
            order, "payment_failed", actor=actor, now=now, state=state, attempt_id=attempt.id, reason=reason
        )
        if attempt.state is AttemptState.UNKNOWN:  # the shopper was told that nobody knows, and may have left
            outbox.record(FAILED_LATER, {"order_id": str(order.id)}, now=now)
    elif settled.verdict is Verdict.GIVE_BACK:
        pending = order.state is OrderState.PENDING
        state = advance(order.state, OrderState.ABANDONED) if pending else order.state
        repository.move(
            order, "payment_surplus", actor=actor, now=now, state=state, attempt_id=attempt.id, reason=reason
        )
        refund_id = attempts.begin_refund(order.id, attempt.id, moved, cause="surplus", actor=actor, now=now)
        outbox.record(REFUND, {"refund_id": str(refund_id)}, now=now)
    elif settled.attempt is AttemptState.UNKNOWN and attempt.state is not AttemptState.UNKNOWN:
        repository.move(order, "payment_unknown", actor=actor, now=now, attempt_id=attempt.id)


@unit_of_work
def apply_refund(refund_id: UUID, outcome: Outcome, *, now: datetime, actor: str) -> None:
    """Apply what is known of a refund; a failure never undoes a success."""
    order = repository.lock(attempts.get_refund(refund_id).order_id)
    refund = attempts.get_refund(refund_id)
    if not refund.state.open or outcome.status is Status.WAITING:
        return
    state = {Status.SUCCEEDED: AttemptState.SUCCEEDED, Status.FAILED: AttemptState.FAILED}.get(
        outcome.status, AttemptState.UNKNOWN
    )
    attempts.update_refund(refund_id, state, reference=outcome.reference, reason=outcome.reason, now=now)
    if state.open:
        return
    kind = "refund_made" if state is AttemptState.SUCCEEDED else "refund_failed"
    counted = refund.amount.amount if state is AttemptState.SUCCEEDED and not refund.surplus else 0
    repository.move(
        order, kind, actor=actor, now=now, refunded=counted, refund_id=refund_id, amount=refund.amount.amount,
        cause=refund.cause,
    )  # fmt: skip
    if counted and order.state is not OrderState.CANCELLED:  # who cancelled was told of the money then
        news = {"order_id": str(order.id), "refund_id": str(refund_id), "refund": counted}
        outbox.record(REFUNDED, news, now=now)
