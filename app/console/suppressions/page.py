"""The list of addresses that are not written to: looked through by reason and day, one address asked for, entered, lifted."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.addresses import normalize_email
from app.cart import context
from app.console import shell
from app.console.campaign_words import channel_word
from app.console.suppressions.words import reason_word, source_word
from app.errors import Invalid, Refusal
from app.orders.addresses import check_phone
from app.recovery import suppression, suppression_list
from app.recovery.suppression_list import Entry
from app.recovery.values import Channel, SuppressionReason
from app.stores.request import current_store
from app.web.refusals import describe

LONGEST_NOTE = 200


def index() -> AnyResponse:
    """The newest entries first."""
    return _page()


def search() -> AnyResponse:
    """Whether an address is on the list. By POST: addresses do not stand in addresses."""
    try:
        channel, address = _typed_address()
    except Invalid as refusal:
        return _page(problem=refusal)
    hashed = suppression.address_hash(channel, address)
    found = suppression_list.list_entries(channel=channel, hash=hashed)
    return _page(found=found, asked_for=request.form.get("address", "").strip())


def enter() -> AnyResponse:
    """An address that is to be written to no more."""
    try:
        channel, address = _typed_address()
        suppression_list.enter(
            channel,
            address,
            _reason(request.form.get("reason", "")),
            actor=shell.actor(),
            note=request.form.get("note", "").strip()[:LONGEST_NOTE],
            now=context.now(),
        )
    except Refusal as refusal:
        return _page(problem=refusal)
    return redirect(url_for("console.suppressions", done="entered"), 303)


def lift(channel: str, hashed: str) -> AnyResponse:
    """An address that may be written to again."""
    if channel not in list(Channel):
        raise suppression_list.SuppressionNotFound()
    try:
        suppression_list.lift(Channel(channel), hashed, actor=shell.actor(), now=context.now())
    except suppression_list.NotToBeLifted as refusal:
        return _page(problem=refusal)
    return redirect(url_for("console.suppressions", done="lifted"), 303)


def _page(*, problem: Refusal | None = None, found: list[Entry] | None = None, asked_for: str = "") -> AnyResponse:
    wanted = _wanted() if found is None else {}
    listed = suppression_list.list_entries(_before(), **_asked(wanted)) if found is None else found
    shown, more = listed[: suppression_list.PAGE], len(listed) > suppression_list.PAGE
    html = render_template(
        "console/suppressions/index.html",
        rows=[(one, channel_word(one.channel), reason_word(one.reason), source_word(one.source)) for one in shown],
        fingerprint=suppression_list.fingerprint,
        wanted=wanted,
        searched=found is not None,
        asked_for=asked_for,
        older=_older(wanted, shown[-1]) if more else "",
        channels=[(channel.value, channel_word(channel)) for channel in (Channel.EMAIL, Channel.SMS)],
        reasons=[(reason.value, reason_word(reason)) for reason in SuppressionReason],
        entered=[(reason.value, reason_word(reason)) for reason in suppression_list.ENTERED],
        said=describe(problem) if problem else "",
        typed=request.form if problem else {},
        done=request.args.get("done", "") if problem is None else "",
        may_edit=shell.sees_everything(),
    )
    status = 200 if problem is None else 422 if isinstance(problem, Invalid) else 409
    return make_response(html, status)


def _older(wanted: dict[str, Any], last: Entry) -> str:
    return url_for("console.suppressions", **wanted, before=_cursor(last))


def _wanted() -> dict[str, str]:
    """What the address asks for; nonsense counts as not asked."""
    known: dict[str, list[str]] = {"channel": list(Channel), "reason": list(SuppressionReason)}
    wanted = {name: request.args.get(name, "") for name in known if request.args.get(name, "") in known[name]}
    try:
        return {**wanted, "since": date.fromisoformat(request.args.get("since", "")).isoformat()}
    except ValueError:
        return wanted


def _asked(wanted: dict[str, str]) -> dict[str, Any]:
    if "since" not in wanted:
        return dict(wanted)
    day = date.fromisoformat(wanted["since"])
    begins = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(current_store().time_zone))
    return {**wanted, "since": begins}


def _cursor(entry: Entry) -> str:
    return f"{entry.since.astimezone(UTC).isoformat()}~{entry.address_hash}~{entry.channel}"


def _before() -> tuple[datetime, str, str] | None:
    moment, _tilde, rest = request.args.get("before", "")[:200].partition("~")
    hashed, _tilde, channel = rest.partition("~")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (at, hashed, channel) if at.tzinfo else None


def _typed_address() -> tuple[Channel, str]:
    """The channel and the one spelling of the address. Raises BadAddress, BadPhone."""
    typed = request.form.get("address", "")
    if request.form.get("channel") == Channel.SMS:
        return Channel.SMS, check_phone(typed, current_store().settings.country)
    return Channel.EMAIL, normalize_email(typed)


def _reason(typed: str) -> SuppressionReason:
    if typed not in list(SuppressionReason):
        raise suppression_list.NotToBeEntered()
    return SuppressionReason(typed)
