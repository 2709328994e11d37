"""The cart page that stays open: where it listens, and what it gets when it asks whether anything has changed elsewhere."""

from dataclasses import replace

from flask import Flask, Response, render_template, request

from app.cart import context
from app.cart.presentation import CartView
from app.stores.request import current_locale
from app.web import htmx, live
from app.web.language import gettext as _
from app.web.live import Stream


def asked() -> bool:
    """Whether an open page asks (`region` is the language that it is in)."""
    return "region" in request.args and htmx.wants_fragment()


def answer(view: CartView) -> Response:
    """What is new since the page's tag, or 304. Either way a fresh ticket: shoppers sign in and out in other tabs."""
    if request.args["region"] != current_locale():
        return htmx.reload()
    if request.if_none_match.contains_weak(view.tag):
        response = Response(status=304)
        response.headers["Cache-Control"] = "no-store"
    else:
        seen = {tag.partition("-")[0] for tag in request.if_none_match.as_set(include_weak=True)}
        changed = str(view.version) not in seen
        said = (
            _("Your cart was changed on another device.")
            if changed
            else _("Prices or stock in your cart have changed.")
        )
        response = htmx.fragment(
            render_template("cart/followed.htmx.html", view=replace(view, said=said), changed=changed)
        )
    response.set_etag(view.tag, weak=True)
    listening = stream()
    response.headers["Live-Ticket"] = listening.ticket if listening else ""
    return response


def stream() -> Stream | None:
    """Where this shopper's page listens."""
    shopper = context.current_shopper()
    nobody = shopper.customer_id is None and shopper.guest_cart_id is None
    return live.stream_for(None if nobody else shopper.actor)


def init_app(app: Flask) -> None:
    """Offer it to the page."""
    app.jinja_env.globals["cart_stream"] = stream
