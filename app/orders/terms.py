"""The store's terms for an order: rules of the cart, taxes, delivery, how long units are held. Pure but for where they come from."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.cart.policy import Policy
from app.cart.settings import policy_of
from app.orders.errors import DeliveryNotOffered
from app.stores.delivery import DeliveryMethod, available
from app.stores.directory import StoreView
from app.stores.taxes import Taxes


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every order of a store at this moment."""

    policy: Policy
    taxes: Taxes
    country: str
    countries: tuple[str, ...]
    methods: tuple[DeliveryMethod, ...]
    held_for: timedelta
    guest_checkout: bool
    zone: ZoneInfo

    def offered(self, country: str, currency: str) -> tuple[DeliveryMethod, ...]:
        """The delivery methods that can be chosen."""
        return available(self.methods, country, currency)

    def method(self, key: str, country: str, currency: str) -> DeliveryMethod:
        """The chosen delivery method. Raises DeliveryNotOffered."""
        found = next((method for method in self.offered(country, currency) if method.key == key), None)
        if found is None:
            raise DeliveryNotOffered()
        return found

    def today(self, now: datetime) -> date:
        """The day it is where the store is."""
        return now.astimezone(self.zone).date()


def terms_of(store: StoreView) -> Terms:
    """The terms in a store's settings."""
    settings = store.settings
    return Terms(
        policy=policy_of(settings),
        taxes=settings.taxes,
        country=settings.country,
        countries=settings.delivery_countries,
        methods=settings.delivery_methods,
        held_for=timedelta(minutes=settings.reservation_minutes),
        guest_checkout=settings.guest_checkout,
        zone=ZoneInfo(store.time_zone),
    )
