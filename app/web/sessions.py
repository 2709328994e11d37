"""Server-side sessions in Redis: JSON, store-scoped, keyed by a hash of the id, loaded only when looked at.

A visitor about whom nothing is stored costs no Redis command at all: the signed cookie says so, and the CSRF secret
is derived from the session id. Why not Flask-Session: docs/decisions/0004.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
import redis
import structlog
from flask import Flask, Request, Response, g
from flask import session as flask_session
from flask.sessions import SessionInterface, SessionMixin

from app import tokens
from app.cache.client import client, store_key
from app.config import Config
from app.errors import Unavailable

LIFETIME = 30 * 86_400
CSRF = "csrf_token"

log = structlog.get_logger(__name__)


class SessionsUnavailable(Unavailable):
    """Redis is away, so nobody can be signed in or out right now."""

    code = "sessions_unavailable"


class ServerSession(SessionMixin):
    """The session of one request. `stored` says whether Redis holds anything under its id."""

    def __init__(self, sid: str, secret: str, *, stored: bool, new: bool) -> None:
        self.sid, self.stored, self.new = sid, stored, new
        self.modified = self.accessed = self.lost = self.csrf_used = self.renewed = False
        self._csrf = tokens.keyed_hash(secret, "csrf", sid)
        self._data: dict[str, Any] | None = None if stored else {}

    def _loaded(self) -> dict[str, Any]:
        if self._data is None:
            self._data = self._load()
        return self._data

    def _load(self) -> dict[str, Any]:
        try:
            body = client().getex(session_key(self.sid), ex=LIFETIME)
        except redis.RedisError:
            self.lost = True
            log.warning("sessions_unavailable")
            return {}
        try:
            return msgspec.json.decode(cast(bytes, body), type=dict[str, Any]) if body else {}
        except msgspec.DecodeError:
            return {}

    def __getitem__(self, key: str) -> Any:
        if key == CSRF:
            self.csrf_used = True
            return self._csrf
        self.accessed = True
        return self._loaded()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if key != CSRF:
            self._loaded()[key] = value
            self.modified = True

    def __delitem__(self, key: str) -> None:
        del self._loaded()[key]
        self.modified = True

    def __contains__(self, key: object) -> bool:
        return key == CSRF or key in self._loaded()

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded())

    def __len__(self) -> int:
        return len(self._loaded())

    def save(self) -> None:
        """Write to Redis now; a session revoked meanwhile stays revoked. Raises redis.RedisError."""
        data = self._loaded()
        if data:
            client().set(session_key(self.sid), msgspec.json.encode(data), ex=LIFETIME, xx=self.stored)
        elif self.stored:
            client().delete(session_key(self.sid))
        self.stored, self.modified = bool(data), False


class RedisSessionInterface(SessionInterface):
    """Opens and saves ServerSession for Flask."""

    def __init__(self, config: Config) -> None:
        self._secret = config.secret_key
        self._signer = tokens.CookieSigner(config.secret_key, "session")
        self._secure = config.secure_cookies
        self.cookie = "__Host-dualcart" if config.secure_cookies else "dualcart"

    def open_session(self, app: Flask, request: Request) -> ServerSession:
        """The session named by the request's cookie, or a fresh one. Touches no server."""
        value = self._signer.read(request.cookies.get(self.cookie))
        parts = value.split(".") if value else []
        if len(parts) != 3:
            return ServerSession(tokens.random_token(), self._secret, stored=False, new=True)
        session = ServerSession(parts[0], self._secret, stored=parts[1] == "1", new=False)
        session.new = parts[2] != _today()  # a cookie of another day is renewed: its life slides
        return session

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Store what changed, and send the cookie when the browser needs a new one."""
        current = cast(ServerSession, session)
        was_stored = current.stored
        if current.modified and not current.lost:
            try:
                current.save()
            except redis.RedisError:
                log.warning("session_not_saved")
                return
        needed = current.stored or current.csrf_used
        if current.renewed or (current.new and needed) or was_stored != current.stored:
            response.set_cookie(
                self.cookie,
                self._signer.sign(f"{current.sid}.{int(current.stored)}.{_today()}"),
                max_age=LIFETIME,
                secure=self._secure,
                httponly=True,
                samesite="Lax",
                path="/",
            )
        if current.accessed or current.csrf_used:
            response.vary.add("Cookie")


def regenerate(data: dict[str, Any]) -> None:
    """Replace the session by a new one holding `data`, under a new id, at once (against fixation: ASVS 7.2.4).

    Raises SessionsUnavailable, with the old session untouched, when Redis is away.
    """
    session = cast(ServerSession, flask_session._get_current_object())  # type: ignore[attr-defined]
    old = session.sid
    secret = cast(RedisSessionInterface, _app().session_interface)._secret
    fresh = ServerSession(tokens.random_token(), secret, stored=False, new=True)
    fresh.update(data)
    try:
        fresh.save()
        if session.stored:
            client().delete(session_key(old))
    except redis.RedisError:
        raise SessionsUnavailable() from None
    session.__dict__.update(fresh.__dict__)
    session.renewed = True
    g.pop(CSRF, None)  # Flask-WTF keeps the token it signed for the old id here


def _app() -> Flask:
    from flask import current_app

    return cast(Any, current_app)._get_current_object()  # type: ignore[no-any-return]


def session_key(sid: str) -> str:
    """Where Redis keeps a session: under a hash of its id, so that reading Redis gives nobody a session."""
    return store_key("session", tokens.keyed_hash("", "session-id", sid)[:43])


def _today() -> str:
    return datetime.now(UTC).strftime("%j")
