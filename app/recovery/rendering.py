"""Rendering a message when it is about to leave: its campaign's words around the cart as it is now, in its reader's language."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.recovery import campaigns, presets, publisher, reading
from app.recovery.composing import Words, compose
from app.recovery.content import Content, Step, Texts
from app.recovery.reading import Subject
from app.recovery.rendered import Links, NothingToOffer, Recipient, Rendered
from app.recovery.sandbox import TemplateRefused
from app.recovery.values import MessageKind


def render(message_id: UUID, recipient: Recipient, links: Links, now: datetime) -> Rendered:
    """The message to `recipient`. Reads and changes nothing; one statement, and two for each thing that is sold out.

    Raises NothingToOffer when nothing it is about can be bought, reading.NoSuchMessage.
    """
    return render_subject(reading.read(message_id), recipient, links, now)


def render_subject(subject: Subject, recipient: Recipient, links: Links, now: datetime) -> Rendered:
    """The same, of a message that has been read. Raises NothingToOffer."""
    with publisher.entered():
        texts = _texts(subject)
        locale = _locale(texts, recipient.locale, subject.locale)
        story = reading.tell(subject, locale, now)
        if not story.things:
            raise NothingToOffer()
        try:
            words = Words(texts[locale], locale, subject.arm)
            return compose(subject.id, subject.channel, words, story, recipient, links)
        except TemplateRefused:
            # Words are checked when they are published; whatever slipped through must not keep a reminder from its reader.
            standard = presets.standard_words(subject.kind, subject.trigger, subject.channel)
            story = replace(story, problems=(*story.problems, "words_refused"))
            words = Words(standard.get(locale) or standard[presets.FALLBACK], locale)
            return compose(subject.id, subject.channel, words, story, recipient, links)


def _texts(subject: Subject) -> dict[str, Texts]:
    """Its words by language: its step's, by hand the first step's of its channel, else the standard ones."""
    step = _step(subject) if subject.kind is not MessageKind.SAVED_NOTICE else None
    if step is None or step.channel is not subject.channel or not step.texts:
        return presets.standard_words(subject.kind, subject.trigger, subject.channel)
    return step.texts


def _step(subject: Subject) -> Step | None:
    content = _content(subject)
    if content is None:
        return None
    if subject.kind is MessageKind.STEP:
        return content.step(subject.step)
    return next((step for step in content.steps if step.channel is subject.channel), None)


def _content(subject: Subject) -> Content | None:
    if subject.campaign is not None:
        return campaigns.content(*subject.campaign)
    live = campaigns.live(subject.trigger)
    return live.content if live else None


def _locale(texts: dict[str, Texts], *wanted: str) -> str:
    """The first language wanted that the store speaks and the words are in; else the store's first that they are in."""
    spoken = publisher.current_store().locales
    for locale in (*(locale for locale in wanted if locale in spoken), *spoken):
        if locale in texts:
            return locale
    return next(iter(texts))
