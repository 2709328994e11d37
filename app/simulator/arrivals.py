"""When shoppers come: by hour of the day, day of the week, growth over the span and some days of a sale. Pure.

Shares are relative; how many come in all is asked for. The same seed gives the same moments.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

# Of the store's own day: few at night, more at noon, most in the evening.
BY_HOUR = (
    0.8, 0.4, 0.25, 0.2, 0.2, 0.35, 0.8, 1.5, 2.3, 3.0, 3.4, 3.7,
    3.9, 3.6, 3.4, 3.4, 3.6, 4.0, 4.6, 5.4, 6.2, 6.0, 4.2, 2.0,
)  # fmt: skip
BY_WEEKDAY = (1.05, 1.0, 1.0, 1.0, 0.9, 0.95, 1.2)  # from Monday
GROWTH = 1.6
SALES = ((11, 27), (11, 28), (12, 15), (3, 19), (7, 10))  # month, day
OF_A_SALE = 2.8

HALF = timedelta(minutes=30)


def arrivals(
    number: int, since: datetime, until: datetime, zone: ZoneInfo, random: Random, *, growth: float = GROWTH
) -> list[datetime]:
    """`number` moments from `since` up to, not including, `until` (aware, UTC), oldest first.

    `growth` is how many come on the last day for each who came on the first.
    """
    pieces = list(_pieces(since, until))
    if not pieces or number <= 0:
        return []
    weights = accumulate(
        _rate(begin, zone) * growth ** ((begin - since) / (until - since)) * (end - begin) / HALF
        for begin, end in pieces
    )
    chosen = random.choices(pieces, cum_weights=list(weights), k=number)
    moments = (begin + random.random() * (end - begin) for begin, end in chosen)
    return sorted(min(moment, until - timedelta(microseconds=1)) for moment in moments)


def is_sale(day: date) -> bool:
    """Whether the store has a sale on this day."""
    return (day.month, day.day) in SALES


def _pieces(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The span in pieces that end with each half hour, as the hours of some zones do."""
    begin = since
    while begin < until:
        passed = timedelta(minutes=begin.minute % 30, seconds=begin.second, microseconds=begin.microsecond)
        end = min(begin - passed + HALF, until)
        yield begin, end
        begin = end


def _rate(moment: datetime, zone: ZoneInfo) -> float:
    there = moment.astimezone(zone)
    return BY_HOUR[there.hour] * BY_WEEKDAY[there.weekday()] * (OF_A_SALE if is_sale(there.date()) else 1.0)
