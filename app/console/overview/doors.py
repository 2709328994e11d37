"""Doors of the overview: the page, its boxes anew, and what of it is live."""

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.guards import EVERY_ROLE, requires_role
from app.console import figures, roles
from app.console.overview import page, periods
from app.console.shell import ANALYST_UP, person
from app.recovery.campaigns import live
from app.recovery.values import Trigger
from app.stores.request import current_locale
from app.web import htmx
from app.web.live import staff_stream


def add(bp: Blueprint) -> None:
    """Hang them."""
    bp.add_url_rule("", "home", requires_role(*EVERY_ROLE)(home))
    bp.add_url_rule("/now", "now", requires_role(*ANALYST_UP)(now))


def home() -> AnyResponse:
    """What messages add, how carts and jobs stand; sellers have a page of their own. An open page asks for the boxes alone."""
    if person().role == "seller":
        return redirect(url_for("console.seller"), 303)
    view = page.look(request.args.get("days", type=int), current_app.config["CLOCK"].now())
    if htmx.wants_fragment():
        return _fresh(render_template("console/overview/_boxes.html", view=view, **_campaigns(view)))
    stream = staff_stream()
    html = render_template(
        "console/overview/index.html", view=view, periods=periods.DAYS, stream=stream, **_frame(), **_campaigns(view)
    )
    return make_response(html)


def now() -> AnyResponse:
    """What is live, for an open page; without JavaScript it leads back to it."""
    if not htmx.wants_fragment():
        return redirect(url_for("console.home"), 303)
    live_now = page.look_now(current_app.config["CLOCK"].now())
    return _fresh(render_template("console/overview/_now.html", live=live_now))


def _fresh(html: str) -> Response:
    """A fragment with a ticket for going on listening; the whole page, if its language (`region`) was changed in another tab."""
    if request.args.get("region", current_locale()) != current_locale():
        return htmx.reload()
    response = htmx.fragment(html)
    stream = staff_stream()
    response.headers["Live-Ticket"] = stream.ticket if stream else ""
    return response


def _frame() -> dict[str, object]:
    return {
        "person": person(),
        "role": roles.name(person().role),
        "abilities": roles.abilities(person().role),
        "shelves_figures": figures.catalog_figures(),
    }


def _campaigns(view: page.Overview) -> dict[str, object]:
    return {"campaigns_live": view.empty and live(Trigger.CART_ABANDONED) is not None}
