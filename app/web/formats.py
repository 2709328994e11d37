"""Numbers and prices as people read them; and digits as people type them (Latin, Persian, Arabic)."""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_name
from flask import Flask, g, has_app_context
from markupsafe import Markup, escape

from app.errors import Invalid
from app.money import RIALS_IN_A_TOMAN, Money

PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
CODE_BESIDE_DIGIT = re.compile(r"(?<=[A-Z])(?=[0-9])")  # CLDR wants a space there, Babel sets none
PLAIN_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
TOMAN = {"en": "Toman", "fa": "تومان"}
LATIN = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")


class BadQuantity(Invalid):
    """Something that is not a whole number of pieces."""

    code = "bad_quantity"


def localized_digits(text: str, locale: str) -> str:
    """`text` with the digits of the language."""
    return text.translate(PERSIAN) if locale == "fa" else text


def in_field(value: object, locale: str) -> str:
    """What stands in a field for a number, in the digits of the language and with its decimal mark; anything else as it is."""
    text = str(value)
    return localized_digits(text, locale).replace(".", "٫") if locale == "fa" and PLAIN_NUMBER.fullmatch(text) else text


def latin_digits(text: str) -> str:
    """`text` with every Persian or Arabic digit as a Latin one: what people type is read alike."""
    return text.translate(LATIN)


def parse_quantity(text: str | None) -> int:
    """The whole number a person typed, 0 to 10¹², in any of the three scripts. Raises BadQuantity."""
    digits = latin_digits((text or "").strip())
    if not digits.isascii() or not digits.isdigit() or len(digits) > 12:
        raise BadQuantity()
    return int(digits)


def speaks_of_toman(currency: str) -> bool:
    """Whether the store of this request shows amounts in `currency` as tomans, ten rials each."""
    if currency != "IRR" or not has_app_context():
        return False
    store = g.get("store")
    return store is not None and bool(store.settings.rial_as_toman)


def plain_money(money: Money, locale: str) -> str:
    """A price as plain text: for attributes, titles and mails."""
    return _plain_money(money, locale, speaks_of_toman(money.currency))


def money_markup(money: Money, locale: str) -> Markup:
    """A price isolated from the text around it, so that right to left cannot take it apart."""
    return _money_markup(money, locale, speaks_of_toman(money.currency))


@lru_cache(maxsize=65_536)
def _plain_money(money: Money, locale: str, toman: bool) -> str:
    if toman:
        amount = format_decimal(money.decimal / RIALS_IN_A_TOMAN, locale=locale, numbering_system="default")
        text = f"{amount}\N{NO-BREAK SPACE}{TOMAN.get(locale, TOMAN['en'])}"
    else:
        text = format_currency(money.decimal, money.currency, locale=locale, numbering_system="default")
        text = CODE_BESIDE_DIGIT.sub("\N{NO-BREAK SPACE}", text)
    return localized_digits(text, locale)


@lru_cache(maxsize=65_536)
def _money_markup(money: Money, locale: str, toman: bool) -> Markup:
    return isolated(_plain_money(money, locale, toman))


def currency_name(currency: str, locale: str) -> str:
    """A currency as it is called on a button: "Euro", "Toman"."""
    if speaks_of_toman(currency):
        return TOMAN.get(locale, TOMAN["en"])
    return get_currency_name(currency, locale=locale)


def currency_words(currency: str, locale: str) -> str:
    """A currency as prices are said to be in it: "euros", "Toman"."""
    if speaks_of_toman(currency):
        return TOMAN.get(locale, TOMAN["en"])
    return get_currency_name(currency, count=2, locale=locale)


@lru_cache(maxsize=4_096)
def number(value: int, locale: str) -> str:
    """A whole number with the separators and digits of the language."""
    return localized_digits(format_decimal(value, locale=locale, numbering_system="default"), locale)


def percent(basis_points: int, locale: str) -> str:
    """A rate of hundredths of a percent with the sign and digits of the language: "19%", «۱۹٪»."""
    text = format_percent(Decimal(basis_points) / 10_000, "#,##0.##%", locale=locale, numbering_system="default")
    return localized_digits(text, locale).replace("%", "٪") if locale == "fa" else text


@lru_cache(maxsize=1_024)
def country_name(country: str, locale: str) -> str:
    """A country (ISO 3166-1) in the words of the language."""
    return str(Locale.parse(locale).territories.get(country, country))


def isolated(text: object) -> Markup:
    """`text` kept apart from the direction of what stands around it: addresses, codes, names."""
    return Markup("<bdi>") + escape(str(text)) + Markup("</bdi>")


def filters(locale: Callable[[], str]) -> dict[str, Callable[..., Any]]:
    """The formats as filters of templates, in the language that `locale` answers."""
    return {
        "money": lambda money: money_markup(money, locale()),
        "plain_money": lambda money: plain_money(money, locale()),
        "currency_name": lambda currency: currency_name(currency, locale()),
        "currency_words": lambda currency: currency_words(currency, locale()),
        "number": lambda value: number(value, locale()),
        "isolated": isolated,
        "in_field": lambda value: in_field(value, locale()),
        "digits": lambda text: localized_digits(str(text), locale()),
    }


def init_app(app: Flask) -> None:
    """Offer the formats to templates, in the language of the request."""
    app.jinja_env.filters.update(filters(lambda: str(g.locale)))
