"""Amounts as staff type them, and as they are put into a field: in tomans where the store shows them."""

from app.catalog.filters import plain_amount, read_amount
from app.money import RIALS_IN_A_TOMAN, BadAmount, Money
from app.web.formats import latin_digits, speaks_of_toman


def unit(currency: str) -> int:
    """How many units of the currency stand for one that is typed."""
    return RIALS_IN_A_TOMAN if speaks_of_toman(currency) else 1


def read(typed: str, currency: str) -> Money | None:
    """What was typed; None for nothing. Raises BadAmount for what is no amount."""
    plain = latin_digits(typed).strip()
    if not plain:
        return None
    if not plain.strip("0.,٫"):
        return Money(0, currency)
    amount = read_amount(plain, currency, unit(currency))
    if amount is None:
        raise BadAmount(text=typed)
    return amount


def shown(amount: Money | None) -> str:
    """What stands in the field; nothing where there is no amount."""
    if amount is None:
        return ""
    return plain_amount(amount, unit(amount.currency)) if amount else "0"
