"""What ends episodes at once, inside the transactions of orders and carts (wired in subscriptions.py)."""

from datetime import datetime
from functools import partial
from uuid import UUID

from app.ids import CartId, CustomerId, OrderId
from app.orders.listening import Tell
from app.recovery import adoption, episodes, people
from app.recovery.values import EpisodeState, Trigger


def order_may_come(customer_id: CustomerId) -> Tell:
    """Lock every open episode that an order of this customer recovers: the person's, whichever of their carts and guises
    it is about, and those whose things came into their cart by a link that somebody passed on."""
    others = adoption.adopted_by(customer_id)
    return partial(_ordered, episodes.lock_of_person(people.ids_of(customer_id), others))


def cart_emptied(cart_id: CartId, now: datetime) -> None:
    """There is nothing left to remind of."""
    episodes.close(episodes.lock_of_cart(cart_id, [Trigger.CART_ABANDONED]), EpisodeState.EMPTIED, now=now)


def cart_merged(cart_id: CartId, now: datetime) -> None:
    """What was left in the contact's cart is in the account's now; if it is left there, that is another episode."""
    episodes.close(episodes.lock_of_cart(cart_id), EpisodeState.MERGED, now=now)


def _ordered(locked: list[UUID], order_id: OrderId, now: datetime) -> None:
    episodes.close(locked, EpisodeState.RECOVERED, now=now, order_id=order_id)
