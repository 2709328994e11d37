"""Every setting as staff read it: its plain name, what it does, how it is entered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.web.language import gettext as _
from app.web.language import ngettext

Words = Callable[[], str]
Kind = Literal[
    "switch",
    "number",
    "choice",
    "hours",
    "country",
    "countries",
    "currencies",
    "by_language",
    "amounts",
    "imprint",
    "delivery",
    "taxes",
    "segments",
]
Unit = Literal["", "percent", "lines", "minutes", "hours", "days", "messages"]


@dataclass(frozen=True, slots=True)
class Item:
    """A setting. `unit` is what a number counts; `choices` what can be chosen."""

    key: str
    kind: Kind
    name: Words
    effect: Words
    unit: Unit = ""
    choices: tuple[tuple[str, Words], ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Settings that belong together."""

    key: str
    name: Words
    about: Words
    items: tuple[Item, ...]


def unit_words(unit: str) -> str:
    """What stands behind a number to be typed."""
    words: dict[str, Words] = {
        "percent": lambda: _("percent"),
        "lines": lambda: _("lines"),
        "minutes": lambda: _("minutes"),
        "hours": lambda: _("hours"),
        "days": lambda: _("days"),
        "messages": lambda: _("messages"),
    }
    return words[unit]() if unit else ""


def counted(unit: str, count: int, shown: str) -> str:
    """A number with what it counts: "9 days". `shown` is the number as it is written."""
    match unit:
        case "percent":
            return _("%(num)s percent", num=shown)
        case "lines":
            return ngettext("%(num)s line", "%(num)s lines", count, num=shown)
        case "minutes":
            return ngettext("%(num)s minute", "%(num)s minutes", count, num=shown)
        case "hours":
            return ngettext("%(num)s hour", "%(num)s hours", count, num=shown)
        case "days":
            return ngettext("%(num)s day", "%(num)s days", count, num=shown)
        case "messages":
            return ngettext("%(num)s message", "%(num)s messages", count, num=shown)
        case _:
            return shown


def field_words(kind: str) -> str:
    """What a field asks for, when what was typed is not that."""
    words: dict[str, Words] = {
        "number": lambda: _("Enter a whole number."),
        "hours": lambda: _("Enter two hours of the day, the earlier one first."),
        "amounts": lambda: _("Enter an amount, like 10 or 9.50."),
        "country": lambda: _("Choose a country."),
        "countries": lambda: _("Enter countries by their names or codes, with commas between them; at least one."),
        "currencies": lambda: _("Enter currencies by their codes, like CHF, with commas between them."),
    }
    return words.get(kind, lambda: _("This cannot be used."))()
