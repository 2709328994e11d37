"""Days as staff type them: by the calendar of their language, or the other one; years tell which is meant."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from persiantools.jdatetime import JalaliDate

from app.errors import Invalid
from app.web.formats import latin_digits, localized_digits
from app.web.language import gettext as _
from app.web.refusals import register

_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
JALALI_YEARS = range(1300, 1500)


class BadDay(Invalid):
    """No day of either calendar."""

    code = "bad_day"


def read(typed: str) -> date | None:
    """ "2026-12-24", «۱۴۰۵/۱۰/۰۳»; None for nothing. Raises BadDay."""
    text = latin_digits(typed).strip()
    if not text:
        return None
    found = _DAY.fullmatch(text)
    if not found:
        raise BadDay()
    year, month, day = (int(part) for part in found.groups())
    try:
        if year in JALALI_YEARS:
            there: date = JalaliDate(year, month, day).to_gregorian()
            return there
        return date(year, month, day)
    except ValueError:
        raise BadDay() from None


def shown(moment: datetime | None, zone: ZoneInfo, locale: str, *, last: bool = False) -> str:
    """The day of a moment in a zone as it stands in a field; with `last` the last one before the moment."""
    if moment is None:
        return ""
    there = (moment - timedelta(microseconds=1) if last else moment).astimezone(zone).date()
    if locale == "fa":
        jalali = JalaliDate.to_jalali(there.year, there.month, there.day)
        return localized_digits(f"{jalali.year}/{jalali.month:02}/{jalali.day:02}", locale)
    return there.isoformat()


def begins(day: date | None, zone: ZoneInfo) -> datetime | None:
    """The first moment of a day."""
    return None if day is None else datetime.combine(day, time(), zone)


def over(day: date | None, zone: ZoneInfo) -> datetime | None:
    """The first moment after a day."""
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), zone)


register({"bad_day": lambda p: _("Enter a day like 2026-12-24.")})
