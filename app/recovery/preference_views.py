"""The doors of what somebody gets from us: a message's stop link and its choices, RFC 8058's button."""

from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_limiter import RateLimitExceeded
from werkzeug.wrappers import Response as AnyResponse

from app.cart import context
from app.errors import NotFound
from app.recovery import link_forms, preferences, suppression
from app.recovery.agents import Verdict
from app.recovery.linked import Linked, find
from app.recovery.preference_page import label, rows
from app.recovery.preferences import Word, masked
from app.recovery.values import Agent, Channel
from app.stores.request import current_locale
from app.web.language import gettext as _
from app.web.refusals import register
from app.web.security import for_machines, with_own_key

bp = Blueprint("preferences", __name__)
machines = Blueprint("one_click", __name__)
bp.register_error_handler(RateLimitExceeded, link_forms.too_many)


class StopLinkGone(NotFound):
    """No message carried this link, or it was too long ago."""

    code = "preferences_link_unknown"


class UnknownChannel(NotFound):
    """There is no such channel."""

    code = "unknown_channel"


register(
    {
        "preferences_link_unknown": lambda p: _("This link does not work, or no longer."),
        "unknown_channel": lambda p: _("There is nothing here."),
    }
)


@bp.get("/<token>")
@link_forms.reading_limits
def show(token: str) -> Response:
    """Whether to stop, or that it is stopped. Looking changes nothing."""
    linked = _linked(token)
    choice = preferences.choices(linked.customer_id)[linked.channel]
    hashed = linked.address_hash
    stopped = not choice.on and (choice.suppressed is not None or (choice.word is not None and not choice.word.granted))
    stopped = stopped or bool(hashed and suppression.find(linked.channel, hashed))
    return _page(
        "recovery/stop.html",
        token,
        address=masked(linked.channel, choice.address),
        stopped=stopped,
        closed=choice.closed,
    )


@bp.post("/<token>")
@link_forms.pressing_limits
@with_own_key
def stop(token: str) -> AnyResponse:
    """No more reminders on the channel of the message."""
    link_forms.operation(token)
    linked = _linked(token, however_old=True)
    _stop(linked, linked.channel, Word(_("Stop cart reminders"), current_locale(), "page", linked.message_id))
    return redirect(url_for("preferences.show", token=token), 303)


@bp.post("/<token>/undo")
@link_forms.pressing_limits
@with_own_key
def undo(token: str) -> AnyResponse:
    """Go on with them after all."""
    link_forms.operation(token)
    linked = _linked(token)
    if linked.channel is Channel.SMS:
        return _to_phone()
    word = Word(label(linked.channel), current_locale(), "page", linked.message_id)
    preferences.resume(linked.customer_id, linked.channel, word, context.now(), hashed=linked.address_hash)
    return redirect(url_for("preferences.show", token=token), 303)


@bp.get("/<token>/choices")
@link_forms.reading_limits
def show_choices(token: str) -> Response:
    """Everything that can be had, with what is on."""
    linked = _linked(token)
    return _page("recovery/choices.html", token, rows=rows(preferences.choices(linked.customer_id)))


@bp.post("/<token>/choices")
@link_forms.pressing_limits
@with_own_key
def choose(token: str) -> AnyResponse:
    """Switch one of them."""
    link_forms.operation(token)
    linked, channel = _linked(token), _channel()
    word = Word(label(channel), current_locale(), "page", linked.message_id)
    if request.form.get("on") == "1":
        if channel is Channel.SMS:
            return _to_phone()
        preferences.resume(linked.customer_id, channel, word, context.now())
    else:
        _stop(linked, channel, word)
    return redirect(url_for("preferences.show_choices", token=token), 303)


@machines.get("/<token>/one-click")
@link_forms.reading_limits
def to_page(token: str) -> AnyResponse:
    """Somebody opened the header's address: the page asks first."""
    return redirect(url_for("preferences.show", token=token), 303)


@machines.post("/<token>/one-click")
@for_machines
def one_click(token: str) -> Response:
    """A mail program's own button (RFC 8058): no cookies, no page, and 200 whatever the token is."""
    linked = find(token, "preferences")
    if linked is not None and request.form.get("List-Unsubscribe") == "One-Click":
        word = Word("List-Unsubscribe=One-Click", "en", "one-click", linked.message_id)
        _stop(linked, linked.channel, word, Agent.PROVIDER)
    answer = make_response("")
    answer.mimetype = "text/plain"
    return link_forms.quiet(answer)


def _stop(linked: Linked, channel: Channel, word: Word, agent: Agent = Agent.HUMAN) -> None:
    now = context.now()
    hashed = linked.address_hash if channel is linked.channel else ""
    preferences.stop(linked.customer_id, channel, word, now, hashed=hashed)
    link_forms.record(linked, "unsubscribed", Verdict(agent, {"by": word.source}), str(channel), now)


def _linked(token: str, *, however_old: bool = False) -> Linked:
    linked = find(token, "preferences")
    if linked is None or (context.now() >= linked.expires_at and not however_old):
        raise StopLinkGone()
    return linked


def _to_phone() -> AnyResponse:
    """A number has to say it itself, and whoever has a mail must not enter theirs: only who is known in this browser."""
    return redirect(url_for("messages.phone"), 303)


def _channel() -> Channel:
    try:
        return Channel(request.form.get("channel", ""))
    except ValueError:
        raise UnknownChannel() from None


def _page(template: str, token: str, **details: Any) -> Response:
    op_id, key = link_forms.new_form(token)
    return link_forms.quiet(make_response(render_template(template, token=token, op_id=op_id, key=key, **details)))
