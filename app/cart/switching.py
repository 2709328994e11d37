"""Buying in another currency: lines get the store's price in it; what is not sold in it waits in next purchase. Pure."""

from dataclasses import replace

from app.cart.errors import QuantityLimitReached
from app.cart.events import CurrencySwitched, Event, PriceChange
from app.cart.moving import plan
from app.cart.policy import Facts
from app.cart.state import LARGEST_QUANTITY, Cart, Line, Pane
from app.money import Money


def switch(cart: Cart, currency: str, facts: Facts) -> tuple[Event, ...]:
    """The switch to `currency`, in which `facts` are; () when the cart is in it. Raises QuantityLimitReached.

    The shopper asked for the prices, so they need no nod. A parked line keeps the price it had.
    """
    if currency == cart.currency:
        return ()
    changes, parked = [], []
    for line in cart.lines:
        price = _price(line, currency, facts)
        if price is not None:
            changes.append(PriceChange(line.id, line.snapshot.unit_price, price))
        elif line.pane is Pane.ACTIVE:
            _check_room(cart, line)
            parked.append((line, line.id))
    return (CurrencySwitched(cart.currency, currency, tuple(changes), plan(cart, parked)),)


def _price(line: Line, currency: str, facts: Facts) -> Money | None:
    variant = facts.get(line.variant_id)
    return variant.unit_price if variant is not None and variant.unit_price.currency == currency else None


def _check_room(cart: Cart, line: Line) -> None:
    """A line may hold what its column can; nothing may be lost for want of room."""
    twin = cart.twin(replace(line, pane=Pane.NEXT_PURCHASE).key)
    if twin is not None and line.quantity + twin.quantity > LARGEST_QUANTITY:
        raise QuantityLimitReached(maximum=LARGEST_QUANTITY)
