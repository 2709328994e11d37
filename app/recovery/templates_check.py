"""Every template of a campaign, judged when it is saved: what it says that does not exist, and whether it comes out as a message."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from app.channels.outgoing import Outgoing, OutgoingEmail, OutgoingPush, OutgoingSms
from app.recovery.composing import HTML_AT_MOST, Words, compose
from app.recovery.content import Content, Step, Texts
from app.recovery.problems import Problem
from app.recovery.rendered import Links, Recipient
from app.recovery.samples import SAMPLES, sample
from app.recovery.sandbox import TemplateRefused
from app.recovery.segments import measure
from app.recovery.story import Shop
from app.recovery.template_language import faults
from app.recovery.variables import declared

SEGMENTS_AT_MOST = 4
OPT_OUT = {"fa": ("لغو۱۱", "لغو11", "لغو ۱۱", "لغو 11")}
OPT_OUT_ELSE = ("STOP",)
TEXTS = ("subject", "subject_b", "preheader", "heading", "lead", "button", "html", "text", "title")
# A link as long as ours are: without https:// where the words leave it out.
LINKS = Links(
    recover="https://shop.example/r/" + 22 * "x",
    preferences="https://shop.example/u/" + 22 * "x",
    one_click="https://shop.example/u/" + 22 * "x",
)
_NOBODY = Recipient(address="nobody@example.com", p256dh="-", auth="-")
_NO_MESSAGE = UUID(int=0)
_NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)
# What no mail needs and every mail program takes out, or worse, does not; and files of the server's own.
_UNSAFE = re.compile(
    r"<\s*(script|iframe|object|embed|form|link|mj-include)\b|\bon[a-z]+\s*=|javascript:|data:text", re.I
)


def check(content: Content, shop: Shop, currency: str) -> tuple[Problem, ...]:
    """What is wrong with its words. Blocking: faults of templates, what cannot be rendered, what comes out too long."""
    return tuple(problem for step in content.steps for problem in _step(content, step, shop, currency))


def _step(content: Content, step: Step, shop: Shop, currency: str) -> Iterator[Problem]:
    for locale, texts in step.texts.items():
        found = list(_templates(content, step, locale, texts))
        yield from found
        if not found:
            yield from _rendered(content, step, locale, texts, shop, currency)


def _templates(content: Content, step: Step, locale: str, texts: Texts) -> Iterator[Problem]:
    known = declared(content.trigger)
    for name in TEXTS:
        source: str = getattr(texts, name)
        for fault in faults(source, known):
            yield Problem(
                fault.code,
                step=step.number,
                locale=locale,
                field=name,
                line=fault.line,
                about=fault.about,
                suggestion=fault.suggestion,
            )
    unsafe = _UNSAFE.search(texts.html)
    if unsafe:
        line = texts.html.count("\n", 0, unsafe.start()) + 1
        yield Problem(
            "unsafe_markup", step=step.number, locale=locale, field="html", line=line, about=unsafe.group().strip("< =")
        )


def _rendered(content: Content, step: Step, locale: str, texts: Texts, shop: Shop, currency: str) -> Iterator[Problem]:
    """Each sample, until something is wrong with one."""
    place = Problem("", step=step.number, locale=locale, field="html" if texts.html else "text")
    segments = 1
    for name in SAMPLES:
        story = sample(
            name,
            trigger=content.trigger,
            locale=locale,
            shop=shop,
            currency=currency,
            now=_NOW,
            incentive=step.incentive,
        )
        try:
            rendered = compose(_NO_MESSAGE, step.channel, Words(texts, locale), story, _NOBODY, LINKS)
        except TemplateRefused as refused:
            yield replace(place, code="cannot_be_rendered", about=str(refused))
            return
        problem = _unfit(rendered.outgoing, locale)
        if problem:
            yield replace(place, code=problem, about=name, suggestion=_mended_by(problem, locale))
            return
        segments = max(segments, rendered.segments if name == SAMPLES[0] else 1)
    if segments > 1:
        yield replace(place, code="sms_of_several_segments", blocking=False, about=str(segments))


def _unfit(outgoing: Outgoing, locale: str) -> str:
    """Why it may not leave as it is. Our own layout has the link to stop; whoever brings their own must bring it, too."""
    match outgoing:
        case OutgoingEmail(html=html, text=text):
            if len(html.encode()) > HTML_AT_MOST:
                return "html_too_long"
            return "" if LINKS.preferences in html and LINKS.preferences in text else "no_unsubscribe_link"
        case OutgoingSms(text=text):
            if measure(text).count > SEGMENTS_AT_MOST:
                return "sms_too_long"
            return "" if any(word in text.upper() for word in OPT_OUT.get(locale, OPT_OUT_ELSE)) else "no_opt_out"
        case OutgoingPush():
            return ""


def _mended_by(problem: str, locale: str) -> str:
    return {"no_unsubscribe_link": "stop_url", "no_opt_out": OPT_OUT.get(locale, OPT_OUT_ELSE)[0]}.get(problem, "")
