"""Building the application: the only place that knows all rooms and wires them together."""

from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask_babel import Babel
from flask_migrate import Migrate

from app import blueprints, cli, subscriptions
from app.accounts import identity, standing_in
from app.cache import client as cache
from app.cache import clock_offset
from app.cart import context as cart_context
from app.cart import following
from app.catalog import shelves
from app.channels import dkim, sendgrid_events, vapid
from app.clock import Clock
from app.config import Config, from_environment
from app.console import shell
from app.database import base
from app.events import outbox
from app.observability import logging as logs
from app.observability import metrics
from app.recovery import push_views
from app.stores import request as store_request
from app.tasks import background, periodic
from app.web import (
    addresses,
    assets,
    dates,
    formats,
    htmx,
    language,
    live,
    markup,
    page,
    rate_limit,
    refusals,
    security,
    sessions,
    templates,
)
from app.webhooks import publishing

ROOT = Path(__file__).resolve().parents[1]
LARGEST_FORM = 64 * 1024


def create_app(config: Config | None = None) -> Flask:
    """The WSGI application of `config` (default: the environment's). Raises BadConfiguration."""
    config = config or from_environment()
    logs.configure(config)
    app = Flask("dualcart", root_path=str(ROOT), instance_path=str(Path(config.instance).resolve()))
    app.config.update(
        DUALCART=config,
        CLOCK=Clock(timedelta if config.production else clock_offset.reader(config)),
        SECRET_KEY=config.secret_key,
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM,
        MAX_FORM_PARTS=200,
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "app" / "translations"),
    )
    app.jinja_environment = templates.TemplateEnvironment  # type: ignore[assignment]  # Flask means: or a subclass
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.session_interface = sessions.RedisSessionInterface(config)
    if config.trusted_proxies:
        _trust_proxies(app, config.trusted_proxies)
    base.init_app(app, config)
    cache.init_app(app, config)
    Migrate(app, base.db, directory=str(ROOT / "migrations"))
    logs.init_app(app)
    metrics.init_app(app)
    store_request.init_app(app, config)
    security.init_app(app, config)
    rate_limit.init_app(app, config)
    htmx.init_app(app)
    formats.init_app(app)
    addresses.init_app(app)
    dates.init_app(app)
    assets.init_app(app)
    page.init_app(app)
    markup.init_app(app)
    refusals.init_app(app)
    identity.init_app(app)
    standing_in.init_app(app)
    live.init_app(app, config)
    cart_context.init_app(app)
    following.init_app(app)
    push_views.init_app(app)
    shelves.init_app(app)
    shell.init_app(app)
    Babel(app, locale_selector=store_request.current_locale)
    language.init_app(app)
    subscriptions.subscribe()
    periodic.run_in(app)
    outbox.wake_with(background.wake)
    publishing.wake_with(background.wake_webhooks)
    dkim.check(config)
    vapid.check(config)
    sendgrid_events.check(config)
    blueprints.register(app, config)
    cli.register(app)
    return app


def _trust_proxies(app: Flask, hops: int) -> None:
    from werkzeug.middleware.proxy_fix import ProxyFix

    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
