"""Checks before publishing: what blocks, what warns."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest

from app.recovery import presets
from app.recovery.content import Condition, Content, Incentive, Step, Texts
from app.recovery.publishing import Publisher, problems
from app.recovery.sentences_templates import condition_sentence, problem_sentence
from app.recovery.story import Shop
from app.recovery.values import Channel
from app.web.language import speaking

pytestmark = pytest.mark.usefixtures("in_store")
SHOP = Shop("Toranj", "https://shop.example", "Europe/Berlin", "Toranj GmbH", ("Torstraße 1",), "hello@toranj.example")
STORE = Publisher(("en", "fa"), ("EUR",), SHOP, 3)
OWN_HTML = """<mjml><mj-body><mj-section><mj-column>
<mj-text>{{ store_name }} {% for item in items %}{{ item.name }}{% endfor %}</mj-text>
<mj-button href="{{ open_url }}">Open</mj-button><mj-text><a href="{{ stop_url }}">Stop</a></mj-text>
</mj-column></mj-section></mj-body></mjml>"""


def with_texts(step: Step, **changed: str) -> Step:
    texts = {locale: msgspec.structs.replace(words, **changed) for locale, words in step.texts.items()}
    return msgspec.structs.replace(step, texts=texts)


def first(content: Content, change: Callable[[Step], Step]) -> Content:
    return msgspec.structs.replace(content, steps=(change(content.steps[0]), *content.steps[1:]))


def html(source: str) -> Content:
    return first(presets.cart_reminder(), lambda step: with_texts(step, html=source))


def one(step: Step) -> Content:
    return msgspec.structs.replace(presets.cart_reminder(), steps=(step,))


SMS = presets.cart_reminder_channels().steps[2]
REMINDER = presets.cart_reminder()
CASES: dict[str, tuple[Content, Publisher, str, bool]] = {
    "no-steps": (msgspec.structs.replace(REMINDER, steps=()), STORE, "no_steps", True),
    "no-name": (msgspec.structs.replace(REMINDER, name={"en": " "}), STORE, "no_name", True),
    "twice": (msgspec.structs.replace(REMINDER, steps=REMINDER.steps[:1] * 2), STORE, "step_twice", True),
    "order": (msgspec.structs.replace(REMINDER, steps=REMINDER.steps[::-1]), STORE, "steps_out_of_order", True),
    "language": (REMINDER, replace(STORE, locales=("en", "fa", "de")), "language_missing", True),
    "no-text": (one(msgspec.structs.replace(SMS, texts={"en": Texts(), "fa": Texts()})), STORE, "language_missing", True),
    "no-stop-sms": (one(with_texts(SMS, text="{{ store_name }} {{ short_url }}")), STORE, "no_opt_out", True),
    "long-sms": (one(with_texts(SMS, text="س" * 300 + "STOP لغو۱۱")), STORE, "sms_too_long", True),
    "two-segments": (one(with_texts(SMS, text="س" * 90 + "STOP لغو۱۱")), STORE, "sms_of_several_segments", False),
    "variable": (first(REMINDER, lambda s: with_texts(s, lead="{{ nobody }}")), STORE, "unknown_variable", True),
    "open-tag": (html(OWN_HTML.replace("</mj-text>", "")), STORE, "cannot_be_rendered", True),
    "no-stop": (html(OWN_HTML.replace("stop_url", "store_url")), STORE, "no_unsubscribe_link", True),
    "stop-in-a-remark": (
        html(OWN_HTML.replace("{{ stop_url }}", "{# {{ stop_url }} #}")), STORE, "no_unsubscribe_link", True),
    "no-stop-in-text": (first(REMINDER, lambda s: with_texts(s, text="Hello")), STORE, "no_unsubscribe_link", True),
    "script": (html(OWN_HTML.replace("<mj-text>", "<mj-text><script>1</script>", 1)), STORE, "unsafe_markup", True),
    "include": (html(OWN_HTML.replace("<mj-text>", '<mj-include path="/etc/passwd" /><mj-text>', 1)), STORE,
                "unsafe_markup", True),
    "handler": (html(OWN_HTML.replace("<a ", '<a onclick="x" ')), STORE, "unsafe_markup", True),
    "long-html": (html(OWN_HTML.replace("Open", "Open" * 10_500)), STORE, "html_too_long", True),
    "condition": (msgspec.structs.replace(REMINDER, conditions=(Condition(kind="moon"),)), STORE, "bad_condition", True),
    "nothing-off": (
        first(REMINDER, lambda s: msgspec.structs.replace(s, incentive=Incentive(kind="percent"))), STORE,
        "offer_of_nothing", True),
    "no-amount": (
        first(REMINDER, lambda s: msgspec.structs.replace(s, incentive=Incentive(kind="fixed"))), STORE,
        "offer_of_nothing", True),
    "other-currency": (
        first(REMINDER, lambda s: msgspec.structs.replace(s, incentive=Incentive(kind="fixed", amounts={"USD": 500}))),
        STORE, "offer_not_in_currency", False),
    "offer-first": (
        first(REMINDER, lambda s: msgspec.structs.replace(s, incentive=presets.TEN_PERCENT)), STORE,
        "offer_in_first_step", False),
    "early": (first(REMINDER, lambda s: msgspec.structs.replace(s, delay_seconds=899)), STORE, "first_step_early", False),
    "more-than-sent": (REMINDER, replace(STORE, messages_at_most=2), "more_steps_than_messages", False),
    "no-address": (REMINDER, replace(STORE, shop=replace(SHOP, address=())), "no_postal_address", False),
    "test-in-one-language": (
        first(REMINDER, lambda s: msgspec.structs.replace(
            s, texts={**s.texts, "fa": msgspec.structs.replace(s.texts["fa"], subject_b="")})),
        STORE, "subject_test_in_one_language", False),
}  # fmt: skip


@pytest.mark.parametrize(("content", "publisher", "code", "blocking"), CASES.values(), ids=CASES.keys())
def test_found(content: Content, publisher: Publisher, code: str, blocking: bool) -> None:
    found = [problem for problem in problems(content, publisher) if problem.code == code]
    assert found, problems(content, publisher)
    assert all(problem.blocking is blocking for problem in found)
    for locale in ("en", "fa"):
        with speaking(locale):
            assert all(problem_sentence(problem).strip() for problem in found)


def test_nothing_is_wrong_with_ones_own_layout() -> None:
    assert [problem for problem in problems(html(OWN_HTML), STORE) if problem.blocking] == []


def test_faults_point_to_their_line() -> None:
    (found,) = {problem.line for problem in problems(html(OWN_HTML.replace("open_url", "opn_url")), STORE)}
    assert found == 3


@pytest.mark.parametrize(
    ("condition", "english"),
    [
        (Condition(kind="value_at_least", value={"EUR": 2_000}), "The cart is worth €20.00 or more"),
        (Condition(kind="first_purchase", value=False), "They have ordered before"),
        (Condition(kind="country_in", value=["DE", "IR"]), "They live in Germany, Iran"),
        (Condition(kind="likelihood_below", value=25), "They would come back by themselves with less than 25%"),
    ],
    ids=["value", "returning", "country", "likelihood"],
)
def test_conditions_are_said(condition: Condition, english: str) -> None:
    assert condition_sentence(condition) == english


def test_the_sms_warning_counts_one_language_only() -> None:
    sms = msgspec.structs.replace(SMS, channel=Channel.SMS)
    assert not [p for p in problems(one(sms), STORE) if p.locale == "en"]
