"""What is wrong with payment details, as sentences for the person who entered them."""

from collections.abc import Callable, Mapping
from typing import Any

from app.web.language import gettext as _
from app.web.refusals import register

PROBLEMS: dict[str, Callable[[], str]] = {
    "number_missing": lambda: _("Enter a card number."),
    "number_wrong": lambda: _("This card number has a typing mistake. Check its digits."),
    "number_real": lambda: _("Only the test cards listed here work. Never enter a real card."),
    "expiry_missing": lambda: _("Enter the date on which the card expires, like 12/30."),
    "expiry_wrong": lambda: _("This is not a date on a card. Enter month and year, like 12/30."),
    "expiry_past": lambda: _("This date is past. Enter one that is still to come, like 12/30."),
    "code_missing": lambda: _("Enter a security code, three digits."),
    "code_wrong": lambda: _("A security code has three or four digits."),
}


def _bad_details(params: Mapping[str, Any]) -> str:
    return PROBLEMS[params["problem"]]()


register({"bad_payment_details": _bad_details})
