"""Reading a cart for a page: the state, and what the catalogue says about its lines now."""

from dataclasses import dataclass

from app.cart import guest_repository, repository
from app.cart.events import Event
from app.cart.policy import Facts
from app.cart.service import Shopper
from app.cart.state import Cart
from app.catalog.facts_query import get_facts


@dataclass(frozen=True, slots=True)
class CartNow:
    """A cart beside the catalogue. `last` is what was done last, for undo and announcements."""

    cart: Cart
    last: Event | None
    facts: Facts


NOTHING = CartNow(Cart(), None, {})


def get_cart(shopper: Shopper, *, days: int) -> CartNow:
    """The shopper's cart as it is, an empty one if there is none. Raises GuestCartsUnavailable."""
    if shopper.customer_id is not None:
        stored = repository.find_open(shopper.customer_id)
        return CartNow(stored.cart, stored.last, stored.facts) if stored else NOTHING
    if shopper.guest_cart_id is None:
        return NOTHING
    guest = guest_repository.load(shopper.guest_cart_id, days)
    return CartNow(guest.cart, guest.last, get_facts(guest.cart.variant_ids(), guest.cart.currency))
