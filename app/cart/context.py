"""Whose cart this request is about: the signed-in customer's, else the one named by the guest's signed cookie."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog
from flask import Flask, Response, current_app, g, request

from app import tokens
from app.accounts.standing_in import known_customer_id
from app.cart import contacts, guest_repository, repository, service
from app.cart.errors import GuestCartMoved, GuestCartsUnavailable
from app.cart.policy import Policy
from app.cart.service import Shopper
from app.cart.settings import policy_of
from app.cart.state import Cart
from app.ids import CustomerId, parse_id
from app.stores.request import (
    chosen_currency,
    current_config,
    current_locale,
    current_store,
    follow_currency,
    settle_currency,
)
from app.stores.segments import Shopper as SegmentFacts
from app.web import htmx
from app.web.visitors import current_visitor

APART = "apart."
CONTACT = "contact."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Carried:
    """What the browser's cookie names: a guest's cart (maybe kept apart from the account), or a contact without an account."""

    guest_cart_id: UUID | None = None
    apart: bool = False
    contact_id: CustomerId | None = None


def now() -> datetime:
    """The moment of this request: one for all that it does."""
    if "now" not in g:
        g.now = current_app.config["CLOCK"].now()
    moment: datetime = g.now
    return moment


def current_policy() -> Policy:
    """The rules' numbers in this store, for whoever is asking where a segment of theirs has its own."""
    store = current_store()
    if not store.in_force.by_segment:
        return policy_of(store.settings)
    return policy_of(store.settings_of(SegmentFacts(known_customer_id() is not None, current_locale())))


def current_shopper() -> Shopper:
    """Whoever is asking. A customer who still carries a guest's cart has it merged first: a sign-in that was cut short resumes."""
    customer_id = known_customer_id()
    carried = _carried()
    if customer_id is None:
        return Shopper(customer_id=carried.contact_id, guest_cart_id=carried.guest_cart_id)
    if carried.contact_id or (carried.guest_cart_id and not carried.apart):
        merge_guest_cart(customer_id, now())
    return Shopper(customer_id=customer_id)


def known_customer() -> CustomerId | None:
    """The customer that this browser is known as: signed in, or a contact by its cookie. Merges nothing."""
    return known_customer_id() or _carried().contact_id


def shopper_for_change(guest_cart_id: UUID | None = None) -> Shopper:
    """Whoever is asking, and of what kind; a guest without a cart gets an unguessable id for one, or the one given."""
    shopper = replace(current_shopper(), by=current_visitor())
    if shopper.customer_id is None and shopper.guest_cart_id is None:
        return replace(shopper, guest_cart_id=guest_cart_id or tokens.random_uuid())
    return shopper


def carry(shopper: Shopper) -> None:
    """Have a guest's browser carry the cart that was changed, in a signed cookie, for as long as the cart lives."""
    if shopper.customer_id is None:
        g.guest_cookie = str(shopper.guest_cart_id)


def drop_lost(shopper: Shopper, cart: Cart) -> bool:
    """Have the browser no longer carry a guest's cart that is no more (too old, or Redis lost it). Whether that was so."""
    lost = shopper.guest_cart_id is not None and cart.version == 0
    if lost:
        g.guest_cookie = None
    return lost


def merge_guest_cart(customer_id: CustomerId, moment: datetime) -> None:
    """Bring the cart this browser carries into the customer's. Without Redis a guest's waits for the next request."""
    carried, currency, policy = _carried(), chosen_currency(), current_policy()
    try:
        if carried.contact_id is not None:
            contacts.merge_contact_cart(
                carried.contact_id, customer_id, currency=currency, policy=policy, now=moment, by=current_visitor()
            )
        elif carried.guest_cart_id is not None:
            service.merge_guest_cart(
                carried.guest_cart_id, customer_id, currency=currency, policy=policy, now=moment, by=current_visitor()
            )
        else:
            return
    except GuestCartsUnavailable:
        log.warning("guest_merge_postponed")
        return
    g.guest_cookie = None
    g.carried = Carried()


def capture_contact(*, email: str, name: str, locale: str) -> CustomerId:
    """Whoever gives their address: a contact, with this browser's guest cart as theirs from now on.

    A form that was sent twice makes one contact: the second answer may be the only one that arrives.
    Raises GuestCartsUnavailable, GuestCartMoved.
    """
    carried = _carried()
    guest = guest_repository.freeze(carried.guest_cart_id or tokens.random_uuid())
    try:
        contact_id = contacts.capture(
            guest,
            email=email,
            name=name,
            locale=locale,
            currency=chosen_currency(),
            policy=current_policy(),
            now=now(),
            by=current_visitor(),
        )
    except GuestCartMoved:
        resumed = resume_contact()
        if resumed is None:
            raise
        return resumed
    g.guest_cookie = CONTACT + str(contact_id)
    g.carried = Carried(contact_id=contact_id)
    return contact_id


def resume_contact() -> CustomerId | None:
    """The contact who has what was this browser's guest cart: an answer that said so may have been lost on its way."""
    carried = _carried()
    contact_id = contacts.find_captured(carried.guest_cart_id) if carried.guest_cart_id else None
    if contact_id is not None:
        g.guest_cookie = CONTACT + str(contact_id)
        g.carried = Carried(contact_id=contact_id)
    return contact_id


def keep_apart(guest_cart_id: UUID) -> None:
    """Have the browser carry a guest's cart that is not merged before the next sign-in: its merge was undone."""
    g.guest_cookie = APART + str(guest_cart_id)


def count_units() -> int:
    """How many pieces are in this order: for the header. One statement for a customer, one command for a guest, none without a cart."""
    if "cart_count" not in g:
        g.cart_count, currency = glance()
        if currency:
            settle_currency(currency)
    count: int = g.cart_count
    return count


def follow_cart() -> None:
    """Have a page priced in the cart's currency: its header looks at the cart anyway. Parts of a page follow the page."""
    if not htmx.wants_fragment():
        count_units()


def tell_count(units: int) -> None:
    """Spare the header its look-up when the page has read the cart anyway."""
    g.cart_count = units


def glance() -> tuple[int, str]:
    """How many pieces are in this browser's order, and the cart's currency ("" if unknown). Changes and settles nothing."""
    carried = _carried()
    customer_id = known_customer_id() or carried.contact_id
    if customer_id is not None:
        return repository.glance(customer_id)
    return guest_repository.glance(carried.guest_cart_id) if carried.guest_cart_id else (0, "")


def _carried() -> Carried:
    """What this browser's cookie names."""
    if "carried" not in g:
        g.carried = _read(_signer().read(request.cookies.get(_cookie_name())) or "")
    carried: Carried = g.carried
    return carried


def _read(value: str) -> Carried:
    if value.startswith(CONTACT):
        contact_id = parse_id(value.removeprefix(CONTACT))
        return Carried(contact_id=CustomerId(contact_id) if contact_id else None)
    return Carried(parse_id(value.removeprefix(APART)), value.startswith(APART))


def _cookie_name() -> str:
    return "__Host-cart" if current_config().secure_cookies else "cart"


def _signer() -> tokens.CookieSigner:
    return tokens.CookieSigner(current_config().secret_key, "guest-cart")


def init_app(app: Flask) -> None:
    """Send the guest's cookie when it changed, and offer the header's count to templates."""
    app.jinja_env.globals["cart_count"] = count_units
    follow_currency(app, follow_cart)

    @app.after_request
    def send_cookie(response: Response) -> Response:
        if "guest_cookie" in g:
            if g.guest_cookie is None:
                response.delete_cookie(_cookie_name(), secure=current_config().secure_cookies, httponly=True)
            else:
                response.set_cookie(
                    _cookie_name(),
                    _signer().sign(g.guest_cookie),
                    max_age=current_store().settings.cart_expiry_days * 86_400,
                    secure=current_config().secure_cookies,
                    httponly=True,
                    samesite="Lax",
                )
        return response
