"""Spans of time as the console says them: how long something took, how long ago it was."""

from datetime import datetime, timedelta

from babel.dates import format_timedelta

from app.web.formats import localized_digits, number
from app.web.language import gettext as _

SHORT = timedelta(seconds=2)


def span(length: timedelta, locale: str) -> str:
    """ "120 ms", "3 minutes", «۳ دقیقه»."""
    if length < SHORT:
        milliseconds = round(max(length, timedelta()) / timedelta(milliseconds=1))
        return _("%(num)s ms", num=number(milliseconds, locale))
    return localized_digits(format_timedelta(length, locale=locale, threshold=1.2), locale)


def ago(moment: datetime, now: datetime, locale: str) -> str:
    """ "3 minutes ago", "in 20 seconds"."""
    said = format_timedelta(moment - now, locale=locale, threshold=1.2, add_direction=True)
    return localized_digits(said, locale)
