"""A setting's value in words, a line for each part of it: for what is in force, and for what a change makes different."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from babel import Locale
from flask import url_for
from markupsafe import Markup

from app.console.settings.fields import Place
from app.console.settings.items import Item, counted
from app.console.settings.sections import ITEMS
from app.money import Money
from app.stores.levels import ORGANIZATION, STORE, Level
from app.stores.taxes import ANYWHERE
from app.web.formats import country_name, currency_name, localized_digits, number, percent, plain_money
from app.web.language import gettext as _

Lines = list[str]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a change does to one setting. `old` and `new` are lines; `gone` and `come` those that differ.

    `inherits` says that the setting is given up, and the value of the level above comes in its place.
    """

    key: str
    name: str
    old: Lines
    new: Lines
    inherits: bool

    @property
    def gone(self) -> frozenset[str]:
        """Lines that are no more."""
        return frozenset(self.old) - frozenset(self.new)

    @property
    def come(self) -> frozenset[str]:
        """Lines that are new."""
        return frozenset(self.new) - frozenset(self.old)


def name_of(key: str) -> str:
    """The setting's plain name; its key if it is none any more."""
    return ITEMS[key][1].name() if key in ITEMS else key


def difference(key: str, old: Any, new: Any, place: Place, *, inherits: bool = False) -> Difference:
    """What differs between two values as they are stored."""
    return Difference(key, name_of(key), say(key, old, place), say(key, new, place), inherits)


def say(key: str, value: Any, place: Place) -> Lines:
    """A value as it is stored, in the reader's words."""
    if key not in ITEMS:
        return [str(value)]
    item = ITEMS[key][1]
    if item.key == "abandonment_minimums" and not value:
        return [number(10, place.locale)]
    match item.kind:
        case "switch":
            return [_("On") if value else _("Off")]
        case "number":
            return [counted(item.unit, value, number(value, place.locale)) if value is not None else _("No limit")]
        case "choice":
            return [words() for code, words in item.choices if code == value]
        case "hours":
            return [hours(value, place.locale)]
        case "country":
            return [country_name(value, place.locale)]
        case "countries":
            return [country_name(code, place.locale) for code in value]
        case "currencies":
            return [currency_name(code, place.locale) for code in value] or [_("None")]
        case "by_language":
            pairs = [f"{language(code, place.locale)}: {currency_name(value[code], place.locale)}" for code in value]
            return pairs or [_("The store's own")]
        case "amounts":
            return [_money(value, place.locale)]
        case _:
            return _parts(item, value, place)


def level_words(level: Level, titles: Mapping[str, Mapping[str, str]], locale: str) -> str:
    """What a level is called. `titles` are those of the segments, by key."""
    if level == ORGANIZATION:
        return _("Organization")
    if level == STORE:
        return _("This store")
    title = titles.get(level.segment, {})
    return title.get(locale) or next(iter(title.values()), level.segment)


def hours(value: Sequence[int], locale: str) -> str:
    """Hours of the day: "8:00–21:00"."""
    first, last = (localized_digits(f"{hour}:00", locale) for hour in value)
    return _("from %(first)s to %(last)s", first=first, last=last)


def language(code: str, locale: str) -> str:
    """A language in the words of another."""
    return Locale(code).get_display_name(locale) or code


def linked(key: str, level: Level) -> Markup:
    """A setting's name as a link to where it is changed."""
    if key not in ITEMS:
        return Markup("<span>{}</span>").format(key)
    at = url_for("console.settings_section", section=ITEMS[key][0].key, level=str(level), _anchor=f"s-{key}")
    return Markup('<a href="{}">{}</a>').format(at, name_of(key))


def _money(amounts: Mapping[str, int], locale: str) -> str:
    return _joined([plain_money(Money(amount, currency), locale) for currency, amount in amounts.items()], locale)


def _joined(words: Sequence[str], locale: str) -> str:
    return ("، " if locale == "fa" else ", ").join(words)


def _parts(item: Item, value: Any, place: Place) -> Lines:
    match item.kind:
        case "imprint":
            return _imprint(value, place)
        case "delivery":
            return [_delivery(row, place) for row in value] or [_("None")]
        case "taxes":
            return _taxes(value, place)
        case _:
            return [_segment(row, place) for row in value] or [_("None")]


def _imprint(value: Any, place: Place) -> Lines:
    lines = []
    for name, said in (("name", _("Name")), ("address", _("Address"))):
        for code, text in value[name].items():
            lines.append(f"{said} ({language(code, place.locale)}): {_joined(text.splitlines(), place.locale)}")
    lines += [f"{_('Tax number')}: {value['tax_number']}"] if value["tax_number"] else []
    lines += [f"{_('Email for questions')}: {value['email']}"] if value["email"] else []
    return lines or [_("Empty")]


def _delivery(row: Any, place: Place) -> str:
    title = row["title"].get(place.locale) or next(iter(row["title"].values()), row["key"])
    days = "–".join(number(day, place.locale) for day in dict.fromkeys(row["days"]))
    parts = [_("costs %(amount)s", amount=_money(row["cost"], place.locale))]
    if row["free_from"]:
        parts.append(_("free from %(amount)s", amount=_money(row["free_from"], place.locale)))
    parts.append(_("%(days)s working days", days=days))
    if row["countries"]:
        parts.append(_joined([country_name(code, place.locale) for code in row["countries"]], place.locale))
    if row["pickup"]:
        parts.append(_("to be picked up"))
    return f"{title}: {_joined(parts, place.locale)}"


def _taxes(value: Any, place: Place) -> Lines:
    lines = [_("Prices contain the tax") if value["included"] else _("The tax comes on top of prices")]
    lines.append(_("Rounded by line") if value["rounding"] == "line" else _("Rounded once an order"))
    for row in value["rates"]:
        where = _("Everywhere else") if row["country"] == ANYWHERE else country_name(row["country"], place.locale)
        lines.append(f"{where}{_(', ')}\u2068{row['tax_class']}\u2069: {percent(row['basis_points'], place.locale)}")
    return lines


def _segment(row: Any, place: Place) -> str:
    title = row["title"].get(place.locale) or next(iter(row["title"].values()), row["key"])
    parts = []
    if row["kind"]:
        parts.append(_("with an account") if row["kind"] == "member" else _("without an account"))
    if row["orders"]:
        parts.append(_("have bought here") if row["orders"] == "returning" else _("have never bought here"))
    if row["languages"]:
        parts.append(_joined([language(code, place.locale) for code in row["languages"]], place.locale))
    if row["currencies"]:
        parts.append(_joined([currency_name(code, place.locale) for code in row["currencies"]], place.locale))
    return f"{title}: {_joined(parts, place.locale)}"
