"""Numbers, prices and dates as people read them; and digits as people type them (Latin, Persian, Arabic)."""

from datetime import datetime
from functools import lru_cache

from babel.dates import format_datetime
from babel.numbers import format_currency, format_decimal
from flask import Flask, g
from markupsafe import Markup, escape

from app.errors import Invalid
from app.money import Money

PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
LATIN = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")


class BadQuantity(Invalid):
    """Something that is not a whole number of pieces."""

    code = "bad_quantity"


def localized_digits(text: str, locale: str) -> str:
    """`text` with the digits of the language."""
    return text.translate(PERSIAN) if locale == "fa" else text


def latin_digits(text: str) -> str:
    """`text` with every Persian or Arabic digit as a Latin one: what people type is read alike."""
    return text.translate(LATIN)


def parse_quantity(text: str | None) -> int:
    """The whole number a person typed, 0 to 10¹², in any of the three scripts. Raises BadQuantity."""
    digits = latin_digits((text or "").strip())
    if not digits.isascii() or not digits.isdigit() or len(digits) > 12:
        raise BadQuantity()
    return int(digits)


@lru_cache(maxsize=65_536)
def plain_money(money: Money, locale: str) -> str:
    """A price as plain text: for attributes, titles and mails."""
    text = format_currency(money.decimal, money.currency, locale=locale, numbering_system="default")
    return localized_digits(text, locale)


@lru_cache(maxsize=65_536)
def money_markup(money: Money, locale: str) -> Markup:
    """A price isolated from the text around it, so that right to left cannot take it apart."""
    return isolated(plain_money(money, locale))


@lru_cache(maxsize=4_096)
def number(value: int, locale: str) -> str:
    """A whole number with the separators and digits of the language."""
    return localized_digits(format_decimal(value, locale=locale, numbering_system="default"), locale)


def date_and_time(moment: datetime, locale: str) -> str:
    """A moment in words and digits of the language (UTC)."""
    return localized_digits(format_datetime(moment, "medium", locale=locale), locale)


def isolated(text: object) -> Markup:
    """`text` kept apart from the direction of what stands around it: addresses, codes, names."""
    return Markup("<bdi>") + escape(str(text)) + Markup("</bdi>")


def init_app(app: Flask) -> None:
    """Offer the formats to templates, in the language of the request."""
    app.add_template_filter(lambda money: money_markup(money, g.locale), "money")
    app.add_template_filter(lambda money: plain_money(money, g.locale), "plain_money")
    app.add_template_filter(lambda value: number(value, g.locale), "number")
    app.add_template_filter(isolated)
    app.add_template_filter(lambda text: localized_digits(str(text), g.locale), "digits")
    app.add_template_filter(lambda moment: date_and_time(moment, g.locale), "moment")
