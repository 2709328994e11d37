"""Dates: Jalali in Persian, ranges without repetition, times on the store's clocks."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from persiantools.jdatetime import JalaliDate

from app.web.dates import day, day_and_time, days, weekday
from app.web.formats import latin_digits

MONTHS = ["فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"]

# From the Iranian calendar as published: Nowruz and the last day of the years around leap years (1399, 1403, 1408).
KNOWN = {
    date(2026, 11, 5): "۱۴ آبان ۱۴۰۵",
    date(2021, 3, 20): "۳۰ اسفند ۱۳۹۹",
    date(2021, 3, 21): "۱ فروردین ۱۴۰۰",
    date(2025, 3, 20): "۳۰ اسفند ۱۴۰۳",
    date(2025, 3, 21): "۱ فروردین ۱۴۰۴",
    date(2026, 3, 20): "۲۹ اسفند ۱۴۰۴",
    date(2026, 3, 21): "۱ فروردین ۱۴۰۵",
    date(2030, 3, 20): "۳۰ اسفند ۱۴۰۸",
    date(1979, 2, 11): "۲۲ بهمن ۱۳۵۷",
    date(2000, 1, 1): "۱۱ دی ۱۳۷۸",
}


@pytest.mark.parametrize("gregorian", KNOWN, ids=str)
def test_a_persian_day_is_jalali(gregorian: date) -> None:
    assert day(gregorian, "fa") == KNOWN[gregorian]


@given(st.dates(date(1930, 1, 1), date(2090, 1, 1)))
def test_a_persian_day_can_be_read_back(value: date) -> None:
    number, month, year = day(value, "fa").split()
    read = JalaliDate(int(latin_digits(year)), MONTHS.index(month) + 1, int(latin_digits(number)))
    assert read.to_gregorian() == value
    assert not set("0123456789") & set(day(value, "fa"))


@given(st.dates(date(1930, 1, 1), date(2090, 1, 1)))
def test_the_next_day_is_one_later_or_the_first(value: date) -> None:
    today, tomorrow = (int(latin_digits(day(v, "fa").split()[0])) for v in (value, value + timedelta(days=1)))
    assert tomorrow == today + 1 or (tomorrow == 1 and today >= 29)


@pytest.mark.parametrize(
    ("first", "last", "en", "fa"),
    [
        (date(2026, 12, 3), date(2026, 12, 5), "3–5 December", "۱۲ تا ۱۴ آذر"),
        (date(2026, 12, 3), date(2026, 12, 3), "3 December", "۱۲ آذر"),
        (date(2026, 11, 30), date(2026, 12, 2), "30 November – 2 December", "۹ تا ۱۱ آذر"),
        (date(2026, 11, 20), date(2026, 11, 23), "20–23 November", "۲۹ آبان تا ۲ آذر"),
        (date(2026, 12, 30), date(2027, 1, 2), "30 December 2026 – 2 January 2027", "۹ تا ۱۲ دی"),
        (date(2027, 3, 19), date(2027, 3, 23), "19–23 March", "۲۸ اسفند ۱۴۰۵ تا ۳ فروردین ۱۴۰۶"),
    ],
    ids=["one month", "one day", "two months", "two Jalali months", "two years", "Nowruz"],
)
def test_a_range_says_nothing_twice(first: date, last: date, en: str, fa: str) -> None:
    assert days(first, last, "en") == en
    assert days(first, last, "fa") == fa


def test_another_language_has_its_own_way() -> None:
    assert day(date(2026, 11, 5), "de") == "5. November 2026"
    assert days(date(2026, 12, 3), date(2026, 12, 5), "de") == "3. Dezember – 5. Dezember"


def test_a_day_near_at_hand_has_a_name() -> None:
    assert weekday(date(2026, 11, 5), "en") == "Thursday 5 November"
    assert weekday(date(2026, 11, 5), "fa") == "پنجشنبه ۱۴ آبان"


def test_a_time_is_that_of_the_zone_also_past_midnight() -> None:
    moment = datetime(2026, 11, 5, 21, 5, tzinfo=UTC)
    assert day_and_time(moment, "en", ZoneInfo("Europe/Berlin")) == "5 November 2026, 22:05"
    assert day_and_time(moment, "fa", ZoneInfo("Asia/Tehran")) == "۱۵ آبان ۱۴۰۵، ۰۰:۳۵"
