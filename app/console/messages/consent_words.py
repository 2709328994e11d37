"""What somebody said about being written to, with the evidence: which words they were shown, when and where."""

from app.console.episode_words import channel_word
from app.recovery.explain import Consent
from app.web.language import gettext as _


def said_word(consent: Consent) -> tuple[str, str]:
    """What was said about which channel, and its tone."""
    channel = channel_word(consent.channel)
    if consent.granted:
        return _("Yes to reminders (%(channel)s)", channel=channel), "turq"
    return _("No to reminders (%(channel)s)", channel=channel), "anar"


def source_word(source: str) -> str:
    """Where it was said, as part of a sentence."""
    places = {
        "checkout": _("at checkout"),
        "account": _("in their account"),
        "cart": _("in the cart"),
        "page": _("on the page of a message"),
        "one-click": _("by the button of their mail program"),
        "sms": _("by SMS"),
        "push": _("in their browser"),
        "staff": _("by staff"),
    }
    return places.get(source, _("in another way"))
