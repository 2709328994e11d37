"""What becomes of a placed order: released from review, paid on delivery, handed over, refunded, cancelled."""

from datetime import datetime
from uuid import UUID

from app.database.transaction import unit_of_work
from app.events import outbox
from app.ids import OrderId
from app.inventory import reservations
from app.money import Money
from app.orders import attempts, repository, settlement
from app.orders.domain import advance
from app.orders.errors import NothingToRefund, OrderMovedOn
from app.orders.repository import LockedOrder
from app.orders.values import OrderState
from app.promotions.service import give_back

CANCELLED = "orders.cancelled"
RELEASED = "orders.released"


@unit_of_work
def release(order_id: OrderId, *, actor: str, now: datetime) -> None:
    """Somebody has looked at an order that was held, and it is fine. Raises OrderMovedOn."""
    order = repository.lock(order_id)
    if order.state is not OrderState.IN_REVIEW:
        raise OrderMovedOn()
    repository.move(order, "order_released", actor=actor, now=now, state=advance(order.state, OrderState.PLACED))
    outbox.record(RELEASED, {"order_id": str(order_id)}, now=now)


@unit_of_work
def receive_payment(order_id: OrderId, *, actor: str, now: datetime) -> None:
    """The money for an order to be paid on delivery or by invoice has come, all of it. Raises OrderMovedOn."""
    order = repository.lock(order_id)
    if order.paid or order.state not in (OrderState.PLACED, OrderState.FULFILLED):
        raise OrderMovedOn()
    attempts.record_received(order_id, order.provider, Money(order.total, order.currency), now)
    repository.move(order, "payment_received", actor=actor, now=now, paid=order.total)


@unit_of_work
def fulfil(order_id: OrderId, *, actor: str, now: datetime) -> None:
    """The goods have left: to the courier, or with the customer. Raises OrderMovedOn."""
    reservations.hand_out(order_id)
    order = repository.lock(order_id)
    repository.move(order, "order_fulfilled", actor=actor, now=now, state=advance(order.state, OrderState.FULFILLED))


@unit_of_work
def cancel(order_id: OrderId, *, actor: str, cause: str, now: datetime, only_in: OrderState | None = None) -> None:
    """Call an order off: the units go back on the shelf, what was paid goes back to the customer. Raises OrderMovedOn, with
    `only_in` also for an order that is in any other state.
    """
    give_back(order_id, now)
    reservations.put_back(order_id, now=now)
    order = repository.lock(order_id)
    if only_in is not None and order.state is not only_in:
        raise OrderMovedOn()
    state = advance(order.state, OrderState.CANCELLED)
    repository.move(order, "order_cancelled", actor=actor, now=now, state=state, cause=cause)
    left = order.paid - attempts.promised_back(order_id)
    if left > 0:
        _give_back(order, left, cause=cause, actor=actor, now=now)
    outbox.record(CANCELLED, {"order_id": str(order_id), "refund": left}, now=now)


@unit_of_work
def refund(
    order_id: OrderId, amount: Money, *, actor: str, cause: str, now: datetime, op_id: UUID | None = None
) -> None:
    """Give part of what was paid back, or all; once for one `op_id`. Raises NothingToRefund for more than is left."""
    order = repository.lock(order_id)
    if op_id is not None and attempts.has_refund(op_id):
        return
    left = order.paid - attempts.promised_back(order_id)
    if amount.currency != order.currency or not 0 < amount.amount <= left:
        raise NothingToRefund(left=Money(left, order.currency))
    _give_back(order, amount.amount, cause=cause, actor=actor, now=now, refund_id=op_id)


def _give_back(
    order: LockedOrder, amount: int, *, cause: str, actor: str, now: datetime, refund_id: UUID | None = None
) -> None:
    attempt_id = attempts.find_succeeded(order.id)
    if attempt_id is None:
        raise NothingToRefund(left=Money(0, order.currency))
    money = Money(amount, order.currency)
    refund_id = attempts.begin_refund(
        order.id, attempt_id, money, cause=cause, actor=actor, now=now, refund_id=refund_id
    )
    outbox.record(settlement.REFUND, {"refund_id": str(refund_id)}, now=now)
