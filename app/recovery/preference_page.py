"""What somebody gets from us, as pages show it: a row for each channel in the reader's language, with what was said when."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.recovery import phones
from app.recovery.consent import Consent
from app.recovery.preferences import Choice, masked
from app.recovery.values import Channel
from app.stores.request import current_config, current_locale, current_store
from app.web.dates import day
from app.web.formats import localized_digits
from app.web.language import gettext as _


@dataclass(frozen=True, slots=True)
class Row:
    """A channel: what it is called, what its messages are, where they go, what was said last. `why` it cannot be changed."""

    channel: str
    label: str
    meaning: str
    address: str
    on: bool
    changed: str
    why: str
    by_code: bool = False  # switched on on a page of its own, by a code that the number is sent


def rows(choices: Mapping[Channel, Choice]) -> tuple[Row, ...]:
    """The rows of the channels that the store uses."""
    settings = current_store().settings
    used = {
        Channel.EMAIL: settings.email_reminders,
        Channel.SMS: settings.sms_reminders,
        Channel.PUSH: settings.push_reminders,
    }
    return tuple(_row(choice) for channel, choice in choices.items() if used[channel] or choice.on)


def label(channel: Channel) -> str:
    """What is switched: the very words that are kept with an answer."""
    return {
        Channel.EMAIL: _("Cart reminders by email"),
        Channel.SMS: _("Cart reminders by SMS"),
        Channel.PUSH: _("Cart reminders in the browser"),
    }[channel]


def _row(choice: Choice) -> Row:
    return Row(
        channel=str(choice.channel),
        label=label(choice.channel),
        meaning=_meaning(choice.channel),
        address=masked(choice.channel, choice.address),
        on=choice.on,
        changed=_changed(choice.word),
        why=_why(choice),
        by_code=choice.channel is Channel.SMS
        and not choice.closed
        and phones.offered(current_store().settings, current_config()),
    )


def _meaning(channel: Channel) -> str:
    most = current_store().messages_at_most
    return {
        Channel.EMAIL: _("If you leave things in your cart, we write a few times, %(num)s at most.", num=_digits(most)),
        Channel.SMS: _("A short text on your phone, never at night. Answer STOP and it ends."),
        Channel.PUSH: _("A note from the browser, also when the shop is closed."),
    }[channel]


def _why(choice: Choice) -> str:
    if choice.closed:
        return _("We do not write to this address: our messages came back or were reported as unwanted.")
    if choice.channel is Channel.SMS:
        return _("There is no confirmed phone number.") if not choice.address else ""
    if not choice.address:
        return {
            Channel.EMAIL: _("There is no address."),
            Channel.PUSH: _("No browser of yours has allowed it."),
        }[choice.channel]
    return ""


def _changed(word: Consent | None) -> str:
    if word is None:
        return _("You have said nothing about it yet.")
    zone = ZoneInfo(current_store().time_zone)
    when = day(word.said_at.astimezone(zone).date(), current_locale())
    if word.granted:
        return _("You said yes on %(day)s, %(place)s.", day=when, place=place(word.source))
    return _("You said no on %(day)s, %(place)s.", day=when, place=place(word.source))


def place(source: str) -> str:
    """Where a word was said, by the source of its evidence."""
    places = {
        "checkout": _("at checkout"),
        "account": _("in your account"),
        "page": _("on the page of a message"),
        "one-click": _("by the button of your mail program"),
        "sms": _("by SMS"),
        "push": _("in your browser"),
        "console": _("by the store, because you asked it to"),
    }
    return places.get(source, _("in another way"))


def _digits(number: int) -> str:
    return localized_digits(str(number), current_locale())
