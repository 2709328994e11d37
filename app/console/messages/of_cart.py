"""What a cart's page says of messages: why each left or did not, what they carry, what the person said about being written to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.console.campaign_words import name_of
from app.console.episode_words import message_word
from app.console.messages import consent_words, facts_words, happening_words, why
from app.console.messages.facts_words import Fact
from app.ids import CartId
from app.recovery import explain, link_records, unabandoned
from app.recovery.explain import Consent, Evaluation, ExplainedEpisode, ExplainedMessage
from app.recovery.link_records import LinkRecord
from app.recovery.values import Arm
from app.recovery.wording import sentence
from app.web.formats import number
from app.web.language import gettext as _


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision about a message in words; `facts` by which it was made, where they were kept."""

    at: datetime
    words: str
    until: datetime | None
    facts: list[Fact]


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to a message."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message: what became of it in a sentence, its state and the tone of that, what was decided, what happened to it."""

    id: UUID
    icon: str
    sentence: str
    state: str
    tone: str
    subject: str
    arm: str
    at: datetime
    coupon: str
    decisions: list[Decision]
    moments: list[Moment]


@dataclass(frozen=True, slots=True)
class ConsentView:
    """What somebody said, and the evidence of it."""

    words: str
    tone: str
    wording: str
    where: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link back to the cart. `opened` says by whom and when, as far as the evidence goes."""

    link: LinkRecord
    of: str
    works: bool
    opened: list[Moment]


@dataclass(frozen=True, slots=True)
class Story:
    """All of it. `nothing` is why there is no message; `arm` the newest episode's part in the experiment, in words."""

    messages: list[MessageView]
    nothing: str
    arm: str
    consents: list[ConsentView]
    links: list[LinkView]


def look(cart_id: CartId, locale: str, zone: ZoneInfo, now: datetime) -> Story:
    """What there is to say about a cart that exists."""
    known = explain.explain_cart(cart_id)
    messages = [message for episode in known.episodes for message in reversed(episode.messages)]
    newest = known.episodes[0] if known.episodes else None
    open_carts = {one.cart_id: one for one in unabandoned.list_unabandoned(known.customer_ids, now)}
    silent = newest is None or not newest.messages
    made = link_records.list_links([message.id for message in messages]) if messages else []
    by_id = {message.id: message for message in messages}
    return Story(
        messages=[message_view(message, locale, zone) for message in messages],
        nothing=why.nothing_sent(newest, open_carts.get(cart_id), locale, zone) if silent else "",
        arm=_arm(newest, locale) if newest else "",
        consents=[_consent(one) for one in reversed(known.consents)],
        links=[_link(one, by_id[one.message_id], locale, now) for one in made],
    )


def message_view(message: ExplainedMessage, locale: str, zone: ZoneInfo) -> MessageView:
    """A message as the console shows it wherever messages are listed."""
    word, tone = message_word(message.state, message.reason)
    shown: dict[str, Any] = message.shown or {}
    return MessageView(
        id=message.id,
        icon={"sms": "sms", "push": "bell"}.get(message.channel, "mail"),
        sentence=why.sentence_of(message, locale, zone),
        state=word,
        tone=tone,
        subject=str(shown.get("subject") or ""),
        arm=message.subject_arm.upper(),
        at=message.sent_at or message.ended_at or message.due_at,
        coupon=message.coupon_code,
        decisions=[_decision(one, locale, zone) for one in reversed(message.evaluations)],
        moments=[Moment(one.at, happening_words.words(one)) for one in message.happenings],
    )


def _decision(one: Evaluation, locale: str, zone: ZoneInfo) -> Decision:
    facts = facts_words.facts_of(one.inputs, one.reason, locale, zone)
    return Decision(one.at, sentence(one.reason), one.until, facts)


def _consent(one: Consent) -> ConsentView:
    words, tone = consent_words.said_word(one)
    return ConsentView(words, tone, one.wording, consent_words.source_word(one.source), one.said_at)


def _link(link: LinkRecord, message: ExplainedMessage, locale: str, now: datetime) -> LinkView:
    opened = [Moment(one.at, happening_words.by(one.agent)) for one in message.happenings if one.kind == "clicked"]
    return LinkView(link, why.what(message, locale), link.works(now), opened)


def _arm(episode: ExplainedEpisode, locale: str) -> str:
    if episode.arm is Arm.NONE:
        return sentence("arm_none")
    named = {
        "campaign": f"\u2068{name_of(episode.campaign, locale)}\u2069",
        "version": number(episode.campaign_version or 0, locale),
        "bucket": number(episode.bucket, locale),
    }
    if episode.arm is Arm.HOLDOUT:
        return _("Left alone to measure %(campaign)s, version %(version)s (lot %(bucket)s of 10,000).", **named)
    return _("In %(campaign)s, version %(version)s (lot %(bucket)s of 10,000).", **named)
