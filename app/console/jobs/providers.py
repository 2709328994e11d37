"""How the providers of messages stand: their circuits, what they may be given, what they took and refused lately."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from flask import current_app
from sqlalchemy import text

from app.channels.senders import sender_for
from app.config import Config
from app.console.episode_words import channel_word
from app.console.jobs.words import failure_word
from app.console.spans import span
from app.database.base import db
from app.database.tenancy import current_store_id
from app.recovery import breaker, rates
from app.recovery.values import Channel
from app.web.formats import number
from app.web.language import gettext as _
from app.web.language import ngettext

NAMES = {"smtp": "SMTP", "sendgrid": "SendGrid", "twilio": "Twilio", "webpush": "Web Push"}

SENT = text("""
    SELECT channel, count(*) AS sent, max(sent_at) AS last_at FROM messages
    WHERE store_id = :store AND sent_at >= :since GROUP BY channel""")

REFUSED = text("""
    SELECT channel, reason, count(*) AS messages, max(ended_at) AS last_at FROM messages
    WHERE store_id = :store AND state IN ('failed', 'uncertain') AND ended_at >= :since
    GROUP BY channel, reason ORDER BY messages DESC""")


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """A provider. `code` is its channel's; `troubles` are what failed lately and how often, in words."""

    code: str
    name: str
    channel: str
    word: str
    tone: str
    icon: str
    rate: str
    sent: str
    last_at: datetime | None
    troubles: tuple[str, ...]


def provider_name(code: str) -> str:
    """A provider as it is called."""
    return NAMES.get(code) or (_("The demo's mailbox") if code == "mailbox" else code)


def list_providers(now: datetime, locale: str, *, days: timedelta = timedelta(days=1)) -> list[ProviderRow]:
    """The provider of each channel that has one here; figures are this store's, of the last `days`."""
    config = cast(Config, cast(Any, current_app).config["DUALCART"])
    names = {"store": current_store_id(), "since": now - days}
    sent = {row.channel: row for row in db.session.execute(SENT, names)}
    refused = db.session.execute(REFUSED, names).all()
    rows = []
    for channel in Channel:
        sender = sender_for(channel, config)
        if sender is None:
            continue
        word, tone, icon = _circuit(sender.name, locale)
        took = sent.get(channel.value)
        per_second = rates.rate_of(sender.name, of_store=True)
        rows.append(
            ProviderRow(
                code=channel.value,
                name=provider_name(sender.name),
                channel=channel_word(channel.value),
                word=word,
                tone=tone,
                icon=icon,
                rate=_("at most %(num)s in a second", num=number(int(per_second), locale)),
                sent=number(took.sent if took else 0, locale),
                last_at=took.last_at if took else None,
                troubles=tuple(
                    _trouble(one.reason, one.messages, locale) for one in refused if one.channel == channel.value
                ),
            )
        )
    return rows


def _trouble(reason: str, count: int, locale: str) -> str:
    times = ngettext("%(num)s time", "%(num)s times", count, num=number(count, locale))
    return f"{failure_word(reason)} {times}"


def _circuit(name: str, locale: str) -> tuple[str, str, str]:
    circuit = breaker.look(name)
    if circuit.wait:
        rest = span(timedelta(seconds=circuit.wait), locale)
        return _("left alone, tried again in %(rest)s", rest=rest), "bad", "warn"
    if circuit.probe:
        return _("one message is tried next"), "late", "clock"
    return (_("fine"), "ok", "check") if circuit.clean else (_("failed lately"), "late", "clock")
