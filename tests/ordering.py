"""Ordering in tests, in one line: a customer with things in the cart, everything entered, and the order placed."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from app.accounts.repository import find_customer
from app.cart import queries as cart_queries
from app.cart import repository as cart_repository
from app.cart import service
from app.cart.commands import AddItem
from app.cart.policy import Policy
from app.cart.service import Shopper
from app.cart.state import Cart, Pane
from app.database.transaction import finish_reading, transaction
from app.ids import CustomerId, LineId, VariantId, new_id
from app.orders import checkout, placing
from app.orders.placing import Agreed, Pages, Placing, Providers
from app.orders.terms import Terms
from app.orders.values import Address, CheckoutDetails, Contact
from app.stores.delivery import DeliveryMethod
from app.stores.taxes import Taxes, TaxRate
from tests.conftest import NOW

PAGES = Pages("http://shop.example/orders/{order}", "http://shop.example/checkout/payment")
STANDARD = DeliveryMethod(key="standard", title={"en": "Standard", "fa": "عادی"}, cost={"EUR": 490, "IRR": 900_000})
TERMS = Terms(
    policy=Policy(),
    taxes=Taxes(rates=(TaxRate(country="DE", basis_points=1900), TaxRate(country="IR", basis_points=1000))),
    country="DE",
    countries=("DE", "IR"),
    methods=(STANDARD,),
    held_for=timedelta(minutes=30),
    guest_checkout=True,
    zone=ZoneInfo("Europe/Berlin"),
)
CONTACT = Contact(email="shirin@example.com", name="Shirin Karimi", phone="+4930123456")
ADDRESS = Address(country="DE", street="Lindenstraße 5", postcode="10969", city="Berlin")


def details(provider: str = "scripted", *, country: str = "DE", email: str = CONTACT.email) -> CheckoutDetails:
    """Everything that a checkout asks for."""
    address = Address(country=country, street=ADDRESS.street, postcode=ADDRESS.postcode, city=ADDRESS.city)
    return CheckoutDetails(
        contact=msgspec.structs.replace(CONTACT, email=email),
        address=address,
        delivery_key="standard",
        provider=provider,
        payment_token="token",
    )


def put(customer_id: CustomerId, variant_id: VariantId, quantity: int = 1, pane: Pane = Pane.ACTIVE) -> None:
    """Put something into the customer's cart."""
    command = AddItem(LineId(new_id()), variant_id, quantity, pane)
    service.change(Shopper(customer_id), command, op_id=new_id(), currency="EUR", policy=Policy(), days=30, now=NOW)


def ready(customer_id: CustomerId, provider: str = "scripted") -> Agreed:
    """Enter everything for the customer's cart; what the review page would show to be agreed to."""
    with transaction():
        stored = cart_repository.lock_open(customer_id, new_id(), set(), NOW)
    entered = details(provider, email=_email(customer_id))
    checkout.keep_details(stored.id, entered, NOW)
    quote = checkout.quote_of(stored, entered, TERMS, NOW)
    return Agreed(quote.fingerprint, quote.sums.total.amount)


def with_card(customer_id: CustomerId, behaviour: str) -> None:
    """Have the customer pay with the demo bank's card that behaves like this."""
    with transaction():
        stored = cart_repository.lock_open(customer_id, new_id(), set(), NOW)
    entered = checkout.find_details(stored.id, NOW, account=True)
    checkout.keep_details(stored.id, msgspec.structs.replace(entered, payment_token=str(behaviour)), NOW)


def _email(customer_id: CustomerId) -> str:
    """Customers whom a test names have addresses of their own: many orders to one address would be suspicious."""
    record = find_customer(customer_id)
    finish_reading()
    return record.email if record and record.email != "shopper@example.com" else CONTACT.email


def place(
    customer_id: CustomerId, agreed: Agreed, providers: Providers, *, op_id: UUID | None = None, now: datetime = NOW,
    terms: Terms = TERMS,
) -> Placing:  # fmt: skip
    """Press the button on the review page."""
    return placing.place(
        customer_id, agreed, op_id=op_id or new_id(), terms=terms, locale="en", providers=providers, pages=PAGES,
        title="Toranj", now=now,
    )  # fmt: skip


def cart_of(customer_id: CustomerId) -> Cart:
    """The customer's cart now."""
    return cart_queries.get_cart(Shopper(customer_id), days=30).cart
