""" "Messages I get" for whoever this browser is known as: signed in, or a guest after giving an address at checkout.

A guest sees and stops what was said under their own id alone, and says yes where it was asked: at checkout.
"""

from dataclasses import replace

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_limiter import RateLimitExceeded
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import limits, whereabouts
from app.accounts.errors import CodeRefused
from app.accounts.next_page import safe_next
from app.accounts.standing_in import known_customer_id
from app.cart import context
from app.errors import NotFound
from app.ids import CustomerId
from app.orders.addresses import BadPhone, check_phone, gets_sms
from app.recovery import phones, preferences
from app.recovery.preference_page import Row, label, rows
from app.recovery.preference_views import UnknownChannel
from app.recovery.preferences import Word, masked
from app.recovery.values import Channel
from app.stores.request import current_config, current_locale, current_store
from app.web.language import gettext as _
from app.web.rate_limit import CODES, limiter
from app.web.refusals import describe

bp = Blueprint("messages", __name__)
bp.register_error_handler(RateLimitExceeded, limits.too_many)

code_limits = limiter.shared_limit(CODES, scope="phone-codes", methods=["POST"])


@bp.get("")
def show() -> AnyResponse:
    """What there is, and what is on."""
    reader = context.known_customer()
    if reader is None:
        return _to_sign_in("messages.show")
    account = known_customer_id() is not None
    found = rows(preferences.choices(reader, alone=not account))
    page = render_template(
        "recovery/messages.html",
        rows=found if account else _of_guest(found),
        account=account,
        done="done" in request.args,
    )
    return make_response(page)


@bp.post("")
def choose() -> AnyResponse:
    """Switch one of them; pressed again, it is switched back. SMS are switched on by a code."""
    reader = context.known_customer()
    if reader is None:
        return _to_sign_in("messages.show")
    channel = _channel()
    word = Word(label(channel), current_locale(), "account")
    whereabouts.keep_zone(reader, request.form.get("time_zone", ""))
    if request.form.get("on") != "1":
        preferences.stop(reader, channel, word, context.now())
    elif channel is Channel.SMS:
        return redirect(url_for("messages.phone"), 303)
    elif known_customer_id() is not None:
        preferences.resume(reader, channel, word, context.now())
    return redirect(url_for("messages.show"), 303)


@bp.get("/phone")
def phone() -> AnyResponse:
    """Where a number is given, and then its code typed."""
    _require_sms()
    reader = context.known_customer()
    if reader is None:
        return _to_sign_in("messages.phone")
    return _page(reader)


@bp.post("/phone")
@code_limits
def give_phone() -> AnyResponse:
    """A number: it is sent a code."""
    _require_sms()
    reader = context.known_customer()
    if reader is None:
        return _to_sign_in("messages.phone")
    typed = request.form.get("phone", "")[:40]
    try:
        number = check_phone(typed, current_store().settings.country)
        if not gets_sms(number):
            raise BadPhone()
    except BadPhone:
        sentence = _("Enter a mobile number with its country code, like +49 1512 3456789.")
        return _page(reader, typed=typed, problems=(("phone", sentence),))
    whereabouts.keep_zone(reader, request.form.get("time_zone", ""))
    said = Word(" ".join(wording()), current_locale(), "account")
    try:
        phones.ask(reader, number, said, caller=request.remote_addr or "", now=context.now())
    except phones.TooManyCodes as refusal:
        return _page(reader, typed=typed, problems=(("phone", describe(refusal)),))
    return redirect(url_for("messages.phone", next=_next() or None), 303)


@bp.post("/phone/code")
@code_limits
def type_code() -> AnyResponse:
    """The code: from now on there are reminders by SMS."""
    _require_sms()
    reader = context.known_customer()
    if reader is None:
        return _to_sign_in("messages.phone")
    try:
        phones.confirm(reader, request.form.get("code", ""), context.now())
    except CodeRefused as refusal:
        return _page(reader, problems=(("code", describe(refusal)),))
    return redirect(_next() or url_for("messages.show", done=1), 303)


def wording() -> tuple[str, str]:
    """What is agreed to by asking for a code: kept with the yes."""
    return (
        _("By typing the code you agree to reminders of the cart you leave, by SMS to this number."),
        _("Not needed to buy. Your provider may charge for SMS. Reply STOP and they end."),
    )


def _page(reader: CustomerId, *, typed: str = "", problems: tuple[tuple[str, str], ...] = ()) -> AnyResponse:
    pending = None if "change" in request.args or typed else phones.find_pending(reader, context.now())
    if pending is None and problems and problems[0][0] == "code":
        problems = (
            ("phone", problems[0][1]),
        )  # there is no code to type any more: the number's field is what there is
    page = render_template(
        "recovery/phone.html",
        sent_to=masked(Channel.SMS, pending.phone) if pending else "",
        typed=typed,
        problems=list(problems),
        wording=wording(),
        next=_next(),
    )
    return make_response(page, 422 if problems else 200)


def _of_guest(found: tuple[Row, ...]) -> tuple[Row, ...]:
    """A guest's rows: what is off is switched on where it was asked for; SMS by the number itself."""
    at_checkout = _("You can say yes at checkout.")
    return tuple(
        row if row.on or row.by_code else replace(row, why=at_checkout) for row in found if row.channel != "push"
    )


def _require_sms() -> None:
    if not phones.offered(current_store().settings, current_config()):
        raise NotFound()


def _channel() -> Channel:
    try:
        return Channel(request.form.get("channel", ""))
    except ValueError:
        raise UnknownChannel() from None


def _next() -> str:
    return safe_next(request.values.get("next"), "")


def _to_sign_in(endpoint: str) -> AnyResponse:
    return redirect(url_for("accounts.sign_in", next=url_for(endpoint)), 303)
