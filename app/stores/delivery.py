"""A store's delivery methods: where each goes, what it costs, how long it takes. Pure values, kept as a setting."""

from typing import Annotated

import msgspec

from app.money import Money

Amounts = dict[str, Annotated[int, msgspec.Meta(ge=0)]]


class DeliveryMethod(msgspec.Struct, frozen=True, kw_only=True):
    """A way of delivering. `title` by locale; `countries` empty means everywhere the store delivers.

    `cost` and `free_from` (goods after discount) are minor units by currency; a currency without a cost is not served.
    `days` are working days, the fewest and the most. A pickup needs no address.
    """

    key: Annotated[str, msgspec.Meta(pattern="^[a-z0-9-]{1,40}$")]
    title: dict[str, str]
    countries: tuple[str, ...] = ()
    cost: Amounts
    free_from: Amounts = {}
    days: tuple[Annotated[int, msgspec.Meta(ge=0)], Annotated[int, msgspec.Meta(ge=0)]] = (2, 4)
    pickup: bool = False

    def serves(self, country: str, currency: str) -> bool:
        """Whether it goes there and is priced in that currency."""
        return currency in self.cost and (not self.countries or country in self.countries)

    def price(self, goods: Money) -> Money:
        """What it costs for goods of this worth, after discount."""
        free_from = self.free_from.get(goods.currency)
        free = free_from is not None and goods.amount >= free_from
        return Money(0 if free else self.cost[goods.currency], goods.currency)


def available(methods: tuple[DeliveryMethod, ...], country: str, currency: str) -> tuple[DeliveryMethod, ...]:
    """The methods that serve a country in a currency, in the store's order."""
    return tuple(method for method in methods if method.serves(country, currency))


def estimate(methods: tuple[DeliveryMethod, ...], country: str, goods: Money) -> tuple[DeliveryMethod, Money] | None:
    """The cheapest delivery to a country, pickup aside: what the cart shows before an address is known."""
    sent = [m for m in available(methods, country, goods.currency) if not m.pickup]
    return min(((m, m.price(goods)) for m in sent), key=lambda pair: pair[1].amount, default=None)
