"""The doors of stock alerts: ask, take back, stop. Each works by HTMX (swapped in place) and as a page of its own."""

import contextlib
from datetime import datetime
from typing import Any, cast

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, url_for
from flask_limiter import RateLimitExceeded
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import identity
from app.accounts import limits as account_limits
from app.accounts.addresses import normalize_email
from app.accounts.errors import BadAddress
from app.alerts import limits, service
from app.alerts.errors import NothingToWaitFor, StopLinkUnknown
from app.alerts.repository import Evidence
from app.alerts.rules import masked
from app.catalog.facts import VariantFacts
from app.errors import Refusal
from app.ids import VariantId, parse_id
from app.stores.request import current_config, current_locale
from app.web import htmx
from app.web.language import gettext as _
from app.web.refusals import describe
from app.web.security import for_machines

SOURCES = ("cart", "product", "page")

bp = Blueprint("alerts", __name__)
machines = Blueprint("alerts_one_click", __name__)


@bp.get("/<variant_id>")
def show(variant_id: str) -> Response:
    """Where a mail can be asked for; after a plain form, what was answered."""
    facts = service.get_awaited(_variant(variant_id))
    customer = identity.current_customer_id() is not None
    if request.args.get("done") == "asked":
        return _answer(facts, "asked", said=_("We email you when it is back."), undo=customer)
    if request.args.get("done") == "taken-back":
        return _answer(facts, "taken-back", said=_("No mail about this, then."))
    return _answer(facts, "available" if facts.in_stock else "ask")


@bp.post("/<variant_id>")
@limits.asking_limits
def ask(variant_id: str) -> AnyResponse:
    """Ask for a mail: a customer with one press, a guest with an address. Nobody learns who has an account."""
    wanted = _variant(variant_id)
    customer_id = identity.current_customer_id()
    try:
        if customer_id is not None:
            wording = _("Email me when it's back")
            email = service.ask_as_customer(wanted, customer_id, _evidence(wording), current_config())
        elif "email" not in request.form:
            if not htmx.wants_fragment():
                return redirect(url_for("alerts.show", variant_id=wanted), 303)
            return _answer(service.get_awaited(wanted), "ask")
        else:
            email = normalize_email(request.form["email"])
            service.ask_as_guest(wanted, email, _evidence(guest_wording()), current_config())
    except BadAddress as refusal:
        facts = service.get_awaited(wanted)
        return _answer(facts, "ask", problem=describe(refusal), typed=request.form["email"], status=refusal.status)
    except Refusal as refusal:
        if not htmx.wants_fragment():
            raise
        return _refused(describe(refusal), refusal.status)
    if not htmx.wants_fragment():
        return redirect(url_for("alerts.show", variant_id=wanted, done="asked"), 303)
    said = _("We email you at %(address)s when it is back.", address=masked(email))
    return _answer(service.get_awaited(wanted), "asked", said=said, undo=customer_id is not None)


@bp.post("/<variant_id>/undo")
def take_back(variant_id: str) -> AnyResponse:
    """A customer does not want the mail after all."""
    wanted = _variant(variant_id)
    customer_id = identity.current_customer_id()
    if customer_id is not None:
        service.take_back(wanted, customer_id, _now())
    if not htmx.wants_fragment():
        return redirect(url_for("alerts.show", variant_id=wanted, done="taken-back"), 303)
    return _answer(service.get_awaited(wanted), "taken-back", said=_("No mail about this, then."))


@bp.get("/stop/<token>")
@limits.stop_limits
def show_stop(token: str) -> Response:
    """What the link in a letter leads to. Looking changes nothing: mail scanners look."""
    done = "done" in request.args
    waiting = 0 if done else service.count_waiting(token, current_config())
    return make_response(render_template("alerts/stop.html", token=token, waiting=waiting, done=done))


@bp.post("/stop/<token>")
@limits.stop_limits
def stop(token: str) -> AnyResponse:
    """No more of these mails to the reader of that letter."""
    service.stop(token, current_config(), _now())
    return redirect(url_for("alerts.show_stop", token=token, done=1), 303)


@machines.get("/stop/<token>/one-click")
@limits.stop_limits
def to_stop_page(token: str) -> AnyResponse:
    """Somebody opened the address out of the letter's header: the page asks first."""
    return redirect(url_for("alerts.show_stop", token=token), 303)


@machines.post("/stop/<token>/one-click")
@for_machines
def stop_by_machine(token: str) -> Response:
    """A mail program's own button (RFC 8058): no cookies, no page, and 200 whatever the token is."""
    if request.form.get("List-Unsubscribe") == "One-Click":
        with contextlib.suppress(StopLinkUnknown):
            service.stop(token, current_config(), _now())
    answer = make_response("")
    answer.mimetype = "text/plain"
    return answer


@bp.errorhandler(RateLimitExceeded)
def too_many(error: RateLimitExceeded) -> Response:
    """Those who are too fast are told how long to wait, where they pressed."""
    answer = account_limits.too_many(error)
    if not htmx.wants_fragment():
        return answer
    fragment = _refused(account_limits.wait_sentence(), 429)
    fragment.headers["Retry-After"] = answer.headers["Retry-After"]
    return fragment


def guest_wording() -> str:
    """What a guest agrees to, word for word."""
    return _("We send one email to this address when it is back, and use it for nothing else.")


def _answer(
    facts: VariantFacts,
    state: str,
    *,
    said: str = "",
    undo: bool = False,
    problem: str = "",
    typed: str = "",
    status: int = 200,
) -> Response:
    """The slot that was pressed, or the page: `state` is ask, asked, taken-back or available."""
    details: dict[str, Any] = {
        "facts": facts,
        "state": state,
        "said": said,
        "undo": undo,
        "problem": problem,
        "typed": typed,
        "source": _source(),
        "wording": guest_wording(),
        "signed_in": identity.current_customer_id() is not None,
    }
    if htmx.wants_fragment():
        return htmx.fragment(render_template("alerts/answer.htmx.html", **details), status)
    return make_response(render_template("alerts/show.html", **details), status)


def _refused(sentence: str, status: int) -> Response:
    return htmx.fragment(render_template("alerts/refused.htmx.html", sentence=sentence), status)


def _evidence(wording: str) -> Evidence:
    return Evidence(wording=wording, locale=current_locale(), source=_source(), asked_at=_now())


def _source() -> str:
    wanted = request.form.get("source", "page")
    return wanted if wanted in SOURCES else "page"


def _variant(text: str) -> VariantId:
    variant_id = parse_id(text)
    if variant_id is None:
        raise NothingToWaitFor()
    return VariantId(variant_id)


def _now() -> datetime:
    return cast(datetime, cast(Any, current_app).config["CLOCK"].now())
