"""The first thing each request does: enter the store of its host name and settle on a language."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import BadRequest

from app.config import Config
from app.database import tenancy
from app.database.transaction import finish_reading
from app.stores import directory
from app.stores.directory import StoreView

LOCALE_COOKIE = "locale"
CURRENCY_COOKIE = "currency"
YEAR = 31_536_000
STORELESS = frozenset({"static", "observability.healthz", "observability.readyz", "observability.metrics"})


def init_app(app: Flask, config: Config) -> None:
    """Enter the store before anything else looks at the request."""

    app.jinja_env.globals["current_currency"] = current_currency

    @app.before_request
    def enter() -> None:
        g.store = None
        g.locale = "en"
        tenancy.set_store(None)
        if request.endpoint in STORELESS:
            return
        host = request.host.rsplit(":", 1)[0].lower() if not request.host.startswith("[") else request.host
        if len(host) > 253:
            raise BadRequest()
        g.store = directory.find_by_host(host, default_slug=config.default_store, seconds=config.store_cache_seconds)
        tenancy.set_store(g.store.id)
        g.locale = _locale(g.store)

    @app.after_request
    def finish(response: Response) -> Response:
        finish_reading()
        return response

    @app.teardown_request
    def leave(_error: BaseException | None) -> None:
        tenancy.set_store(None)  # the thread goes on to other work

    @app.after_request
    def remember_currency(response: Response) -> Response:
        settled = g.get("currency_settled")
        if settled and len(g.store.currencies) > 1 and request.cookies.get(CURRENCY_COOKIE) != settled:
            response.set_cookie(
                CURRENCY_COOKIE, settled, max_age=YEAR, samesite="Lax", secure=config.secure_cookies, httponly=True
            )
        return response

    @app.after_request
    def remember_locale(response: Response) -> Response:
        chosen = request.args.get("lang")
        if chosen and g.get("store") and chosen in g.store.locales:
            response.set_cookie(
                LOCALE_COOKIE, chosen, max_age=YEAR, samesite="Lax", secure=config.secure_cookies, httponly=True
            )
        return response


@contextmanager
def at_current_store() -> Iterator[StoreView]:
    """For jobs: the store of the work at hand, where a request would have it. Ends a reading transaction."""
    before = g.get("store")
    g.store = directory.get(tenancy.current_store_id())
    try:
        yield g.store
    finally:
        g.store = before


def current_store() -> StoreView:
    """The store of this request."""
    return cast(StoreView, g.store)


def current_locale() -> str:
    """The language of this request: ?lang=, then the cookie, then what the browser prefers."""
    return cast(str, g.get("locale", "en"))


def current_currency() -> str:
    """What this request's prices are in: the currency of the shopper's cart as far as it is known, else what they chose."""
    settle = current_app.extensions.get("settle_currency")
    if len(current_store().currencies) > 1 and "currency_settled" not in g and settle is not None:
        settle()
    return chosen_currency()


def chosen_currency() -> str:
    """What a cart that is not opened yet would be in: what the shopper chose, what the language suggests, the store's own."""
    store = current_store()
    by_language = store.settings.currency_by_language.get(current_locale())
    for wanted in (g.get("currency_settled"), request.cookies.get(CURRENCY_COOKIE), by_language):
        if wanted is not None and wanted in store.currencies:
            return wanted
    return store.currency


def settle_currency(currency: str) -> None:
    """Have this request's prices in `currency`, and the browser remember it."""
    if currency in current_store().currencies:
        g.currency_settled = currency


def follow_currency(app: Flask, settle: Callable[[], None]) -> None:
    """Have `settle` asked for the currency of the shopper's cart, which a room above knows."""
    app.extensions["settle_currency"] = settle


def current_config() -> Config:
    """The deployment's configuration."""
    return cast(Config, current_app.config["DUALCART"])


def _locale(store: StoreView) -> str:
    for wanted in (request.args.get("lang"), request.cookies.get(LOCALE_COOKIE)):
        if wanted is not None and wanted in store.locales:
            return wanted
    return request.accept_languages.best_match(store.locales) or store.locales[0]
