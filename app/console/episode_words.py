"""Where an abandoned cart stands and what its messages did, in the words of the console."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.recovery.sentences_reasons import reason_sentence
from app.recovery.wording import sentence
from app.web.dates import day_and_time
from app.web.language import gettext as _


def state_word(state: str, arm: str) -> tuple[str, str]:
    """Where a cart stands in a word or two, and its tone."""
    words = {
        "active": (_("Being filled"), "lapis"),
        "recovered": (_("Recovered"), "turq"),
        "emptied": (_("Emptied"), "lapis"),
        "salvaged": (_("Saved for next purchase"), "lapis"),
        "expired": (_("Expired"), "anar"),
        "merged": (_("Merged"), "lapis"),
        "erased": (_("Erased"), "anar"),
    }
    if state == "open":
        return {
            "campaign": (_("In a campaign"), "saffron"),
            "holdout": (_("Left alone, to measure"), "lapis"),
        }.get(arm, (_("Abandoned"), "saffron"))
    return words.get(state, (state, "lapis"))


def message_word(state: str, reason: str) -> tuple[str, str]:
    """What became of a message, and its tone."""
    words = {
        "scheduled": (_("Waiting"), "lapis"),
        "claimed": (_("Waiting"), "lapis"),
        "sending": (_("On its way"), "saffron"),
        "sent": (_("Sent"), "turq"),
        "delivered": (_("Delivered"), "turq"),
        "opened": (_("Opened"), "turq"),
        "clicked": (_("Clicked"), "turq"),
        "bounced": (_("Bounced"), "anar"),
        "complained": (_("Reported as spam"), "anar"),
        "failed": (_("Failed"), "anar"),
        "cancelled": (_("Not sent"), "lapis"),
        "uncertain": (_("Nobody knows whether it arrived"), "saffron"),
    }
    return words.get(state, (state, "lapis"))


def reached_word(reached: str) -> str:
    """How far those came who left."""
    return {
        "cart": _("Left before checkout"),
        "checkout": _("Left at checkout"),
        "payment": _("Left after a payment was tried"),
    }.get(reached, reached)


def channel_word(channel: str) -> str:
    """Email, SMS or push."""
    return {"email": _("Email"), "sms": _("SMS"), "push": _("Push")}.get(channel, channel)


def headline(episode: Any | None, updated_at: datetime, locale: str, zone: ZoneInfo) -> str:
    """Why the cart is where it is, and what comes next, in a sentence or two."""
    if episode is None:
        return _("Not abandoned. Last changed %(when)s.", when=day_and_time(updated_at, locale, zone))
    left = day_and_time(episode.inactive_since, locale, zone)
    why = reason_sentence(episode.reason, episode.evidence, left, locale)
    if episode.state != "open":
        word, _tone = state_word(episode.state, episode.arm)
        when = day_and_time(episode.closed_at, locale, zone)
        ended = _("%(what)s %(when)s.", what=word, when=when)
        return f"{why} {ended}"
    return f"{why} {_what_next(episode, locale, zone)}"


def _what_next(episode: Any, locale: str, zone: ZoneInfo) -> str:
    """What an open episode waits for."""
    if episode.arm == "holdout":
        return sentence("arm_holdout")
    if episode.next:
        when = day_and_time(datetime.fromisoformat(episode.next["due_at"]), locale, zone)
        channel = channel_word(episode.next["channel"])
        return _("The next message (%(channel)s) goes out %(when)s.", channel=channel, when=when)
    if episode.arm == "none":
        return sentence("arm_none")
    return _("No further message is waiting.")
