"""Reading a cart for a page: the state, and what the catalogue says about its lines now."""

from dataclasses import dataclass

from app.cart import guest_repository, repository
from app.cart.events import Event
from app.cart.guest_facts import get_facts_and_coupon
from app.cart.policy import Facts
from app.cart.service import Shopper
from app.cart.state import Cart
from app.promotions.domain import Coupon


@dataclass(frozen=True, slots=True)
class CartNow:
    """A cart beside the catalogue and its coupon. `last` is what was done last, for undo and announcements."""

    cart: Cart
    last: Event | None
    facts: Facts
    coupon: Coupon | None = None


NOTHING = CartNow(Cart(), None, {})


def get_cart(shopper: Shopper, *, days: int) -> CartNow:
    """The shopper's cart as it is, an empty one if there is none. Raises GuestCartsUnavailable."""
    if shopper.customer_id is not None:
        stored = repository.find_open(shopper.customer_id)
        return CartNow(stored.cart, stored.last, stored.facts, stored.coupon) if stored else NOTHING
    if shopper.guest_cart_id is None:
        return NOTHING
    guest = guest_repository.load(shopper.guest_cart_id, days)
    facts, coupon = get_facts_and_coupon(guest.cart.variant_ids(), guest.cart.currency, guest.cart.coupon)
    return CartNow(guest.cart, guest.last, facts, coupon)
