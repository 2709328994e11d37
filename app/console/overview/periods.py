"""Which days the overview is about, and what they are held against."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.recovery.reports import Period, last_days
from app.stores.directory import StoreView

DAYS = (1, 7, 28, 90)
USUAL = 28
MEASURED = (28, 90)  # over fewer days a comparison with the holdout says nothing


@dataclass(frozen=True, slots=True)
class Span:
    """The last `days` days up to now. Today is held against the same day last week up to this hour, more against as many before."""

    days: int
    now: datetime
    zone: ZoneInfo
    period: Period
    before: Period

    @property
    def measured_days(self) -> int:
        """Of which days it is said what messages added."""
        return self.days if self.days in MEASURED else MEASURED[0]


def span(days: int | None, store: StoreView, now: datetime) -> Span:
    """What somebody asked for, or the usual one."""
    chosen = days if days in DAYS else USUAL
    zone = ZoneInfo(store.time_zone)
    period = last_days(chosen, zone, now)
    back = timedelta(days=7 if chosen == 1 else chosen)
    return Span(chosen, now, zone, period, Period(_earlier(period.since, back, zone), _earlier(now, back, zone)))


def _earlier(moment: datetime, back: timedelta, zone: ZoneInfo) -> datetime:
    """So many days before on the clocks of the zone: summer time must not move a day's beginning."""
    return (moment.astimezone(zone) - back).astimezone(moment.tzinfo)
