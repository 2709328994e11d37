"""Somebody on the way to an order: whose cart it is, what was entered, what it comes to. Read once for each page."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from app.accounts.standing_in import known_customer_id
from app.cart import context, queries, repository
from app.cart.pricing import totals
from app.cart.queries import CartNow
from app.cart.repository import StoredCart
from app.ids import CustomerId
from app.orders import checkout
from app.orders.errors import LinesToResolve, NothingToOrder, PricesToAccept, SignInToOrder
from app.orders.placing import Providers
from app.orders.quote import Quote
from app.orders.terms import Terms, terms_of
from app.orders.values import CheckoutDetails
from app.payments import registry
from app.stores.delivery import DeliveryMethod
from app.stores.request import current_config, current_store


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a checkout. `customer_id` is None for a guest who has not given an address yet."""

    customer_id: CustomerId | None
    account: bool
    there: StoredCart | CartNow
    details: CheckoutDetails
    terms: Terms
    quote: Quote
    now: datetime

    @property
    def cart_id(self) -> UUID | None:
        """Under which id what is entered is kept; none yet for a guest's cart."""
        return self.there.id if isinstance(self.there, StoredCart) else None

    @property
    def currency(self) -> str:
        """The cart's."""
        return self.quote.sums.total.currency

    @property
    def country(self) -> str:
        """Where it goes, as far as is known."""
        return self.details.address.country if self.details.address else self.terms.country

    @property
    def offered(self) -> tuple[DeliveryMethod, ...]:
        """The delivery methods to choose from."""
        return self.terms.offered(self.country, self.currency)


def enter() -> Visit:
    """The visit of this request. Raises SignInToOrder, NothingToOrder, LinesToResolve, PricesToAccept."""
    visit = look()
    if visit.quote.problems:
        raise LinesToResolve(lines=[])
    if totals(visit.quote.lines, visit.currency).unaccepted:
        raise PricesToAccept()
    return visit


def look(*, empty: bool = False) -> Visit:
    """The visit as it is, also with lines that cannot be bought. Raises SignInToOrder, NothingToOrder.

    With `empty` also of a cart that is empty by now: the form may have been sent twice.
    """
    shopper, terms = context.current_shopper(), terms_of(current_store())
    account = known_customer_id() is not None
    if not account and not terms.guest_checkout:
        raise SignInToOrder()
    there: StoredCart | CartNow | None = None
    customer_id = shopper.customer_id
    if customer_id is None:
        there = queries.get_cart(shopper, days=current_store().settings.cart_expiry_days)
        if not there.cart.lines:
            customer_id = context.resume_contact()
    if customer_id is not None:
        there = repository.find_open(customer_id)
    if there is None:
        raise NothingToOrder()
    details = CheckoutDetails()
    if isinstance(there, StoredCart):
        details = checkout.find_details(there.id, context.now(), account=account)
    quote = checkout.quote_of(there, details, terms, context.now())
    visit = Visit(customer_id, account, there, details, terms, quote, context.now())
    if not empty and not visit.quote.lines and not visit.quote.problems:
        raise NothingToOrder()
    return visit


def with_details(visit: Visit, details: CheckoutDetails) -> Visit:
    """The visit had these details been entered."""
    return replace(visit, details=details, quote=checkout.quote_of(visit.there, details, visit.terms, visit.now))


def providers() -> Providers:
    """The ways to pay of this installation."""
    return registry.providers(current_config())
