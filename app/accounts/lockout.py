"""Who fails too often to sign in to the console is locked out for a while: an address, wherever the tries come from, and a caller.

Each try takes its number before anything is checked, so that tries at the same moment do not share one. Counted alike for
addresses that nobody has: the answer tells no one who works here. Passkeys are not locked: they cannot be guessed.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import cast

import redis
import structlog
from flask import current_app

from app import tokens
from app.accounts import letters, repository
from app.accounts.errors import LockedOut
from app.accounts.service import folded
from app.audit import log as audit
from app.cache.client import client, store_key
from app.config import Config
from app.database.transaction import unit_of_work
from app.web.sessions import SessionsUnavailable

TRIES_OF_ACCOUNT = 8
TRIES_OF_CALLER = 18  # below what the limits per caller allow (web/rate_limit.py), so that this is what is told
WINDOW = timedelta(minutes=30)
LOCKED = timedelta(minutes=15)
SYSTEM = "system"

log = structlog.get_logger(__name__)


class Try:
    """One try to sign in with an address from a caller (IP). Raises LockedOut, SessionsUnavailable when it is begun."""

    def __init__(self, email: str, caller: str) -> None:
        self.email = folded(email)
        self._keys = {_account(self.email): TRIES_OF_ACCOUNT, _caller(caller): TRIES_OF_CALLER}
        self._numbers = dict.fromkeys(self._keys, 0)
        if _on():
            for key, most in self._keys.items():
                self._numbers[key] = _begin(key, most)

    def failed(self, now: datetime) -> None:
        """It was wrong. The try that reaches the limit locks, and is told to whom it concerns."""
        if not _on():
            return
        for key, most in self._keys.items():
            if self._numbers[key] == most:
                with _as_far_as_redis_goes():
                    client().expire(key, int(LOCKED.total_seconds()))
                _tell(self.email if key == _account(self.email) else "", key, now)

    def right_so_far(self) -> None:
        """The password was right, something else is still to come: this try does not count, the ones before do."""
        if _on():
            with _as_far_as_redis_goes():
                for key in self._keys:
                    client().decr(key)

    def passed(self) -> None:
        """They are in: what failed before is forgotten for the address; a caller may hide many people."""
        if _on():
            account, caller = self._keys
            with _as_far_as_redis_goes():
                client().delete(account)
                client().decr(caller)


def locked(emails: Iterable[str]) -> dict[str, int]:
    """Of these normalized addresses those that are locked, with the seconds that are left. Nothing is known without Redis."""
    wanted = list(emails)
    try:
        with client().pipeline() as commands:
            for email in wanted:
                commands.get(_account(email))
                commands.ttl(_account(email))
            answers = commands.execute()
    except redis.RedisError:
        return {}
    pairs = zip(wanted, answers[::2], answers[1::2], strict=True)
    return {email: int(left) for email, tries, left in pairs if tries and int(tries) >= TRIES_OF_ACCOUNT and left > 0}


def lift(email: str) -> None:
    """Let an address sign in again at once. Raises SessionsUnavailable."""
    try:
        client().delete(_account(email))
    except redis.RedisError:
        raise SessionsUnavailable() from None


@unit_of_work
def _tell(email: str, key: str, now: datetime) -> None:
    """The audit log and, where it concerns somebody, a letter. No address of a network is kept: a mark tells two apart."""
    details = {"minutes": int(LOCKED.total_seconds() // 60)}
    person = repository.find_staff_by_email(email) if email else None
    if person:
        letters.send_to_staff(person.id, "staff_locked", {}, now)
        audit.record("sign_in_locked", actor=SYSTEM, subject=("staff", person.id), now=now, details=details)
    elif not email:
        mark = key.rpartition(":")[2][:12]
        audit.record("caller_locked", actor=SYSTEM, subject=("caller", mark), now=now, details=details)
    log.warning("sign_in_locked", account=bool(email))


def _begin(key: str, most: int) -> int:
    try:
        with client().pipeline() as commands:
            commands.incr(key)
            commands.expire(key, int(WINDOW.total_seconds()), nx=True)
            commands.ttl(key)
            number, _set, left = commands.execute()
    except redis.RedisError:
        raise SessionsUnavailable() from None
    if number > most:
        raise LockedOut(seconds=max(1, left))
    return cast(int, number)


@contextmanager
def _as_far_as_redis_goes() -> Iterator[None]:
    """Without Redis nobody is signed in anyway: what is not counted lets nobody in."""
    try:
        yield
    except redis.RedisError:
        log.warning("lock_not_kept")


def _account(email: str) -> str:
    return _key("account", email)


def _caller(caller: str) -> str:
    return _key("caller", caller)


def _key(kind: str, about: str) -> str:
    """Keyed, so that Redis holds nobody's address."""
    return store_key("lock-out", kind, tokens.keyed_hash(_config().secret_key, "lock-out", f"{kind}:{about}")[:32])


def _on() -> bool:
    return _config().rate_limits


def _config() -> Config:
    return cast(Config, current_app.config["DUALCART"])
