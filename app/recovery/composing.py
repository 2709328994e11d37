"""From words and a story to a message that can be handed over: an email with its plain twin, an SMS, a push message."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mjml import mjml2html

from app.channels.email import letter_template
from app.channels.outgoing import OutgoingEmail, OutgoingPush, OutgoingSms
from app.recovery import sandbox
from app.recovery.content import Texts
from app.recovery.rendered import Links, Recipient, Rendered
from app.recovery.sandbox import TemplateRefused
from app.recovery.segments import economical, measure
from app.recovery.story import SHOWN_AT_MOST, Story, Thing
from app.recovery.telling import clean, one_line, saved_note, sums_of, values_of
from app.recovery.values import Channel
from app.web.assets import asset
from app.web.formats import number
from app.web.language import direction, ngettext, speaking

HTML_AT_MOST = 40_000  # bytes: some mail programs hide what goes beyond, and phones pay for each
FEWER = (SHOWN_AT_MOST, 6, 3)  # items shown, until the HTML is small enough
LONGEST_SUBJECT = 200
LONGEST_PUSH = 500


@dataclass(frozen=True, slots=True)
class Words:
    """A step's words in one language. `arm` b: those of the other subject."""

    texts: Texts
    locale: str
    arm: str = ""


def compose(
    message_id: UUID, channel: Channel, words: Words, story: Story, recipient: Recipient, links: Links
) -> Rendered:
    """The message. Raises TemplateRefused where the words cannot be rendered."""
    with speaking(words.locale):
        match channel:
            case Channel.EMAIL:
                return _email(message_id, words, story, recipient, links)
            case Channel.SMS:
                return _sms(message_id, words, story, recipient, links)
            case Channel.PUSH:
                return _push(message_id, words, story, recipient, links)


def _email(message_id: UUID, words: Words, story: Story, recipient: Recipient, links: Links) -> Rendered:
    values = values_of(story, links, words.locale)
    texts = words.texts
    chosen = texts.subject_b if words.arm == "b" and texts.subject_b else texts.subject
    heading = one_line(_plain(texts.heading, values, words, story))
    subject = one_line(_plain(chosen, values, words, story))[:LONGEST_SUBJECT] or heading or values["store_name"]
    parts = {
        "subject": subject,
        "heading": heading or subject,
        "preheader": one_line(_plain(texts.preheader, values, words, story)),
        "button": one_line(_plain(texts.button, values, words, story)) or values["store_name"],
        "lead": _paragraphs(_plain(texts.lead, values, words, story)),
    }
    html, problems = _html(parts, words, story, links)
    text = _plain(texts.text, values, words, story) if texts.text else _standard("txt", parts, words, story, values)
    outgoing = OutgoingEmail(
        id=message_id,
        to=recipient.address,
        sender_name=values["store_name"],
        subject=subject,
        html=html,
        text=clean(text).strip() + "\n",
        locale=words.locale,
        reply_to=one_line(story.shop.email),
        headers={
            "List-Unsubscribe": f"<{_address(links.one_click)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    return Rendered(outgoing, {"subject": subject, **shown(story, words.locale)}, problems=story.problems + problems)


def _sms(message_id: UUID, words: Words, story: Story, recipient: Recipient, links: Links) -> Rendered:
    said = clean(_plain(words.texts.text, values_of(story, links, words.locale), words, story))
    text = economical("\n".join(line.strip() for line in said.strip().splitlines()))
    outgoing = OutgoingSms(id=message_id, to=recipient.address, text=text, locale=words.locale)
    return Rendered(outgoing, shown(story, words.locale), segments=measure(text).count, problems=story.problems)


def _push(message_id: UUID, words: Words, story: Story, recipient: Recipient, links: Links) -> Rendered:
    values = values_of(story, links, words.locale)
    title = one_line(_plain(words.texts.title, values, words, story)) or values["store_name"]
    outgoing = OutgoingPush(
        id=message_id,
        endpoint=recipient.address,
        p256dh=recipient.p256dh,
        auth=recipient.auth,
        title=title[:LONGEST_SUBJECT],
        text=one_line(_plain(words.texts.text, values, words, story))[:LONGEST_PUSH],
        url=links.recover,
        locale=words.locale,
    )
    return Rendered(outgoing, {"subject": title, **shown(story, words.locale)}, problems=story.problems)


def shown(story: Story, locale: str) -> dict[str, Any]:
    """What the message said, for its row: things and sums, nothing that names the person (nor the code, which is theirs)."""
    document: dict[str, Any] = {
        "locale": locale,
        "items": [_kept(thing) for thing in story.things],
        "missing": [_kept(thing) for thing in story.missing],
    }
    if story.sums is not None:
        document["total"] = {"amount": story.sums.total.amount, "currency": story.sums.total.currency}
    if story.offer is not None:
        document["offer"] = {
            "kind": story.offer.kind,
            "basis_points": story.offer.basis_points,
            "off": story.offer.off.amount,
            "ends_at": story.offer.ends_at.isoformat(),
        }
    return document


def _kept(thing: Thing) -> dict[str, Any]:
    return {
        "variant_id": str(thing.variant_id) if thing.variant_id else "",
        "name": one_line(thing.name),
        "quantity": thing.quantity,
        "amount": thing.price.amount,
        "currency": thing.price.currency,
    }


def _html(parts: Mapping[str, Any], words: Words, story: Story, links: Links) -> tuple[str, tuple[str, ...]]:
    """The HTML, with fewer items where it would be too long otherwise, and what had to be left out."""
    html = ""
    for at_most in FEWER:
        values = values_of(story, links, words.locale, shown=at_most)
        if words.texts.html:
            source = sandbox.render(words.texts.html, values, trigger=story.trigger, locale=words.locale, markup=True)
        else:
            source = _standard("mjml", parts, words, story, values)
        try:
            html = mjml2html(source)
        except ValueError as error:
            raise TemplateRefused("mjml") from error
        if len(html.encode()) <= HTML_AT_MOST:
            left_out = values["more_items"] > max(0, len(story.things) - SHOWN_AT_MOST)
            return html, ("items_left_out",) if left_out else ()
    return html, ("html_too_long",)


def _standard(kind: str, parts: Mapping[str, Any], words: Words, story: Story, values: Mapping[str, Any]) -> str:
    """Our own layout around the words, as MJML or as plain text."""
    more = values["more_items"]
    more_words = ngettext("And %(num)s more item.", "And %(num)s more items.", more, num=number(more, words.locale))
    return letter_template(f"recovery.{kind}").render(
        {
            **values,
            **parts,
            "locale": words.locale,
            "dir": direction(words.locale),
            "origin": story.shop.origin,
            "mark": story.shop.origin + asset("img/mark.png"),
            "more_words": more_words if more else "",
            "saved_words": saved_note(story, words.locale),
            "sums": sums_of(story, words.locale),
            "can_reply": bool(story.shop.email),
        }
    )


def _plain(source: str, values: Mapping[str, Any], words: Words, story: Story) -> str:
    if not source:
        return ""
    return sandbox.render(source, values, trigger=story.trigger, locale=words.locale, markup=False)


def _paragraphs(text: str) -> list[str]:
    return [line for line in (one_line(part) for part in clean(text).split("\n")) if line]


def _address(url: str) -> str:
    """An address fit for a header: without white space, control characters or brackets."""
    return "".join(letter for letter in clean(url) if not letter.isspace() and letter not in "<>")
