"""What a decision about a message was made by, as it was stored, in words: each fact, and which of them decided."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from app.console import campaign_forms, campaign_words, episode_words
from app.console.messages.consent_words import source_word
from app.recovery.decision import ConsentFact, MessageFacts
from app.recovery.values import Arm
from app.recovery.wording import sentence
from app.web.dates import day_and_time
from app.web.formats import country_name, localized_digits, number
from app.web.language import gettext as _
from app.web.language import ngettext

# Which fact a reason speaks of; the facts' names are those of recovery/decision.py.
DECIDED_BY: dict[str, str] = {
    "bought_since": "ordered",
    "staff": "staff",
    "fraud_suspected": "fraud",
    "no_address": "has_address",
    "address_not_confirmed": "address_confirmed",
    "no_consent": "consent",
    "consent_withdrawn": "consent",
    "no_double_opt_in": "consent",
    "campaign_archived": "campaign",
    "campaign_paused": "campaign",
    "recovery_off": "recovery_on",
    "channel_off": "channel_on",
    "channel_not_set_up": "has_sender",
    "cart_empty": "lines",
    "nothing_to_offer": "lines",
    "condition_not_met": "unmet",
    "enough_messages": "sent_in_episode",
    "one_sms_per_cart": "sent_in_episode",
    "overtaken": "later_step_sent",
    "frequency_zero": "sent_at",
    "too_soon": "sent_at",
    "too_often": "sent_at",
    "sms_too_late": "abandoned_at",
    "too_late": "planned_at",
    "no_common_hour": "hours",
    "quiet_hours": "hours",
    "payment_under_way": "paying_until",
    "active_again": "last_activity",
    "budget_spent": "budget",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was known. `decided` where it is what the decision came from."""

    label: str
    value: str
    decided: bool


def facts_of(inputs: Mapping[str, Any], reason: str, locale: str, zone: ZoneInfo) -> list[Fact]:
    """The stored inputs in words; none where the decision was made without facts (called off by somebody)."""
    try:
        known = msgspec.convert(inputs, MessageFacts)
    except msgspec.ValidationError:
        return []
    decisive = _decisive(reason)
    return [Fact(label(), value, name == decisive) for name, label, value in _rows(known, _Speaker(locale, zone))]


def _decisive(reason: str) -> str:
    if reason.startswith("episode_"):
        return "episode"
    return "suppressed" if reason.startswith("suppressed_") else DECIDED_BY.get(reason, "")


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Values in the reader's language."""

    locale: str
    zone: ZoneInfo

    def at(self, moment: datetime | None) -> str:
        return day_and_time(moment, self.locale, self.zone) if moment else _("no")

    def num(self, value: int) -> str:
        return number(value, self.locale)

    def span(self, span: timedelta) -> str:
        count, unit = campaign_forms.spoken_delay(int(span.total_seconds()))
        shown = self.num(count)
        if unit == "days":
            return ngettext("%(num)s day", "%(num)s days", count, num=shown)
        if unit == "hours":
            return ngettext("%(num)s hour", "%(num)s hours", count, num=shown)
        return ngettext("%(num)s minute", "%(num)s minutes", count, num=shown)


def _rows(known: MessageFacts, say: _Speaker) -> list[tuple[str, Callable[[], str], str]]:
    last = say.at(known.sent_at[0]) if known.sent_at else _("never")
    hours = localized_digits(f"{known.hours[0]:02}:00–{known.hours[1]:02}:00", say.locale)
    places = [zone.replace("_", " ") for zone in known.place.zones]
    countries = [country_name(country, say.locale) for country in sorted(known.place.countries)]
    comma = "، " if say.locale == "fa" else ", "
    rows: list[tuple[str, Callable[[], str], str]] = [
        ("planned_at", lambda: _("Planned for"), say.at(known.planned_at)),
        ("episode", lambda: _("The cart then"), episode_words.state_word(known.episode, Arm.NONE)[0]),
        ("abandoned_at", lambda: _("Left"), say.at(known.abandoned_at)),
        ("last_activity", lambda: _("Last activity"), say.at(known.last_activity)),
        ("ordered", lambda: _("Bought since"), _yes(known.ordered)),
        ("paying_until", lambda: _("A payment under way until"), say.at(known.paying_until)),
        ("lines", lambda: _("In the cart"), _stock(known, say)),
        ("consent", lambda: _("Consent"), _consent(known.consent, say)),
        ("suppressed", lambda: _("On the list of addresses not written to"), _suppressed(known)),
        ("has_address", lambda: _("There is an address"), _yes(known.has_address)),
        ("address_confirmed", lambda: _("The address is confirmed"), _yes(known.address_confirmed)),
        ("staff", lambda: _("Works here"), _yes(known.staff)),
        ("fraud", lambda: _("An order being checked for fraud"), _yes(known.fraud)),
        ("campaign", lambda: _("Campaign"), campaign_words.state_word(known.campaign)[0] if known.campaign else "–"),
        ("unmet", lambda: _("A condition that did not hold"), _condition(known.unmet)),
        ("recovery_on", lambda: _("Reminders are on in the store"), _yes(known.recovery_on)),
        ("channel_on", lambda: _("The channel is on"), _yes(known.channel_on)),
        ("has_sender", lambda: _("The channel is set up"), _yes(known.has_sender)),
        ("sent_in_episode", lambda: _("Sent about this cart"), _of(known.sent_in_episode, known.messages_at_most, say)),
        ("later_step_sent", lambda: _("A later message had gone out"), _yes(known.later_step_sent)),
        ("sent_at", lambda: _("Last written to"), last),
        ("interval", lambda: _("Time between two messages"), say.span(known.interval)),
        ("frequency", lambda: _("Messages to one person"), _frequency(known, say)),
        ("hours", lambda: _("Hours of the store"), hours),
        ("place", lambda: _("Where they may be"), comma.join([*places, *countries])),
    ]
    if known.budget is not None:
        rows.append(("budget", lambda: _("Messages of the month"), _of(known.budget_used, known.budget or 0, say)))
    return rows


def _yes(value: bool) -> str:
    return _("yes") if value else _("no")


def _of(done: int, at_most: int, say: _Speaker) -> str:
    return _("%(num)s of at most %(most)s", num=say.num(done), most=say.num(at_most))


def _frequency(known: MessageFacts, say: _Speaker) -> str:
    return _("%(num)s at most in %(span)s", num=say.num(known.frequency_at_most), span=say.span(known.frequency_within))


def _stock(known: MessageFacts, say: _Speaker) -> str:
    return ngettext(
        "%(num)s item, %(buyable)s of which can be bought",
        "%(num)s items, %(buyable)s of which can be bought",
        known.lines,
        num=say.num(known.lines),
        buyable=say.num(known.buyable),
    )


def _consent(consent: ConsentFact | None, say: _Speaker) -> str:
    if consent is None:
        return _("never said anything")
    where, when = source_word(consent.source), say.at(consent.said_at)
    if consent.granted:
        return _("said yes %(when)s, %(where)s", when=when, where=where)
    return _("said no %(when)s, %(where)s", when=when, where=where)


def _suppressed(known: MessageFacts) -> str:
    return sentence(f"suppressed_{known.suppressed}") if known.suppressed else _("no")


def _condition(kind: str) -> str:
    said = campaign_words.CONDITIONS.get(kind)
    return said() if said else (kind or _("none"))
