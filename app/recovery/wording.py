"""What reason codes of recovery mean, in the reader's language: the one place that knows the sentences of every part."""

from collections.abc import Callable, Mapping

from app.recovery import sentences_carts, sentences_reasons, sentences_verdicts

Sentence = Callable[[], str]

PARTS: tuple[Mapping[str, Sentence], ...] = (
    sentences_carts.SENTENCES,
    sentences_reasons.WORDS,
    sentences_verdicts.SENTENCES,
)


def sentence(code: str) -> str:
    """The sentence of a code; the code's own words where no part has one."""
    found = next((part[code] for part in PARTS if code in part), None)
    return found() if found else code.replace("_", " ")
