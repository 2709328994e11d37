"""Prices as people read them, in both languages: any number of decimals, tomans where the store speaks of them."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from flask import Flask, g

from app.money import Money
from app.stores.settings import BadSetting, StoreSettings, settings_from
from app.web.formats import currency_name, currency_words, in_field, plain_money


@pytest.fixture(params=[True, False], ids=["toman", "rial"])
def toman(request: pytest.FixtureRequest) -> Iterator[bool]:
    with Flask("formats").app_context():
        g.store = SimpleNamespace(settings=StoreSettings(rial_as_toman=request.param))
        yield bool(request.param)


@pytest.mark.parametrize(
    ("amount", "currency", "en", "fa"),
    [
        (123456, "EUR", "€1,234.56", "€\xa0۱٬۲۳۴٫۵۶"),
        (123456, "USD", "$1,234.56", "$\xa0۱٬۲۳۴٫۵۶"),
        (123456, "KWD", "KWD\xa0123.456", "KWD\xa0۱۲۳٫۴۵۶"),
        (123456, "JPY", "¥123,456", "¥\xa0۱۲۳٬۴۵۶"),
    ],
    ids=["EUR", "USD", "KWD", "JPY"],
)
def test_a_price_has_the_decimals_of_its_currency(amount: int, currency: str, en: str, fa: str) -> None:
    assert plain_money(Money(amount, currency), "en") == en
    assert plain_money(Money(amount, currency), "fa").replace("\u200e", "") == fa


def test_rials_are_shown_as_tomans_where_the_store_wants_it(toman: bool) -> None:
    amount = Money(11_360_000, "IRR")
    if toman:
        assert plain_money(amount, "en") == "1,136,000\xa0Toman"
        assert plain_money(amount, "fa") == "۱٬۱۳۶٬۰۰۰\xa0تومان"
        assert plain_money(Money(15, "IRR"), "fa") == "۱٫۵\xa0تومان"
        assert (currency_name("IRR", "en"), currency_words("IRR", "fa")) == ("Toman", "تومان")
    else:
        assert plain_money(amount, "en") == "IRR\xa011,360,000"
        assert "۱۱٬۳۶۰٬۰۰۰" in plain_money(amount, "fa")
        assert currency_words("IRR", "en") == "Iranian rials"
    assert (currency_name("EUR", "en"), currency_words("EUR", "en"), currency_words("EUR", "fa")) == (
        "Euro",
        "euros",
        "یورو",
    )


@pytest.mark.parametrize(
    "values",
    [{"further_currencies": ["ABC"]}, {"further_currencies": ["eur"]}, {"currency_by_language": {"fa": "TOM"}}],
    ids=["unknown", "small letters", "toman is none"],
)
def test_only_currencies_of_iso_4217_can_be_set(values: dict[str, object]) -> None:
    with pytest.raises(BadSetting):
        settings_from(values)


@pytest.mark.parametrize(
    ("value", "locale", "stands"),
    [
        ("1400000", "fa", "۱۴۰۰۰۰۰"), (4, "fa", "۴"), ("9.9", "fa", "۹٫۹"), ("9.9", "en", "9.9"), ("", "fa", ""),
        ("7x", "fa", "7x"), ("SPRING15", "fa", "SPRING15"),
    ],
)  # fmt: skip
def test_what_stands_in_a_field_for_a_number(value: object, locale: str, stands: str) -> None:
    assert in_field(value, locale) == stands
