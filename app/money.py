"""Money: a whole number of minor units with its currency. No floats, no mixing of currencies."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from functools import lru_cache

from babel.numbers import get_currency_precision, list_currencies

from app.errors import Invalid


class BadAmount(Invalid):
    """An amount that is not a price in this currency."""

    code = "bad_amount"


@lru_cache(maxsize=256)
def exponent(currency: str) -> int:
    """How many decimal digits the minor unit of `currency` has (CLDR: EUR 2, IRR 0, KWD 3)."""
    return get_currency_precision(currency)


RIALS_IN_A_TOMAN = 10  # how people count in Iran; ISO 4217 knows the rial only


def is_currency(code: str) -> bool:
    """Whether `code` is a currency of ISO 4217."""
    return code in _currencies()


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """`amount` minor units of `currency` (ISO 4217)."""

    amount: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __mul__(self, factor: int) -> "Money":
        return Money(self.amount * factor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __abs__(self) -> "Money":
        return Money(abs(self.amount), self.currency)

    def __bool__(self) -> bool:
        return self.amount != 0

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exactly."""
        return Decimal(self.amount).scaleb(-exponent(self.currency))

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of `amounts`, zero of `currency` when there are none."""
    return sum(amounts, start=Money(0, currency))


def parse_amount(text: str, currency: str) -> Money:
    """Money from a decimal in major units ("9.99"). Raises BadAmount for anything else, also for too many decimals."""
    try:
        value = Decimal(text.strip())
        minor = value.scaleb(exponent(currency))
    except DecimalException:
        raise BadAmount(text=text) from None
    if not value.is_finite() or minor != minor.to_integral_value() or not 0 <= minor < 10**15:
        raise BadAmount(text=text)
    return Money(int(minor), currency)
