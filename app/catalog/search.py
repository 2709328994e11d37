"""Words as the search compares them: folded, so that spelling, marks and digits of two scripts do not keep things apart. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from functools import lru_cache

LONGEST_QUERY = 200
MOST_WORDS = 8
MOST_BODY_WORDS = 120
GOOD_ENOUGH = 0.39

# What NFKD leaves of the Arabic keyboard's letters, as Persian writes them; ZWNJ parts words like a space does.
_LETTERS = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "ہ": "ه", "ھ": "ه", "\u0640": None, "\u200c": " "})
_OUTSIDE_WORDS = re.compile(r"[\W_]+")
_VOWEL_MARKS = re.compile("[\u064b-\u065f\u0670]+")


def fold(text: str) -> str:
    """`text` as lower-case words of letters and Latin digits, one space between; folding twice changes nothing."""
    folded = _fold_once(text)
    while (again := _fold_once(folded)) != folded:  # a few rare letters need a second round
        folded = again
    return folded


def _fold_once(text: str) -> str:
    text = text.translate(_LETTERS)
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = "".join(_plain(character) for character in text.translate(_LETTERS))
    return _OUTSIDE_WORDS.sub(" ", unicodedata.normalize("NFC", kept)).strip()


@lru_cache(maxsize=4_096)
def _plain(character: str) -> str:
    """A character without meaning for the search as nothing, any script's digit as the Latin one."""
    if character < "\x80":
        return character
    if unicodedata.category(character) in ("Mn", "Me", "Mc", "Cf", "Cs", "Co", "Cn", "Cc"):
        return " " if character.isspace() else ""
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)


def search_text(titles: Iterable[str], words: Iterable[str], bodies: Iterable[str]) -> str:
    """What is searched of a product: its titles on a line of their own (they rank first), then its other words, each once."""
    title = " ".join(dict.fromkeys(fold(text) for text in titles))
    seen = set(title.split())
    others = dict.fromkeys(word for text in words for word in fold(text).split())
    described = dict.fromkeys(word for text in bodies for word in fold(text).split()[:MOST_BODY_WORDS])
    return title + "\n" + " ".join(word for word in {**others, **described} if word not in seen)


def product_text(
    title: Mapping[str, str],
    body: Mapping[str, str],
    words: Iterable[str],
    texts: Iterable[Mapping[str, str]],
) -> str:
    """What is searched of a product whose title, description and other texts (category, options) come in several languages.

    The order of languages does not show in it, so that whoever writes it, writes the same.
    """
    told = [text for one in texts for text in _in_order(one)]
    return search_text(_in_order(title), [*words, *told], _in_order(body))


def _in_order(texts: Mapping[str, str]) -> list[str]:
    return [texts[locale] for locale in sorted(texts)]


def query_words(text: str) -> list[str]:
    """The words somebody looks for; of an endless text only the first."""
    return fold(text[:LONGEST_QUERY]).split()[:MOST_WORDS]


def ts_query(words: list[str]) -> str:
    """The words as PostgreSQL's text search asks for them: all of them, the last one possibly unfinished."""
    return " & ".join(f"'{word}'" for word in words) + ":*"


def suggestion(query: str, titles: Iterable[str]) -> str | None:
    """`query` with each word replaced by the nearest one of `titles`, as it is written there; None if nothing is near."""
    candidates = {fold(word): word.lower() for title in titles for word in _written_words(title)}
    nearest = [_nearest(word, candidates) for word in query_words(query)]
    return " ".join(nearest) if any(nearest) and all(nearest) else None


def _written_words(title: str) -> list[str]:
    plain = _VOWEL_MARKS.sub("", unicodedata.normalize("NFC", title))
    return [word for word in re.split(r"[^\w\u200c]+", plain) if len(fold(word)) > 1]


def _nearest(word: str, candidates: dict[str, str]) -> str:
    best = max(candidates, key=lambda candidate: (similarity(word, candidate), _alike(word, candidate)), default="")
    return candidates[best] if best and similarity(word, best) >= GOOD_ENOUGH else ""


def similarity(one: str, other: str) -> float:
    """How much two folded words share, 0 to 1: the part of the shorter one's trigrams that the other has too."""
    left, right = _trigrams(one), _trigrams(other)
    return len(left & right) / min(len(left), len(right)) if left and right else 0.0


def _alike(one: str, other: str) -> float:
    """What decides between words that share equally much: the letters in their order."""
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _trigrams(word: str) -> set[str]:
    padded = f"  {word} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)} if word else set()
