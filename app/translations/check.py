"""python -m app.translations.check: every sentence in code and templates has its translation, with the same placeholders."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir

from app.translations.catalogues import locales, merged

ROOT = Path(__file__).resolve().parents[2]
METHODS = [
    ("app/**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("templates/**.txt", "jinja2"),
    ("templates/**.mjml", "jinja2"),
]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "_l": None, "lazy_gettext": None}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def used() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """Where each sentence is used, and the sentence (a pair when it has a plural)."""
    for folder in ("app", "templates"):
        methods = [
            (pattern.removeprefix(folder + "/"), kind) for pattern, kind in METHODS if pattern.startswith(folder)
        ]
        for name, line, message, _comments, _context in extract_from_dir(
            str(ROOT / folder),
            methods,
            {"**": {"silent": "false"}},
            keywords=KEYWORDS,
        ):
            yield f"{folder}/{name}:{line}", message


def problems(locale: str) -> Iterator[str]:
    """What is missing, doubtful or no longer used in the files of `locale`."""
    catalogue = merged(locale)
    seen = set()
    for place, message in used():
        found = catalogue.get(message)
        seen.add(message if isinstance(message, str) else message[0])
        if found is None or not found.string or not all(_strings(found.string)) or found.fuzzy:
            yield f"{place}: not translated: {message!r}"
        elif _placeholders(message) != _placeholders(found.string):
            yield f"{place}: other placeholders than {message!r}: {found.string!r}"
    for entry in catalogue:
        if entry.id and _strings(entry.id)[0] not in seen:
            yield f"no longer used: {entry.id!r}"


def _strings(value: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _placeholders(value: str | tuple[str, ...] | list[str]) -> set[str]:
    return {name for text in _strings(value) for name in PLACEHOLDER.findall(text)}


def main() -> int:
    """Print the problems; 1 if there are any."""
    found = [f"{locale}: {problem}" for locale in locales() for problem in problems(locale)]
    print("\n".join(sorted(set(found))) if found else "translations complete")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
