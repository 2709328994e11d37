"""Signing in and out: checking who it is, and telling the rooms that care."""

from collections.abc import Callable
from datetime import datetime
from typing import cast

import structlog

from app.accounts import identity, passwords, repository, standing_in
from app.accounts.addresses import normalize_email, shown_name
from app.accounts.errors import BadAddress, SignInRefused
from app.accounts.identity import CustomerIdentity, Role, StaffIdentity
from app.accounts.repository import CustomerRecord
from app.config import Config
from app.database.transaction import transaction, unit_of_work
from app.errors import NotFound
from app.ids import CustomerId

OnSignIn = Callable[[CustomerId, datetime], object]

log = structlog.get_logger(__name__)
_after_sign_in: dict[OnSignIn, None] = {}


def on_sign_in(callback: OnSignIn) -> None:
    """Call `callback(customer_id, now)` after each sign-in of a customer, with the new session in place."""
    _after_sign_in[callback] = None


def check_customer(*, email: str, password: str, config: Config) -> CustomerIdentity:
    """The customer these belong to. Raises SignInRefused; an unknown address costs the same work as a known one."""
    with transaction():  # ends before the password is checked: no connection waits for Argon2
        record = repository.find_customer_by_email(folded(email))
    stored = record.password_hash if record else None
    if not passwords.verify(stored, password, config) or record is None or stored is None:
        raise SignInRefused()
    if passwords.outdated(stored, config):
        renewed = passwords.hash_password(password, config)
        with transaction():
            repository.change_customer(record.id, password_hash=renewed)
    return CustomerIdentity(record.id, shown_name(record.name, record.email))


def check_staff(*, email: str, password: str, config: Config) -> StaffIdentity:
    """The member of staff these belong to. Raises SignInRefused, at the same price for an unknown address."""
    with transaction():
        record = repository.find_staff_by_email(folded(email))
    stored = record.password_hash if record else None
    if not passwords.verify(stored, password, config) or record is None:
        raise SignInRefused()
    if passwords.outdated(record.password_hash, config):
        renewed = passwords.hash_password(password, config)
        with transaction():
            repository.change_staff_password_hash(record.id, renewed)
    return StaffIdentity(record.id, shown_name(record.name, record.email), cast(Role, record.role))


def begin_customer_session(customer: CustomerIdentity, now: datetime) -> None:
    """Sign in: the new session first, then whatever waits for it (the merge of carts). Raises SessionsUnavailable."""
    identity.begin_session(customer)
    for callback in _after_sign_in:
        try:
            callback(customer.id, now)
        except Exception:  # signed in is signed in: what waits for it has its own ways to catch up
            log.exception("after_sign_in_failed")


def get_customer(customer_id: CustomerId) -> CustomerRecord:
    """The customer as the account page shows one. Raises NotFound."""
    record = repository.find_customer(customer_id)
    if record is None:
        raise NotFound()
    return record


@unit_of_work
def refuse_standing_in(customer_id: CustomerId) -> None:
    """This customer signs out everywhere: nothing that stands in for a session is believed any more either."""
    standing_in.refuse_all(customer_id)


@unit_of_work
def change_locale(*, customer_id: CustomerId, locale: str) -> None:
    """Write to this customer in another language from now on."""
    repository.change_customer(customer_id, locale=locale)


def folded(email: str) -> str:
    """The one spelling of an address; "" for what is none."""
    try:
        return normalize_email(email)
    except BadAddress:
        return ""  # no account has it, and the answer takes as long as any other
