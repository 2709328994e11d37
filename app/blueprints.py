"""The table of doors: every blueprint, where it hangs, and for whom it is."""

from typing import Any

from flask import Flask, request

from app.accounts import views as accounts
from app.alerts import views as alerts
from app.cart import currency
from app.cart import views as cart
from app.catalog import views as catalog
from app.config import Config
from app.console import views as console
from app.demo import mailbox
from app.observability import health
from app.orders import views as orders
from app.payments import webhooks
from app.recovery import account_messages, channel_views, landing, preference_views, push_views
from app.web import visitors

SHOPPER, STAFF, OPERATOR, EVERYONE = "shopper", "staff", "operator", "everyone"
MACHINES = "machines"

AUDIENCES = {
    "static": EVERYONE,
    "observability": OPERATOR,
    "catalog": SHOPPER,
    "cart": SHOPPER,
    "currency": SHOPPER,
    "checkout": SHOPPER,
    "orders": SHOPPER,
    "accounts": SHOPPER,
    "alerts": SHOPPER,
    "alerts_one_click": MACHINES,
    "links": SHOPPER,
    "preferences": SHOPPER,
    "messages": SHOPPER,
    "one_click": MACHINES,
    "console": STAFF,
    "payments": MACHINES,
    "channels": MACHINES,
    "push": SHOPPER,
    "mailbox": OPERATOR,
}


def register(app: Flask, config: Config) -> None:
    """Hang all doors."""
    app.register_blueprint(health.bp)
    app.register_blueprint(catalog.bp)
    app.register_blueprint(cart.bp, url_prefix="/cart")
    app.register_blueprint(currency.bp)
    app.register_blueprint(orders.checkout, url_prefix="/checkout")
    app.register_blueprint(orders.orders, url_prefix="/orders")
    app.register_blueprint(accounts.bp, url_prefix="/account")
    app.register_blueprint(alerts.bp, url_prefix="/alerts")
    app.register_blueprint(alerts.machines, url_prefix="/alerts")
    app.register_blueprint(landing.bp, url_prefix="/r")
    app.register_blueprint(preference_views.bp, url_prefix="/u")
    app.register_blueprint(preference_views.machines, url_prefix="/u")
    app.register_blueprint(account_messages.bp, url_prefix="/account/messages")
    app.register_blueprint(console.bp, url_prefix="/console")
    app.register_blueprint(webhooks.bp, url_prefix="/payments")
    app.register_blueprint(channel_views.bp, url_prefix="/channels")
    app.register_blueprint(push_views.bp)
    if config.demo:
        app.register_blueprint(mailbox.bp, url_prefix="/demo/mailbox")

    @app.before_request
    def refuse_robots() -> None:
        # Not everywhere: providers' webhooks declare themselves, too.
        if AUDIENCES.get(request.blueprint or "") == SHOPPER:
            visitors.refuse_robots()


def audience_of(app: Flask, endpoint: str) -> dict[str, Any]:
    """For whom a route is, and which roles it asks for: what the guards (accounts/guards.py) put on the view."""
    view = app.view_functions[endpoint]
    audience = EVERYONE if getattr(view, "for_guests", False) else AUDIENCES[endpoint.split(".")[0]]
    return {"audience": audience, "roles": sorted(getattr(view, "required_roles", ()))}
