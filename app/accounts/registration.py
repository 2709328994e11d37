"""Registering: an address is proved by a code before there is a customer. Known and new addresses are answered alike."""

from datetime import datetime, timedelta
from typing import Any, cast

import msgspec
import redis

from app import tokens
from app.accounts import codes, letters, passwords, repository
from app.accounts.addresses import shown_name
from app.accounts.errors import CodeRefused
from app.accounts.identity import CustomerIdentity
from app.cache.client import client, store_key
from app.config import Config
from app.database.transaction import unit_of_work
from app.web.sessions import SessionsUnavailable

VALID = timedelta(minutes=15)
TRIES = 5


class Pending(msgspec.Struct, frozen=True):
    """A registration that waits for its code. It lives in the visitor's server session and nowhere else."""

    id: str
    email: str
    name: str
    password_hash: str
    locale: str
    seal: str
    until: float

    @classmethod
    def from_session(cls, value: Any) -> "Pending | None":
        """What the session holds, if it holds one."""
        try:
            return msgspec.convert(value, cls)
        except msgspec.ValidationError:
            return None


def begin(*, email: str, name: str, password: str, locale: str, config: Config, now: datetime) -> Pending:
    """Take a registration on and write to the address: a code, or that there is an account already.

    Both ways cost one hash, one look-up and one letter; the answer must not tell them apart (ASVS 6.3.8).
    """
    password_hash = passwords.hash_password(password, config)
    return _write(email=email, name=name, password_hash=password_hash, locale=locale, config=config, now=now)


def send_again(pending: Pending, *, config: Config, now: datetime) -> Pending:
    """The same registration with a fresh code; the old one opens nothing any more."""
    return _write(
        email=pending.email,
        name=pending.name,
        password_hash=pending.password_hash,
        locale=pending.locale,
        config=config,
        now=now,
    )


@unit_of_work
def _write(*, email: str, name: str, password_hash: str, locale: str, config: Config, now: datetime) -> Pending:
    registration_id, code = tokens.random_token(), codes.new_code()
    known = repository.find_customer_by_email(email)
    if known and known.password_hash:
        seal = codes.never_sent()
        letters.send_already_known(email=email, locale=known.locale, now=now)
    else:
        seal = codes.sealed(code, key=config.secret_key, about=registration_id)
        letters.send_code(email=email, code=code, locale=locale, now=now)
    until = (now + VALID).timestamp()
    return Pending(registration_id, email, name, password_hash, locale, seal, until)


def complete(pending: Pending, *, typed: str, config: Config, now: datetime) -> CustomerIdentity:
    """Make the customer if the code is right. Raises CodeRefused, in the same words whatever is wrong."""
    code = codes.typed_code(typed)
    if _count_try(pending) > TRIES or now.timestamp() > pending.until:
        raise CodeRefused()
    if not tokens.same(codes.sealed(code, key=config.secret_key, about=pending.id), pending.seal):
        raise CodeRefused()
    return _create(pending, now)


@unit_of_work
def _create(pending: Pending, now: datetime) -> CustomerIdentity:
    customer_id = repository.add_customer(
        email=pending.email, name=pending.name, password_hash=pending.password_hash, locale=pending.locale, now=now
    )
    if customer_id is None:
        raise CodeRefused()  # somebody else's registration of this address was faster
    return CustomerIdentity(customer_id, shown_name(pending.name, pending.email))


def _count_try(pending: Pending) -> int:
    """How many tries this makes. Counted in Redis in one step: tries at the same moment must not share a number."""
    key = store_key("registration-tries", pending.id)
    try:
        with client().pipeline() as commands:
            commands.incr(key)
            commands.expire(key, int(VALID.total_seconds()))
            return cast(int, commands.execute()[0])
    except redis.RedisError:
        raise SessionsUnavailable() from None
