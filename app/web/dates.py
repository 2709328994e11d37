"""Days and times as people read them: in Persian by the Jalali calendar with Persian digits, elsewhere as CLDR has them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time
from flask import Flask, g
from persiantools.jdatetime import JalaliDate

from app.web.formats import localized_digits

# English as most of the world writes it: 5 November, not November 5.
SPOKEN = {"en": "en_GB"}
NEAR = 6  # days, within which the name of a day can mean only one


def day(value: date, locale: str) -> str:
    """A day with its year: "5 November 2026", «۱۴ آبان ۱۴۰۵»."""
    if locale == "fa":
        there = _jalali(value)
        return f"{_persian_day(value)} {_persian(there.year)}"
    return format_date(value, "long", locale=_spoken(locale))


def weekday(value: date, locale: str) -> str:
    """A day with its name, without the year, for days near at hand: "Thursday 5 November", «پنجشنبه ۱۴ آبان»."""
    if locale == "fa":
        return f"{_jalali(value).strftime('%A', locale='fa')} {_persian_day(value)}"
    return f"{format_date(value, 'EEEE', locale=_spoken(locale))} {_day_of_month(value, locale)}"


def near(value: date, today: date, locale: str) -> str:
    """A day by its name where that is clear, else by its date: "Thursday", "5 November", «پنجشنبه», «۱۴ آبان»."""
    if abs((value - today).days) > NEAR:
        return days(value, value, locale)
    if locale == "fa":
        return str(_jalali(value).strftime("%A", locale="fa"))
    return format_date(value, "EEEE", locale=_spoken(locale))


def days(first: date, last: date, locale: str) -> str:
    """From one day to another, as little said twice as possible; years only where they differ.

    "3–5 December", «۱۲ تا ۱۴ آذر». `last` is not before `first`.
    """
    if first == last:
        return _persian_day(first) if locale == "fa" else _day_of_month(first, locale)
    if locale == "fa":
        begin, end = _jalali(first), _jalali(last)
        if begin.year != end.year:
            return f"{day(first, locale)} تا {day(last, locale)}"
        same_month = begin.month == end.month
        return f"{_persian(begin.day) if same_month else _persian_day(first)} تا {_persian_day(last)}"
    if first.year != last.year:
        return f"{day(first, locale)} – {day(last, locale)}"
    if first.month == last.month and _spoken(locale) == "en_GB":
        return f"{first.day}–{_day_of_month(last, locale)}"
    return f"{_day_of_month(first, locale)} – {_day_of_month(last, locale)}"


def day_and_time(moment: datetime, locale: str, zone: ZoneInfo) -> str:
    """A moment on the clocks of `zone`: "5 November 2026, 10:35", «۱۴ آبان ۱۴۰۵، ۱۰:۳۵»."""
    there = moment.astimezone(zone)
    if locale == "fa":
        return f"{day(there.date(), locale)}، {localized_digits(there.strftime('%H:%M'), locale)}"
    return f"{day(there.date(), locale)}, {format_time(there.time(), 'short', locale=_spoken(locale))}"


def clock(moment: datetime, locale: str, zone: ZoneInfo) -> str:
    """The time of a moment on the clocks of `zone`: "10:35", «۱۰:۳۵»."""
    return localized_digits(moment.astimezone(zone).strftime("%H:%M"), locale)


def init_app(app: Flask) -> None:
    """Offer them to templates, in the language of the request; times are those of the store."""
    app.add_template_filter(lambda value: day(value, g.locale), "day")
    app.add_template_filter(lambda value: weekday(value, g.locale), "weekday")
    app.add_template_filter(lambda moment: clock(moment, g.locale, ZoneInfo(g.store.time_zone)), "clock")
    app.add_template_filter(lambda first, last: days(first, last, g.locale), "days")
    app.add_template_filter(lambda moment: day_and_time(moment, g.locale, ZoneInfo(g.store.time_zone)), "day_and_time")


def _jalali(value: date) -> JalaliDate:
    there: JalaliDate = JalaliDate.to_jalali(value.year, value.month, value.day)
    return there


def _persian_day(value: date) -> str:
    there = _jalali(value)
    return f"{_persian(there.day)} {there.strftime('%B', locale='fa')}"


def _persian(value: int) -> str:
    return localized_digits(str(value), "fa")


def _day_of_month(value: date, locale: str) -> str:
    if _spoken(locale) == "en_GB":  # the skeleton gives "5 Nov"
        return format_date(value, "d MMMM", locale="en_GB")
    return format_skeleton("MMMMd", value, locale=_spoken(locale))


def _spoken(locale: str) -> str:
    return SPOKEN.get(locale, locale)
