"""What is said about discount codes: the reason in one sentence, and what it means for the order in another."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.errors import Refusal
from app.stores.request import current_locale, current_store
from app.web.dates import day
from app.web.formats import plain_money
from app.web.language import gettext as _
from app.web.refusals import register


def reason(refusal: Refusal) -> str:
    """Why a coupon does not count, in one sentence that stands for itself."""
    return _REASONS[refusal.code](refusal.params)


def _ended(params: Mapping[str, Any]) -> str:
    return _("%(code)s ended on %(day)s.", code=params["code"], day=_day(params["ends_at"], last=True))


def _not_started(params: Mapping[str, Any]) -> str:
    return _("%(code)s is valid from %(day)s.", code=params["code"], day=_day(params["starts_at"]))


def _minimum(params: Mapping[str, Any]) -> str:
    locale = current_locale()
    return _(
        "%(code)s is for orders from %(minimum)s. Yours is %(missing)s short.",
        code=params["code"],
        minimum=plain_money(params["minimum"], locale),
        missing=plain_money(params["missing"], locale),
    )


def _day(moment: datetime, *, last: bool = False) -> str:
    """The day in the store's time zone; with `last` the last one before `moment`."""
    at = moment - timedelta(microseconds=1) if last else moment
    return day(at.astimezone(ZoneInfo(current_store().time_zone)).date(), current_locale())


_REASONS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "coupon_unknown": lambda p: _("This code is not valid."),
    "coupon_missing": lambda p: _("Enter the code."),
    "coupon_ended": _ended,
    "coupon_not_started": _not_started,
    "coupon_minimum": _minimum,
    "coupon_used_up": lambda p: _("%(code)s has been used up.", code=p["code"]),
    "coupon_already_used": lambda p: _("You have used %(code)s already.", code=p["code"]),
    "coupon_other_currency": lambda p: _("%(code)s is not for orders in this currency.", code=p["code"]),
    "coupon_already_there": lambda p: _("%(code)s is in this order already.", code=p["code"]),
    "codes_unavailable": lambda p: _("Discount codes cannot be checked right now. You can order without one."),
}


def _with_effect(code: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda params: " ".join((_REASONS[code](params), _("Your total has not changed.")))


register({code: _with_effect(code) for code in _REASONS})
register(
    {
        "coupon_code_taken": lambda p: _("There is a coupon with this code already."),
    }
)
