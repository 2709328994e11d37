"""A person's orders, the newest first, a page at a time by key."""

from datetime import datetime

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.cart import context
from app.orders import queries
from app.orders.presentation import Card, card_of
from app.orders.sentences import state_word
from app.stores.request import current_locale
from app.web import htmx


def show() -> AnyResponse:
    """The list; HTMX gets the next page of it for "Show more"."""
    customer_id = context.current_shopper().customer_id
    if customer_id is None:
        return redirect(url_for("accounts.sign_in", next=url_for("orders.index")), 303)
    before = _moment(request.args.get("before"))
    found = queries.list_orders(customer_id, before)
    locale = current_locale()
    cards: list[Card] = [card_of(order, state_word(order.state, order.payment), locale) for order in found]
    last = found[-1].placed_at if len(found) == queries.PAGE else None
    more = url_for("orders.index", before=last.isoformat()) if last else None
    if htmx.wants_fragment():
        return htmx.fragment(render_template("orders/more.htmx.html", cards=cards, more=more))
    return make_response(render_template("orders/index.html", cards=cards, more=more, first=before is None))


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None
