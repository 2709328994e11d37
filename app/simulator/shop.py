"""What shoppers do, each thing through the service that its page calls. Times are given; refusals are part of life."""

import contextlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from flask import g
from msgspec.structs import replace

from app import tokens
from app.accounts import passwords, whereabouts
from app.accounts import repository as accounts
from app.cart import contacts, guest_repository, pricing, repository, service
from app.cart.commands import AcceptPrices, AddCoupon, AddItem, Command, MoveLine, RemoveCoupon, RemoveLine
from app.cart.state import Line, Pane
from app.config import Config
from app.database.transaction import unit_of_work
from app.errors import Refusal
from app.ids import CustomerId, LineId, OrderId, VariantId, new_id
from app.orders import checkout, placing, reminding, resolving
from app.orders.addresses import iso_region
from app.orders.placing import Agreed, Pages
from app.orders.presentation import reminder_wording
from app.orders.terms import Terms, terms_of
from app.orders.values import CheckoutDetails
from app.payments.demo_bank import DemoBank
from app.payments.manual import Manual
from app.payments.provider import Prepared, Provider, Status
from app.simulator.behaviour import Kind
from app.simulator.persons import Person
from app.stores.delivery import DeliveryMethod
from app.stores.directory import StoreView
from app.web.language import speaking

GOOD_CARD, BAD_CARDS = "4242424242424242", ("4000000000000002", "4000000000009995")
NO_PAGES = Pages(back="", cancelled="")
MORE_TRIES = 2  # when the total moved between looking at it and ordering


@dataclass(slots=True)
class Shop:
    """The store's doors, without the pages."""

    store: StoreView
    config: Config
    terms: Terms = field(init=False)
    providers: dict[str, Provider] = field(init=False)
    _password: str = ""
    _cards: dict[tuple[str, str], Prepared] = field(default_factory=dict)
    _wordings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        g.store = self.store
        self.terms = terms_of(self.store)
        self.providers = {DemoBank.name: DemoBank(self.config.secret_key), Manual.name: Manual()}
        self._password = passwords.hash_password(tokens.random_uuid().hex, self.config)  # nobody knows it

    def welcome(self, person: Person, now: datetime) -> None:
        """Who has an account signs in, or makes one; who has none gets a guest's cart."""
        if person.kind is Kind.MEMBER and person.customer_id is None:
            person.customer_id = self._account(person, now)
            if person.plan.agrees:
                self._agree(person, now)
        if person.customer_id is None:
            person.guest_cart_id = tokens.random_uuid()

    def add(self, person: Person, variant_id: UUID, quantity: int, now: datetime) -> bool:
        """Put something into the order."""
        return self._do(person, AddItem(LineId(new_id()), VariantId(variant_id), quantity), now)

    def save_for_later(self, person: Person, now: datetime) -> bool:
        """Move the last thing to next purchase."""
        line = self._last(person)
        return line is not None and self._do(person, MoveLine(line.id, Pane.NEXT_PURCHASE, LineId(new_id())), now)

    def bring_back_saved(self, person: Person, now: datetime) -> bool:
        """Move a thing of next purchase into the order, if there is one."""
        line = self._last(person, Pane.NEXT_PURCHASE)
        return line is not None and self._do(person, MoveLine(line.id, Pane.ACTIVE, LineId(new_id())), now)

    def take_out(self, person: Person, now: datetime) -> bool:
        """Remove the last thing."""
        line = self._last(person)
        return line is not None and self._do(person, RemoveLine(line.id), now)

    def try_code(self, person: Person, code: str, now: datetime) -> bool:
        """Have a discount code on the order."""
        return self._do(person, AddCoupon(code), now)

    def take_code_off(self, person: Person, now: datetime) -> bool:
        """Have none any more."""
        return self._do(person, RemoveCoupon(), now)

    def fill_in_delivery(self, person: Person, now: datetime, *, dear: bool = False) -> bool:
        """Send the delivery page: who has no account becomes a contact, and the cost of delivery is seen. `dear`: they want the fastest."""
        if person.customer_id is None:
            self._become_contact(person, now)
        return self._enter(person, now, dear=dear)

    def choose_payment(self, person: Person, card: str, now: datetime) -> bool:
        """Send the payment page; without a card they pay on delivery."""
        stored = repository.find_open(self._known(person))
        if stored is None or person.details is None:
            return False
        name = DemoBank.name if card else Manual.name
        prepared = self._prepared(person.identity.locale, card, now)
        person.details = replace(
            person.details, provider=name, payment_token=prepared.token, payment_label=prepared.label
        )
        checkout.keep_details(stored.id, person.details, now)
        return True

    def buy(self, person: Person, now: datetime) -> OrderId | None:
        """Go through checkout and order, as far as it can be; None if nothing came of it."""
        person_card = "" if person.plan.aftermath.on_delivery else GOOD_CARD
        with contextlib.suppress(Refusal):
            if self.fill_in_delivery(person, now) and self.choose_payment(person, person_card, now):
                return self.order(person, now)
        return None

    def order(self, person: Person, now: datetime) -> OrderId | None:
        """Press the button of the review page; None if payment failed, or there was nothing left to buy."""
        customer_id, g.locale = self._known(person), person.identity.locale
        for _ in range(1 + MORE_TRIES):
            agreed = self._agreed(person, now)
            if agreed is None:
                return None
            try:
                placed = placing.place(
                    customer_id, agreed, op_id=new_id(), terms=self.terms, locale=person.identity.locale,
                    providers=self.providers, pages=NO_PAGES, title=self.store.name(person.identity.locale), now=now,
                )  # fmt: skip
            except Refusal:
                continue
            return placed.order_id if placed.status is Status.SUCCEEDED else None
        return None

    def _agreed(self, person: Person, now: datetime) -> Agreed | None:
        """What the review page shows, once new prices are accepted and what is missing is set aside; None if nothing is left."""
        customer_id = self._known(person)
        for _ in range(3):
            stored = repository.find_open(customer_id)
            if stored is None or person.details is None:
                return None
            quote = checkout.quote_of(stored, person.details, self.terms, now)
            if quote.problems:
                resolving.set_aside(
                    person.shopper, quote.problems, op_id=new_id(), currency=stored.cart.currency,
                    policy=self.terms.policy, days=self.store.settings.cart_expiry_days, now=now,
                )  # fmt: skip
                continue
            if pricing.totals(quote.lines, stored.cart.currency).unaccepted:
                self._do(person, AcceptPrices(tuple((one.line.id, one.unit_price.amount) for one in quote.lines)), now)
                continue
            if not quote.lines:
                return None
            return Agreed(quote.fingerprint, quote.sums.total.amount)
        return None

    def _do(self, person: Person, command: Command, now: datetime) -> bool:
        try:
            service.change(
                person.shopper, command, op_id=new_id(), currency=self.currency(person.identity.locale),
                policy=self.terms.policy, days=self.store.settings.cart_expiry_days, now=now,
            )  # fmt: skip
        except Refusal:
            return False
        return True

    def currency(self, locale: str) -> str:
        """What prices are in for whoever reads this language."""
        wanted = self.store.settings.currency_by_language.get(locale)
        return wanted if wanted in self.store.currencies else self.store.currency

    def _last(self, person: Person, pane: Pane = Pane.ACTIVE) -> Line | None:
        if person.customer_id is None and person.guest_cart_id is not None:
            cart = guest_repository.load(person.guest_cart_id, self.store.settings.cart_expiry_days).cart
        else:
            stored = repository.find_open(self._known(person))
            if stored is None:
                return None
            cart = stored.cart
        lines = cart.pane(pane)
        return lines[-1] if lines else None

    @unit_of_work
    def _account(self, person: Person, now: datetime) -> CustomerId:
        contact = person.identity.contact
        added = accounts.add_customer(
            email=contact.email,
            name=contact.name,
            password_hash=self._password,
            locale=person.identity.locale,
            now=now,
        )
        if added is not None:
            return added
        known = accounts.find_customer_by_email(contact.email)  # of an earlier simulation with the same seed
        assert known is not None  # noqa: S101  the address was taken
        return known.id

    def _become_contact(self, person: Person, now: datetime) -> None:
        guest = guest_repository.freeze(person.guest_cart_id or tokens.random_uuid())
        contact, locale = person.identity.contact, person.identity.locale
        person.customer_id = contacts.capture(
            guest, email=contact.email, name=contact.name, locale=locale, currency=self.currency(locale),
            policy=self.terms.policy, now=now,
        )  # fmt: skip
        person.guest_cart_id = None
        if person.plan.agrees:
            self._agree(person, now)

    def _enter(self, person: Person, now: datetime, *, dear: bool) -> bool:
        customer_id, address = self._known(person), person.identity.address
        stored = repository.find_open(customer_id)
        if stored is None:
            return False
        offered = self.terms.offered(address.country, stored.cart.currency)
        if not offered:
            return False
        method = (
            dearest(offered, stored.cart.currency)
            if dear
            else offered[0 if person.plan.choice < 0.8 else int(person.plan.choice * 97) % len(offered)]
        )
        known = person.details is not None
        person.details = replace(
            person.details or CheckoutDetails(),
            contact=person.identity.contact,
            address=address,
            delivery_key=method.key,
        )
        checkout.keep_details(stored.id, person.details, now)
        if not known:
            whereabouts.keep_zone(customer_id, person.identity.zone)
            region = iso_region(address.country, address.region)
            whereabouts.keep_place(customer_id, country=address.country, region=region)
        return True

    def _agree(self, person: Person, now: datetime) -> None:
        locale = g.locale = person.identity.locale
        if locale not in self._wordings:
            with speaking(locale):
                self._wordings[locale] = reminder_wording()
        account = person.kind is Kind.MEMBER
        reminding.keeper().agree_to_email(
            self._known(person), self._wordings[locale], account=account, now=now + timedelta(seconds=1)
        )

    def _prepared(self, locale: str, card: str, now: datetime) -> Prepared:
        if (locale, card) not in self._cards:
            g.locale = locale
            entries = {"number": card, "expiry": f"12/{now.year + 3}", "code": "123"}
            with speaking(locale):
                provider = self.providers[DemoBank.name if card else Manual.name]
                self._cards[locale, card] = provider.prepare(entries, now=now)
        return self._cards[locale, card]

    @staticmethod
    def _known(person: Person) -> CustomerId:
        assert person.customer_id is not None  # noqa: S101  whoever checks out has been captured
        return person.customer_id


def dearest(offered: tuple[DeliveryMethod, ...], currency: str) -> DeliveryMethod:
    """The way of delivery that costs most whatever is bought."""
    return max(offered, key=lambda method: (currency not in method.free_from, method.cost.get(currency, 0)))
