"""What reason codes of recovery mean, in the reader's language: every part registers its own, whoever shows them asks here."""

from collections.abc import Callable, Mapping

Sentence = Callable[[], str]

_sentences: dict[str, Sentence] = {}


def register(sentences: Mapping[str, Sentence]) -> None:
    """Say what these codes mean."""
    _sentences.update(sentences)


def sentence(code: str) -> str:
    """The sentence of a code; the code's own words where none is registered."""
    found = _sentences.get(code)
    return found() if found else code.replace("_", " ")
