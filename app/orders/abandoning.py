"""Giving up a pending order: what was held for it goes back, and the shopper may order anew."""

from datetime import datetime

from app.database.transaction import unit_of_work
from app.ids import OrderId
from app.inventory import reservations
from app.orders import attempts, repository
from app.orders.domain import advance
from app.orders.repository import LockedOrder
from app.orders.values import OrderState


class PaidMeanwhile(Exception):
    """Somebody was faster: what was put back is rolled back."""


@unit_of_work
def abandon(order_id: OrderId, actor: str, now: datetime) -> None:
    """The time for paying is over. Raises PaidMeanwhile when it was paid after all, or may still be."""
    reservations.put_back(order_id)
    order = repository.lock(order_id)
    last = attempts.find_last(order_id)
    if order.state is not OrderState.PENDING or (last and last.state.open):
        raise PaidMeanwhile()
    give_up(order, actor=actor, now=now)


def give_up(order: LockedOrder, *, actor: str, now: datetime) -> None:
    """Write down that a locked order will not be paid. Its units must be back on the shelf: stock is locked before orders."""
    repository.move(order, "order_abandoned", actor=actor, now=now, state=advance(order.state, OrderState.ABANDONED))
