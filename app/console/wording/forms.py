"""The words of a step as the page of its templates sends them, all languages at once. A field is called name.language."""

from collections.abc import Mapping

from msgspec.structs import replace

from app.console.campaign_forms import BadStep
from app.recovery.content import Content, Texts
from app.recovery.values import Channel

FIELDS = {
    Channel.EMAIL: ("subject", "subject_b", "preheader", "heading", "lead", "button", "text", "html"),
    Channel.SMS: ("text",),
    Channel.PUSH: ("title", "text"),
}
LONGEST = {"lead": 2_000, "text": 10_000, "html": 60_000, "button": 60, "title": 100}
LONG_FIELDS = ("lead", "text", "html")

Form = Mapping[str, str]


def with_words(content: Content, number: int, form: Form, locales: tuple[str, ...]) -> Content:
    """The campaign with the words that the form has for a step; a language it does not name stays. Raises BadStep."""
    step = content.step(number)
    if step is None:
        raise BadStep(field="step")
    texts = dict(step.texts)
    for locale in locales:
        typed = {name: form[f"{name}.{locale}"] for name in FIELDS[step.channel] if f"{name}.{locale}" in form}
        if typed:
            texts[locale] = replace(texts.get(locale, Texts()), **_checked(typed))
    return with_texts(content, number, texts)


def with_texts(content: Content, number: int, texts: dict[str, Texts]) -> Content:
    """The campaign with other words of a step."""
    steps = tuple(replace(step, texts=texts) if step.number == number else step for step in content.steps)
    return replace(content, steps=steps)


def _checked(typed: Form) -> dict[str, str]:
    clean = {name: text.replace("\r\n", "\n").strip() for name, text in typed.items()}
    for name, text in clean.items():
        if len(text) > LONGEST.get(name, 200):
            raise BadStep(field=name)
    return clean
