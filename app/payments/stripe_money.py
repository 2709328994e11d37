"""Amounts as Stripe writes them. Its minor units are not ours everywhere: ours are CLDR's, Stripe's are Stripe's.

Source: https://docs.stripe.com/currencies (zero-decimal currencies, three-decimal currencies, special cases).
"""

from decimal import Decimal

from app.money import Money, exponent


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


ZERO_DECIMALS = _codes("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF")
THREE_DECIMALS = _codes("BHD JOD KWD OMR TND")  # the last digit must be 0
TWO_BUT_WHOLE = _codes("ISK UGX")  # written with two decimals, which must be 00

TWO_DECIMALS = _codes(
    """AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY COP CRC
    CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR JMD KES KGS KHR KYD KZT
    LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN
    QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL THB TJS TOP TRY TTD TWD TZS UAH USD UYU UZS WST XCD YER
    ZAR ZMW"""
)
TAKEN = ZERO_DECIMALS | THREE_DECIMALS | TWO_BUT_WHOLE | TWO_DECIMALS


def to_stripe(money: Money) -> int | None:
    """The amount as Stripe wants it; None where Stripe cannot collect exactly this."""
    if money.currency not in TAKEN:
        return None
    amount = money.decimal.scaleb(_decimals(money.currency))
    step = 10 if money.currency in THREE_DECIMALS else 100 if money.currency in TWO_BUT_WHOLE else 1
    return int(amount) if amount % step == 0 else None


def from_stripe(amount: int, currency: str) -> Money | None:
    """Stripe's amount as money; None where our minor unit is too coarse for it. `currency` in any case."""
    currency = currency.upper()
    minor = Decimal(amount).scaleb(exponent(currency) - _decimals(currency))
    return Money(int(minor), currency) if minor % 1 == 0 else None


def _decimals(currency: str) -> int:
    return 0 if currency in ZERO_DECIMALS else 3 if currency in THREE_DECIMALS else 2
