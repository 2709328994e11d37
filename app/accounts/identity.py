"""Who is asking: read from the server session alone, so that knowing a visitor costs no SQL.

Sessions of a person are listed in Redis, so that all can be ended at once. Lifetimes are real time, as Redis's own
are: moving the demonstration's clock signs nobody out.
"""

import contextlib
import time
from dataclasses import dataclass
from typing import Any, Literal, cast
from uuid import UUID

import redis
from flask import Flask, g, session
from flask_login import LoginManager, current_user

from app.cache.client import client, store_key
from app.ids import CustomerId, StaffId
from app.web import sessions
from app.web.sessions import SessionsUnavailable

Role = Literal["seller", "analyst", "admin", "owner"]

CUSTOMER_SECONDS = 90 * 86_400
STAFF_SECONDS = 12 * 3_600


class _SignedIn:
    """What Flask-Login asks of a user."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """The person's id with its kind: c:… or s:…"""
        raise NotImplementedError


@dataclass(frozen=True)
class CustomerIdentity(_SignedIn):
    """A signed-in customer."""

    id: CustomerId
    name: str

    def get_id(self) -> str:
        """c:<uuid>"""
        return f"c:{self.id}"


@dataclass(frozen=True)
class StaffIdentity(_SignedIn):
    """A signed-in member of the store's staff."""

    id: StaffId
    name: str
    role: Role

    def get_id(self) -> str:
        """s:<uuid>"""
        return f"s:{self.id}"


Identity = CustomerIdentity | StaffIdentity


class _Login(LoginManager):  # type: ignore[misc]  # Flask-Login carries no types
    """Flask-Login without its remember cookie: the session lives long enough, and a second key to it could not be revoked."""

    def _load_user_from_remember_cookie(self, cookie: str) -> None:
        return None

    def _update_remember_cookie(self, response: Any) -> Any:
        return response  # the original looks into the session on every answer, also on static files


def init_app(app: Flask) -> None:
    """Let Flask-Login read the signed-in person from our session."""
    login = _Login()
    login.session_protection = None  # it would write into guests' sessions; ids are ours, random and regenerated
    login.user_loader(_from_session)
    login.init_app(app)


def current_identity() -> Identity | None:
    """Whoever is signed in."""
    user = current_user._get_current_object()
    return user if isinstance(user, _SignedIn) else None  # type: ignore[return-value]


def current_customer_id() -> CustomerId | None:
    """The customer who is signed in, if one is."""
    person = current_identity()
    return person.id if isinstance(person, CustomerIdentity) else None


def current_staff() -> StaffIdentity | None:
    """The member of staff who is signed in, if one is."""
    person = current_identity()
    return person if isinstance(person, StaffIdentity) else None


def sessions_lost() -> bool:
    """Whether this visitor has a session that could not be read: then nobody can say who it is."""
    return bool(cast(Any, session).lost)


def require_sessions() -> None:
    """Raise SessionsUnavailable when Redis is away: before a password is looked at, so that guessing needs the limits."""
    try:
        client().ping()
    except redis.RedisError:
        raise SessionsUnavailable() from None


def begin_session(person: Identity, **facts: object) -> None:
    """Sign `person` in under a new session id, which holds `facts`, too. Raises SessionsUnavailable."""
    seconds = CUSTOMER_SECONDS if isinstance(person, CustomerIdentity) else STAFF_SECONDS
    data: dict[str, Any] = {"_user_id": person.get_id(), "name": person.name, "until": int(time.time()) + seconds}
    data.update(facts)
    if isinstance(person, StaffIdentity):
        data["role"] = person.role
    _forget_user()
    sessions.regenerate(data)
    try:
        _enlist(person, seconds)
    except redis.RedisError:
        session.clear()  # cannot be saved either, so the browser never learns of the session nobody could revoke
        raise SessionsUnavailable() from None


def end_session() -> None:
    """Sign out: the session and everything in it is gone, under its old id too. Raises SessionsUnavailable."""
    person = current_identity()
    key = this_session()
    _forget_user()
    sessions.regenerate({})
    if person:
        with contextlib.suppress(redis.RedisError):  # a name without a session in the list does no harm
            client().srem(sessions_of(person.get_id()), key)


def revoke_sessions(person_id: str) -> None:
    """End every session of a person (c:… or s:…), effective on their next request. Raises SessionsUnavailable."""
    try:
        index = sessions_of(person_id)
        keys = cast("set[bytes]", client().smembers(index))
        client().delete(index, *keys)
    except redis.RedisError:
        raise SessionsUnavailable() from None


def count_sessions(person_id: str) -> int:
    """In how many browsers a person (c:… or s:…) is signed in. Raises SessionsUnavailable."""
    try:
        keys = list(cast("set[bytes]", client().smembers(sessions_of(person_id))))
        return client().exists(*keys) if keys else 0
    except redis.RedisError:
        raise SessionsUnavailable() from None


def _enlist(person: Identity, seconds: int) -> None:
    index = sessions_of(person.get_id())
    known = list(cast("set[bytes]", client().smembers(index)))
    with client().pipeline() as commands:
        for key in known:
            commands.exists(key)
        gone = [key for key, there in zip(known, commands.execute(), strict=True) if not there]
    with client().pipeline() as commands:
        if gone:
            commands.srem(index, *gone)
        commands.sadd(index, this_session())
        commands.expire(index, seconds + sessions.LIFETIME)
        commands.execute()


def _from_session(person_id: str) -> Identity | None:
    kind, _colon, text = person_id.partition(":")
    if session.get("until", 0) < time.time():
        return None
    if kind == "c":
        return CustomerIdentity(CustomerId(UUID(text)), session["name"])
    return StaffIdentity(StaffId(UUID(text)), session["name"], session["role"])


def sessions_of(person_id: str) -> str:
    """Where Redis lists the sessions of a person (c:… or s:…)."""
    return store_key("sessions-of", person_id)


def this_session() -> str:
    """Where Redis keeps the session of this request."""
    return sessions.session_key(cast(Any, session).sid)


def _forget_user() -> None:
    g.pop("_login_user", None)
