"""Who a signed-in customer is while Redis is away and their session cannot be read (docs/decisions/0063).

A signed cookie of their own says so, bound to the session it stands in for. It is believed only as long as Redis is away,
only for the cart and the way to an order, and not if the customer has signed out everywhere since it was given.
"""

import time
from typing import Any, cast

from flask import Flask, Response, current_app, g, request, session
from sqlalchemy import text

from app import tokens
from app.accounts.identity import CustomerIdentity, current_customer_id, sessions_lost
from app.config import Config
from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import CustomerId, parse_id

SECONDS = 7 * 86_400  # since the last day they were here; their session lives longer

# Signing out everywhere is kept in PostgreSQL for this alone: Redis, which forgets the sessions, is away.
STILL = text("""
    SELECT 1 FROM customers WHERE store_id = :store AND id = :customer AND password_hash IS NOT NULL
    AND (signed_out_at IS NULL OR signed_out_at < to_timestamp(:given))""")

SIGNED_OUT = text("UPDATE customers SET signed_out_at = to_timestamp(:now) WHERE store_id = :store AND id = :customer")


def known_customer_id() -> CustomerId | None:
    """The customer who is signed in; while that cannot be looked up, the one whom this browser's cookie names."""
    customer_id = current_customer_id()
    if customer_id is not None or not sessions_lost():
        return customer_id
    if "standing_in" not in g:
        g.standing_in = _named()
    named: CustomerId | None = g.standing_in
    return named


def refuse_all(customer_id: CustomerId) -> None:
    """The customer signs out everywhere: no cookie given up to now is believed. In the caller's unit of work."""
    names = {"store": current_store_id(), "customer": customer_id, "now": int(time.time()) + 1}
    db.session.execute(SIGNED_OUT, names)


def init_app(app: Flask) -> None:
    """Give the cookie to who is signed in, renew it when the session's is, take it from who is not."""

    @app.after_request
    def send(response: Response) -> Response:
        state = cast(Any, session)
        person, there = g.get("_login_user"), _cookie_name() in request.cookies
        if isinstance(person, CustomerIdentity):
            if not there or state.new or state.renewed:
                _give(response, person.id)
        elif there and person is not None and not state.lost:
            response.delete_cookie(_cookie_name(), secure=_config().secure_cookies, httponly=True, samesite="Lax")
        return response


def _give(response: Response, customer_id: CustomerId) -> None:
    response.set_cookie(
        _cookie_name(),
        _signer().sign(f"{customer_id}.{_session_mark()}.{int(time.time())}"),
        max_age=SECONDS,
        secure=_config().secure_cookies,
        httponly=True,
        samesite="Lax",
    )


def _named() -> CustomerId | None:
    customer, _dot, rest = (_signer().read(request.cookies.get(_cookie_name())) or "").partition(".")
    mark, _dot, given = rest.partition(".")
    customer_id = parse_id(customer)
    if customer_id is None or not tokens.same(mark, _session_mark()) or int(given) + SECONDS < time.time():
        return None
    names = {"store": current_store_id(), "customer": customer_id, "given": int(given)}
    return CustomerId(customer_id) if db.session.execute(STILL, names).first() else None


def _session_mark() -> str:
    """By which the cookie knows its session, without telling its id; the store's, since sessions are."""
    about = f"{current_store_id()}:{cast(Any, session).sid}"
    return tokens.keyed_hash(_config().secret_key, "standing-in", about)[:43]


def _cookie_name() -> str:
    return "__Host-known" if _config().secure_cookies else "known"


def _signer() -> tokens.CookieSigner:
    return tokens.CookieSigner(_config().secret_key, "standing-in")


def _config() -> Config:
    return cast(Config, cast(Any, current_app).config["DUALCART"])
