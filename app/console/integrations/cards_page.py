"""A card for each connection there is: how it stands, what is configured (never a secret), and a check of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

from flask import current_app, make_response, redirect, render_template, request, url_for
from markupsafe import escape
from sqlalchemy import select, text
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.models import StaffMember
from app.audit import log as audit
from app.cart import context
from app.channels import checking, vapid
from app.channels.outgoing import OutgoingEmail, SendFailure, TryLater
from app.channels.senders import sender_for
from app.config import Config
from app.console import shell
from app.console.integrations.words import check_word, off_word
from app.console.jobs.providers import ProviderRow, list_providers
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import finish_reading
from app.errors import NotFound
from app.ids import new_id
from app.payments import checking as payment_checking
from app.payments import registry
from app.recovery.values import Channel
from app.stores.request import current_locale, current_store
from app.web.language import gettext as _
from app.webhooks import endpoints

ICONS = {"email": "mail", "sms": "sms", "push": "bell"}
PAYMENT = "payment:"

LAST_PAYMENT = text("""
    SELECT started_at FROM payment_attempts WHERE store_id = :store AND provider = :provider AND state = 'succeeded'
    ORDER BY id DESC LIMIT 1""")


@dataclass(frozen=True, slots=True)
class Card:
    """A connection. `facts` are what is configured; `checks` whether there is somebody to ask."""

    key: str
    title: str
    name: str
    icon: str
    word: str
    tone: str
    state_icon: str
    facts: tuple[tuple[str, str], ...]
    last_at: datetime | None
    troubles: tuple[str, ...]
    checks: bool = True


class NoSuchConnection(NotFound):
    """Nothing of this name is connected."""

    code = "not_found"


def show() -> AnyResponse:
    """All of them, with what the last check found where one was just made."""
    now, locale = context.now(), current_locale()
    checked = request.args.get("checked", "")
    said, fine = check_word(request.args.get("result", ""))
    html = render_template(
        "console/integrations/index.html",
        cards=[*_channels(now, locale), *_payments()],
        hooks=[(one, off_word(one.off_reason) if one.off_reason else "") for one in endpoints.list_endpoints()],
        checked=checked if said else "",
        said=said,
        fine=fine,
        may_act=shell.sees_everything(),
        removed=bool(request.args.get("removed")),
    )
    return make_response(html)


def check() -> AnyResponse:
    """Ask the other side whether it lets us in."""
    key, config = request.form.get("key", ""), _config()
    kind, _colon, name = key.partition(":")
    finish_reading()
    try:
        ask = payment_checking.check if kind == "payment" else checking.check
        found = ask(name if kind == "payment" else _sender_name(key), config)
    except KeyError:
        raise NoSuchConnection() from None
    audit.record(
        "connection_checked",
        actor=shell.actor(),
        subject=("connection", key),
        now=context.now(),
        details={"found": found},
    )
    return redirect(url_for("console.integrations", checked=key, result=found, _anchor=_anchor(key)), 303)


def send_test() -> AnyResponse:
    """A test email to whoever asks."""
    sender = sender_for("email", _config())
    to: str = db.session.execute(select(StaffMember.email).where(StaffMember.id == shell.person().id)).scalar_one()
    finish_reading()
    if sender is None:
        raise NoSuchConnection()
    locale, words = current_locale(), _("This is a test. Emails of your store get through.")
    message = OutgoingEmail(
        id=new_id(),
        to=to,
        sender_name=current_store().name(locale),
        subject=_("A test of your store's email"),
        html=f"<p>{escape(words)}</p>",
        text=words,
        locale=locale,
    )
    try:
        sender.send(message)
        found = "sent"
    except TryLater as failure:
        found = {"not_reached": "not_reached", "not_authorised": "not_authorised"}.get(failure.reason, "not_understood")
    except SendFailure:
        found = "refused"
    audit.record(
        "test_email_sent",
        actor=shell.actor(),
        subject=("connection", "email"),
        now=context.now(),
        details={"found": found},
    )
    return redirect(url_for("console.integrations", checked="email", result=found, _anchor=_anchor("email")), 303)


def _channels(now: datetime, locale: str) -> list[Card]:
    rows = {row.code: row for row in list_providers(now, locale, days=timedelta(days=7))}
    return [_channel(rows[channel.value]) for channel in Channel if channel.value in rows]


def _channel(row: ProviderRow) -> Card:
    return Card(
        key=row.code,
        title=row.channel,
        name=row.name,
        icon=ICONS[row.code],
        word=row.word,
        tone=row.tone,
        state_icon=row.icon,
        facts=tuple(_facts(_sender_name(row.code), _config())),
        last_at=row.last_at,
        troubles=row.troubles,
    )


def _payments() -> list[Card]:
    found = []
    for name, provider in registry.providers(_config()).items():
        names = {"store": current_store_id(), "provider": name}
        last = db.session.execute(LAST_PAYMENT, names).scalar() if provider.collects else None
        facts: tuple[tuple[str, str], ...] = ()
        if name == "stripe":
            live = "_live_" in _config().stripe_secret_key
            facts = (
                (_("Mode"), _("real payments") if live else _("test payments")),
                (_("Events come to"), _back("/payments/stripe/events")),
            )
        title = registry.describe(name).title
        found.append(
            Card(
                f"{PAYMENT}{name}",
                _("Payment"),
                title,
                "cash",
                _("offered"),
                "ok",
                "check",
                facts,
                last,
                (),
                name == "stripe",
            )
        )
    return found


def _facts(provider: str, config: Config) -> list[tuple[str, str]]:
    """What is configured, without anything secret."""
    if provider == "smtp":
        server = urlsplit(config.smtp_url)
        way = _("encrypted") if server.scheme == "smtps" or "starttls=1" in server.query else _("not encrypted")
        host = f"{server.hostname}:{server.port}" if server.port else str(server.hostname)
        signed = _("yes") if config.dkim_private_key_file else _("no")
        return [
            (_("Server"), host),
            (_("Connection"), way),
            (_("From"), config.mail_from),
            (_("Signed with DKIM"), signed),
        ]
    if provider == "sendgrid":
        return [(_("From"), config.mail_from), (_("Events come to"), _back("/channels/sendgrid/events"))]
    if provider == "twilio":
        sender = config.twilio_from or config.twilio_messaging_service_sid
        return [(_("From"), sender), (_("Answers come to"), _back("/channels/twilio/incoming"))]
    if provider == "webpush":
        return [(_("Whom push services may ask"), vapid.subject(config))]
    return [(_("Connection"), _("Nothing leaves this machine."))]


def _back(path: str) -> str:
    return f"{_config().callbacks_at}{path}"


def _sender_name(channel: str) -> str:
    sender = sender_for(channel, _config()) if channel in ICONS else None
    if sender is None:
        raise NoSuchConnection()
    return sender.name


def _anchor(key: str) -> str:
    return f"connection-{key.replace(':', '-')}"


def _config() -> Config:
    return cast(Config, cast(Any, current_app).config["DUALCART"])
