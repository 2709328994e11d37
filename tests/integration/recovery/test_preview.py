"""Every preset, step, language and sample comes out as a message one would be willing to send."""

import re
from html.parser import HTMLParser
from itertools import product

import msgspec
import pytest

from app.channels.outgoing import OutgoingEmail, OutgoingPush, OutgoingSms
from app.recovery import presets
from app.recovery.campaign_errors import NothingToPreview
from app.recovery.content import Content, Step
from app.recovery.preview import preview
from app.recovery.samples import SAMPLES
from app.recovery.segments import measure
from app.recovery.values import Channel, MessageKind, Trigger
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("in_store")
CASES = [
    (preset, step.number, locale) for preset, make in presets.PRESETS.items() for step in make().steps
    for locale in ("en", "fa")
]  # fmt: skip
PERSIAN, LATIN_DIGIT = re.compile("[\u0600-\u06ff]"), re.compile("[0-9]")


class Words(HTMLParser):
    """The words of a mail as people see them, and its pictures."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.quiet = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.quiet = tag in ("style", "title", "head")
        if tag == "img":
            self.pictures.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "title", "head"):
            self.quiet = False

    def handle_data(self, data: str) -> None:
        if not self.quiet:
            self.said.append(data)


def sound(part: str) -> None:
    """No mark of a template, nothing unset, no hole where a word should be."""
    for mark in ("{{", "}}", "{%", "%}", "None", "Undefined", "%(", " ,", "  .", "()"):
        assert mark not in part, mark


@pytest.mark.parametrize(("preset", "step", "locale"), CASES, ids=[f"{p}-{s}-{locale}" for p, s, locale in CASES])
def test_presets_come_out_well_with_every_sample(preset: str, step: int, locale: str) -> None:
    content = presets.PRESETS[preset]()
    for name in SAMPLES:
        for arm in ("a", "b"):
            sent = preview(content, step, locale, name, now=NOW, arm=arm)
            assert sent.problems in ((), ("items_left_out",))
            match sent.outgoing:
                case OutgoingEmail() as mail:
                    _sound_mail(mail, locale)
                    assert name == "two_scripts" or bool(PERSIAN.search(mail.subject)) is (locale == "fa")
                case OutgoingSms(text=text):
                    sound(text)
                    assert sent.segments == measure(text).count <= 2
                case OutgoingPush(title=title, text=text):
                    sound(title + text)
                    assert title
                    assert text


def _sound_mail(mail: OutgoingEmail, locale: str) -> None:
    assert 0 < len(mail.subject) <= 200
    assert len(mail.html.encode()) <= 40_000
    words = Words(mail.html)
    said = " ".join(words.said)
    for part in (mail.subject, said, mail.text):
        sound(part)
    direction = "rtl" if locale == "fa" else "ltr"
    assert f'<html lang="{locale}" dir="{direction}"' in mail.html
    assert "/u/preview" in mail.html
    assert "/u/preview" in mail.text
    assert all("alt" in picture for picture in words.pictures)
    assert all((picture["src"] or "").startswith("http") for picture in words.pictures)
    assert "prefers-color-scheme: dark" in mail.html
    assert "[data-ogsc]" in mail.html


@pytest.mark.parametrize("channel", Channel)
def test_words_of_messages_without_a_campaign(channel: Channel) -> None:
    for kind, trigger, locale in product(MessageKind, Trigger, ("en", "fa")):
        texts = presets.standard_words(kind, trigger, channel)
        step = Step(number=1, delay_seconds=0, channel=channel, texts=texts)
        said = preview(Content(name={}, trigger=trigger, steps=(step,)), 1, locale, now=NOW).outgoing.text
        sound(said)
        assert bool(PERSIAN.search(said)) is (locale == "fa")


def test_persian_has_persian_digits() -> None:
    for preset in ("cart_reminder", "cart_reminder_free_delivery"):
        for step in presets.PRESETS[preset]().steps:
            mail = preview(presets.PRESETS[preset](), step.number, "fa", now=NOW).outgoing
            assert isinstance(mail, OutgoingEmail)
            lines = [line.replace("7QKXM3VRTA", "") for line in mail.text.splitlines() if "http" not in line]
            assert not LATIN_DIGIT.search("\n".join(lines))


def test_what_is_not_there_cannot_be_shown() -> None:
    content = presets.cart_reminder()
    for step, locale, name in ((9, "en", "usual"), (1, "de", "usual"), (1, "en", "anybody")):
        with pytest.raises(NothingToPreview):
            preview(content, step, locale, name, now=NOW)


def test_words_that_cannot_be_rendered_are_answered_with_their_faults() -> None:
    content = presets.cart_reminder()
    words = msgspec.structs.replace(content.steps[0].texts["en"], lead="{{ totl }}")
    step = msgspec.structs.replace(content.steps[0], texts={"en": words})
    with pytest.raises(NothingToPreview) as refused:
        preview(msgspec.structs.replace(content, steps=(step,)), 1, "en", now=NOW)
    assert [problem.suggestion for problem in refused.value.params["problems"]] == ["total"]
