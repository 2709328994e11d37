"""What became of a message and why, in one sentence: the reasons are those of `flask recovery explain` (recovery/wording.py)."""

from zoneinfo import ZoneInfo

from app.console.episode_words import channel_word, state_word
from app.recovery.explain import ExplainedEpisode, ExplainedMessage
from app.recovery.unabandoned import OpenCart
from app.recovery.values import LEFT, Arm, EpisodeState, MessageKind, MessageState
from app.recovery.wording import sentence
from app.web.dates import day_and_time
from app.web.formats import number
from app.web.language import gettext as _

NEVER = (MessageState.CANCELLED, MessageState.FAILED)


def what(message: ExplainedMessage, locale: str) -> str:
    """What kind of message it is, and how it reaches people."""
    channel = channel_word(message.channel)
    match message.kind:
        case MessageKind.STEP:
            return _("Step %(num)s (%(channel)s)", num=number(message.step, locale), channel=channel)
        case MessageKind.MANUAL:
            return _("Reminder by hand (%(channel)s)", channel=channel)
        case MessageKind.SAVED_NOTICE:
            return _("Notice of saved items (%(channel)s)", channel=channel)


def sentence_of(message: ExplainedMessage, locale: str, zone: ZoneInfo) -> str:
    """What became of it and why, or what it waits for."""
    named = what(message, locale)
    if message.state in NEVER:
        return _("%(what)s was not sent. %(why)s", what=named, why=sentence(message.reason))
    if message.state is MessageState.UNCERTAIN:
        return f"{named}. {sentence(message.reason)}"
    if message.state in LEFT and message.sent_at:
        return _("%(what)s was sent %(when)s.", what=named, when=day_and_time(message.sent_at, locale, zone))
    if message.state is MessageState.SENDING:
        return _("%(what)s is on its way.", what=named)
    when = day_and_time(message.due_at, locale, zone)
    if message.reason:
        return _("%(what)s is looked at again %(when)s. %(why)s", what=named, when=when, why=sentence(message.reason))
    return _("%(what)s goes out %(when)s, unless something speaks against it.", what=named, when=when)


def nothing_sent(episode: ExplainedEpisode | None, unabandoned: OpenCart | None, locale: str, zone: ZoneInfo) -> str:
    """Why there is no message at all: of an episode, or of a cart without one."""
    if episode is not None:
        if episode.arm is not Arm.CAMPAIGN:
            return sentence(f"arm_{episode.arm}")
        return "" if episode.state is EpisodeState.OPEN else state_word(episode.state, episode.arm)[0]
    if unabandoned is None:
        return _("The cart is closed.")
    why = sentence(unabandoned.why)
    if unabandoned.due_at is None:
        return _("Nothing was planned: the cart does not count as abandoned. %(why)s", why=why)
    when = day_and_time(unabandoned.due_at, locale, zone)
    return _("Nothing is planned yet. %(why)s It counts as abandoned from %(when)s.", why=why, when=when)
