"""Settings as fields of a form: a value as what stands in its inputs, and what was typed as a value again.

Inputs are named by the setting's key; those of a setting with parts by the key, a point and the part.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, cast

import msgspec
from babel import Locale
from werkzeug.datastructures import MultiDict

from app.console.settings.items import Item, field_words
from app.errors import Invalid
from app.money import RIALS_IN_A_TOMAN, BadAmount, Money, exponent, is_currency, parse_amount
from app.stores.settings import StoreSettings
from app.web.formats import latin_digits, number, speaks_of_toman
from app.web.language import gettext as _

Form = MultiDict[str, str]
SEPARATORS = str.maketrans({"،": ",", ";": ",", "\n": ","})


class BadField(Invalid):
    """What was typed is no value of the setting. `field` is the input's id, `words` what to do about it."""

    code = "bad_field"

    def __init__(self, field: str, words: str) -> None:
        super().__init__(field=field, words=words)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the form is: the reader's language, and the languages and currencies that the store has."""

    locale: str
    locales: tuple[str, ...]
    currencies: tuple[str, ...]


def bounds(key: str) -> tuple[int | None, int | None]:
    """The least and the most that a number may be."""
    kind: Any = _TYPES[key]
    kinds = kind.types if isinstance(kind, msgspec.inspect.UnionType) else (kind,)
    whole = next(one for one in kinds if isinstance(one, msgspec.inspect.IntType))
    return whole.ge, whole.le


def may_be_empty(key: str) -> bool:
    """Whether a number may be left out."""
    return isinstance(_TYPES[key], msgspec.inspect.UnionType)


def shown(item: Item, value: Any, place: Place) -> Form:
    """What stands in the inputs of a setting of one part or few."""
    form: Form = MultiDict()
    match item.kind:
        case "switch":
            form[item.key] = "on" if value else ""
        case "hours":
            form[f"{item.key}.from"], form[f"{item.key}.to"] = map(str, value)
        case "countries" | "currencies":
            form.setlist(item.key, list(value))
        case "by_language":
            for language in place.locales:
                form[f"{item.key}.{language}"] = value.get(language, "")
        case "amounts":
            for currency in currencies_of(value, place):
                amount = value.get(currency)
                form[f"{item.key}.{currency}"] = "" if amount is None else plain(amount, currency)
        case _:
            form[item.key] = "" if value is None else str(value)
    return form


def read(item: Item, form: Mapping[str, Any], place: Place, before: Any) -> Any:
    """The value that was typed. Raises BadField. `before` is what the form began with."""
    typed: Form = form if isinstance(form, MultiDict) else MultiDict(form)
    match item.kind:
        case "switch":
            return typed.get(item.key) == "on"
        case "number":
            return _number(item, typed, place.locale)
        case "hours":
            return _hours(item, typed)
        case "country":
            return known_country(typed.get(item.key, ""), item.key, place.locale)
        case "countries":
            return _listed(item, typed, lambda word: known_country(word, f"{item.key}.more", place.locale), least=1)
        case "currencies":
            return _listed(item, typed, lambda word: _currency(word, f"{item.key}.more"), least=0)
        case "by_language":
            chosen = {language: typed.get(f"{item.key}.{language}", "") for language in place.locales}
            kept = {language: code for language, code in before.items() if language not in place.locales}
            return {**kept, **{language: code for language, code in chosen.items() if code}}
        case "amounts":
            return read_amounts(item.key, typed, currencies_of(before, place))
        case _:
            return typed.get(item.key, "")


def currencies_of(value: Mapping[str, Any], place: Place) -> tuple[str, ...]:
    """The store's currencies, and those that amounts are kept in besides."""
    return tuple(dict.fromkeys((*place.currencies, *value)))


def read_amounts(name: str, typed: Form, currencies: tuple[str, ...]) -> dict[str, int]:
    """Amounts by currency, in minor units; those left empty are left out. Raises BadField."""
    found = {}
    for currency in currencies:
        text = typed.get(f"{name}.{currency}", "").strip()
        if text:
            found[currency] = _amount(text, currency, f"{name}.{currency}")
    return found


def plain(amount: int, currency: str) -> str:
    """An amount as it is typed: in tomans where the store says so, without needless zeros."""
    value = Decimal(amount).scaleb(-exponent(currency)) / _unit(currency)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def words_of(text: str) -> list[str]:
    """Words with commas between them, in either script."""
    return [word for word in (part.strip() for part in text.translate(SEPARATORS).split(",")) if word]


def known_country(word: str, field: str, locale: str) -> str:
    """The code of a country that was typed by code or by its name in the reader's language. Raises BadField."""
    names = countries(locale)
    code = word.strip().upper()
    if code in names:
        return code
    found = next((code for code, name in names.items() if name.casefold() == word.strip().casefold()), "")
    if not found:
        raise BadField(field, field_words("country" if not word.strip() else "countries"))
    return found


def countries(locale: str) -> dict[str, str]:
    """Every country by its code (ISO 3166-1), in the words of the language, in its order."""
    territories = Locale.parse(locale).territories
    named = {
        code: str(name) for code, name in territories.items() if len(code) == 2 and code.isalpha() and code not in _NONE
    }
    return dict(sorted(named.items(), key=lambda pair: pair[1]))


def _number(item: Item, typed: Form, locale: str) -> int | None:
    digits = latin_digits(typed.get(item.key, "").strip())
    if not digits and may_be_empty(item.key):
        return None
    least, most = bounds(item.key)
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise BadField(item.key, field_words("number"))
    value = int(digits)
    if (least is not None and value < least) or (most is not None and value > most):
        raise BadField(item.key, bounds_words(item.key, locale))
    return value


def bounds_words(key: str, locale: str) -> str:
    """Between what a number must be."""
    least, most = bounds(key)
    if most is None:
        return _("%(least)s or more.", least=number(least or 0, locale))
    return _("From %(least)s to %(most)s.", least=number(least or 0, locale), most=number(most, locale))


def _hours(item: Item, typed: Form) -> list[int]:
    first, last = (latin_digits(typed.get(f"{item.key}.{end}", "").strip()) for end in ("from", "to"))
    whole = all(text.isascii() and text.isdigit() and int(text[:3]) <= 24 for text in (first, last) if text)
    if not (first and last and whole) or int(first) >= int(last):
        raise BadField(f"{item.key}.from", field_words("hours"))
    return [int(first), int(last)]


def _listed(item: Item, typed: Form, known: Any, *, least: int) -> list[str]:
    found = [*typed.getlist(item.key), *words_of(typed.get(f"{item.key}.more", ""))]
    codes = list(dict.fromkeys(known(word) for word in found))
    if len(codes) < least:
        raise BadField(f"{item.key}.more", field_words(item.kind))
    return codes


def _currency(word: str, field: str) -> str:
    code = word.upper()
    if not is_currency(code):
        raise BadField(field, field_words("currencies"))
    return code


def _amount(text: str, currency: str, field: str) -> int:
    digits = latin_digits(text).replace("٬", "").replace("٫", ".").replace(",", ".")
    try:
        found: Money = parse_amount(str(Decimal(digits) * _unit(currency)), currency)
    except (InvalidOperation, BadAmount):
        raise BadField(field, field_words("amounts")) from None
    return found.amount


def _unit(currency: str) -> int:
    return RIALS_IN_A_TOMAN if speaks_of_toman(currency) else 1


_NONE = frozenset({"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"})
_STRUCT = cast(msgspec.inspect.StructType, msgspec.inspect.type_info(StoreSettings))
_TYPES = {field.name: field.type for field in _STRUCT.fields}
