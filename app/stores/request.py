"""The first thing each request does: enter the store of its host name and settle on a language."""

from typing import cast

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import BadRequest

from app.config import Config
from app.database import tenancy
from app.database.transaction import finish_reading
from app.stores import directory
from app.stores.directory import StoreView

LOCALE_COOKIE = "locale"
STORELESS = frozenset({"static", "observability.healthz", "observability.readyz", "observability.metrics"})


def init_app(app: Flask, config: Config) -> None:
    """Enter the store before anything else looks at the request."""

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
    def remember_locale(response: Response) -> Response:
        chosen = request.args.get("lang")
        if chosen and g.get("store") and chosen in g.store.locales:
            response.set_cookie(
                LOCALE_COOKIE, chosen, max_age=31_536_000, samesite="Lax", secure=config.secure_cookies, httponly=True
            )
        return response


def current_store() -> StoreView:
    """The store of this request."""
    return cast(StoreView, g.store)


def current_locale() -> str:
    """The language of this request: ?lang=, then the cookie, then what the browser prefers."""
    return cast(str, g.get("locale", "en"))


def current_config() -> Config:
    """The deployment's configuration."""
    return cast(Config, current_app.config["DUALCART"])


def _locale(store: StoreView) -> str:
    for wanted in (request.args.get("lang"), request.cookies.get(LOCALE_COOKIE)):
        if wanted is not None and wanted in store.locales:
            return wanted
    return request.accept_languages.best_match(store.locales) or store.locales[0]
