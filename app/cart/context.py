"""Whose cart this request is about: the signed-in customer's, else the one named by the guest's signed cookie."""

from datetime import datetime
from uuid import UUID

import structlog
from flask import Flask, Response, current_app, g, request

from app import tokens
from app.accounts.identity import current_customer_id
from app.cart import guest_repository, repository, service
from app.cart.errors import GuestCartsUnavailable
from app.cart.policy import Policy
from app.cart.service import Shopper
from app.ids import CustomerId, parse_id
from app.stores.request import current_config, current_store

APART = "apart."

log = structlog.get_logger(__name__)


def now() -> datetime:
    """The moment of this request: one for all that it does."""
    if "now" not in g:
        g.now = current_app.config["CLOCK"].now()
    moment: datetime = g.now
    return moment


def current_policy() -> Policy:
    """The rules' numbers in this store."""
    return service.policy_of(current_store().settings)


def current_shopper() -> Shopper:
    """Whoever is asking. A customer who still carries a guest's cart has it merged first: a sign-in that was cut short resumes."""
    customer_id = current_customer_id()
    guest_cart_id, apart = _guest_cart()
    if customer_id is None:
        return Shopper(guest_cart_id=guest_cart_id)
    if guest_cart_id is not None and not apart:
        merge_guest_cart(customer_id, now())
    return Shopper(customer_id=customer_id)


def shopper_for_change() -> Shopper:
    """Whoever is asking; a guest without a cart gets an unguessable id for one, kept in a signed cookie."""
    shopper = current_shopper()
    if shopper.customer_id is None:
        guest_cart_id = shopper.guest_cart_id or tokens.random_uuid()
        g.guest_cookie = str(guest_cart_id)
        return Shopper(guest_cart_id=guest_cart_id)
    return shopper


def merge_guest_cart(customer_id: CustomerId, moment: datetime) -> None:
    """Bring this browser's guest cart into the customer's. Without Redis it waits for the next request."""
    guest_cart_id, _ = _guest_cart()
    if guest_cart_id is None:
        return
    try:
        service.merge_guest_cart(
            guest_cart_id, customer_id, currency=current_store().currency, policy=current_policy(), now=moment
        )
    except GuestCartsUnavailable:
        log.warning("guest_merge_postponed")
        return
    g.guest_cookie = None
    g.guest_cookie_read = (None, False)


def keep_apart(guest_cart_id: UUID) -> None:
    """Have the browser carry a guest's cart that is not merged before the next sign-in: its merge was undone."""
    g.guest_cookie = APART + str(guest_cart_id)


def count_units() -> int:
    """How many pieces are in this order: for the header. One statement for a customer, one command for a guest, none without a cart."""
    if "cart_count" not in g:
        g.cart_count = _count()
    count: int = g.cart_count
    return count


def tell_count(units: int) -> None:
    """Spare the header its look-up when the page has read the cart anyway."""
    g.cart_count = units


def _count() -> int:
    customer_id = current_customer_id()
    if customer_id is not None:
        return repository.count_units(customer_id)
    guest_cart_id, _ = _guest_cart()
    return guest_repository.count_units(guest_cart_id) if guest_cart_id else 0


def _guest_cart() -> tuple[UUID | None, bool]:
    """The guest's cart this browser carries, and whether it is to be kept apart from the account."""
    if "guest_cookie_read" not in g:
        value = _signer().read(request.cookies.get(_cookie_name())) or ""
        g.guest_cookie_read = (parse_id(value.removeprefix(APART)), value.startswith(APART))
    read: tuple[UUID | None, bool] = g.guest_cookie_read
    return read


def _cookie_name() -> str:
    return "__Host-cart" if current_config().secure_cookies else "cart"


def _signer() -> tokens.CookieSigner:
    return tokens.CookieSigner(current_config().secret_key, "guest-cart")


def init_app(app: Flask) -> None:
    """Send the guest's cookie when it changed, and offer the header's count to templates."""
    app.jinja_env.globals["cart_count"] = count_units

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
