"""Why somebody was written to, or was not, in the words of the console: first in a sentence, then everything that was decided.

The facts are those of `flask recovery explain` (recovery/explain.py, unabandoned.py), the sentences of their codes, too.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.console.campaign_words import name_of, trigger_word
from app.console.episode_words import state_word
from app.console.messages import of_cart
from app.console.messages.of_cart import MessageView
from app.ids import CartId
from app.recovery.explain import ExplainedEpisode, Explanation
from app.recovery.preferences import Choice
from app.recovery.sentences_reasons import reason_sentence
from app.recovery.unabandoned import OpenCart
from app.recovery.values import Arm, Channel, EpisodeState
from app.recovery.wording import sentence
from app.web.dates import day_and_time
from app.web.formats import number, plain_money
from app.web.language import gettext as _


@dataclass(frozen=True, slots=True)
class EpisodeWords:
    """An abandonment: what began it, why it came to it, which arm, and its messages."""

    title: str
    state: str
    tone: str
    cart_id: CartId
    at: datetime
    lines: tuple[str, ...]
    messages: tuple[MessageView, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """The answer in a sentence, and what it rests on."""

    answer: str
    carts: tuple[tuple[CartId, str], ...]
    episodes: tuple[EpisodeWords, ...]


def explained(
    explanation: Explanation,
    open_carts: Collection[OpenCart],
    choices: dict[Channel, Choice],
    locale: str,
    zone: ZoneInfo,
) -> Why:
    """Everything that was decided about a person."""
    return Why(
        answer=_answer(explanation, open_carts, choices, locale, zone),
        carts=tuple((one.cart_id, _cart(one, locale, zone)) for one in open_carts),
        episodes=tuple(_episode(one, locale, zone) for one in explanation.episodes),
    )


def channel_state(choice: Choice) -> str:
    """Why a person is (not) written to on a channel, in a sentence."""
    if choice.suppressed is not None:
        return sentence(f"suppressed_{choice.suppressed.reason}")
    if not choice.address:
        return sentence("no_address")
    if choice.word is None:
        return sentence("no_consent")
    return _("May be written to.") if choice.word.granted else sentence("consent_withdrawn")


def _answer(
    explanation: Explanation,
    open_carts: Collection[OpenCart],
    choices: dict[Channel, Choice],
    locale: str,
    zone: ZoneInfo,
) -> str:
    """The first thing that explains it: what left last, what waits, what forbids, what was decided last."""
    messages = [message for episode in explanation.episodes for message in episode.messages]
    left = [message.sent_at for message in messages if message.sent_at]
    if left:
        return _("The last message left %(when)s.", when=day_and_time(max(left), locale, zone))
    waiting = [message.due_at for message in messages if message.ended_by is None]
    if waiting:
        return _(
            "Nothing has left yet. The next message is planned for %(when)s.",
            when=day_and_time(min(waiting), locale, zone),
        )
    email = choices[Channel.EMAIL]
    if not email.on:
        return channel_state(email)
    if explanation.episodes:
        return _of_episode(explanation.episodes[0])
    for cart in open_carts:
        return sentence(cart.why)
    return _("No cart of theirs has counted as abandoned, so nothing was planned and nothing was sent.")


def _of_episode(episode: ExplainedEpisode) -> str:
    if episode.arm is Arm.HOLDOUT:
        return sentence("arm_holdout")
    ended = next((message.ended_by for message in reversed(episode.messages) if message.ended_by), None)
    if ended:
        return sentence(ended)
    if episode.arm is Arm.NONE:
        return sentence("arm_none")
    return _("No message was planned for this cart.")


def _cart(cart: OpenCart, locale: str, zone: ZoneInfo) -> str:
    last = day_and_time(cart.last_activity, locale, zone)
    said = _("%(value)s, last changed %(when)s. Not abandoned:", value=plain_money(cart.value, locale), when=last)
    due = _("It would count from %(when)s.", when=day_and_time(cart.due_at, locale, zone)) if cart.due_at else ""
    return " ".join(filter(None, (said, sentence(cart.why), due)))


def _episode(episode: ExplainedEpisode, locale: str, zone: ZoneInfo) -> EpisodeWords:
    word, tone = state_word(str(episode.state), str(episode.arm))
    left = day_and_time(episode.inactive_since, locale, zone)
    lines = [reason_sentence(episode.reason, episode.evidence, left, locale)]
    if episode.arm is Arm.NONE:
        lines.append(sentence("arm_none"))
    else:
        name, version = name_of(episode.campaign, locale), number(episode.campaign_version or 0, locale)
        lines.append(_("Campaign %(name)s, version %(version)s.", name=name, version=version))
    if episode.arm is Arm.HOLDOUT:
        lines.append(sentence("arm_holdout"))
    if episode.state is not EpisodeState.OPEN and episode.closed_at:
        lines.append(_("%(what)s %(when)s.", what=word, when=day_and_time(episode.closed_at, locale, zone)))
    return EpisodeWords(
        title=trigger_word(episode.trigger),
        state=word,
        tone=tone,
        cart_id=episode.cart_id,
        at=episode.opened_at,
        lines=tuple(lines),
        messages=tuple(of_cart.message_view(one, locale, zone) for one in episode.messages),
    )
