"""Finished weeks of a store: Monday to Sunday on its clocks. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEK = timedelta(days=7)
AT_MOST = 26  # weeks that are caught up
SETTLED = timedelta(hours=1)  # after its end: until then reasons of the last carts may be missing


@dataclass(frozen=True, slots=True)
class Week:
    """By its Monday. From `since` up to, not including, `until` (aware, UTC)."""

    monday: date
    since: datetime
    until: datetime

    @property
    def sunday(self) -> date:
        """Its last day."""
        return self.monday + WEEK - timedelta(days=1)

    def days(self) -> list[tuple[datetime, datetime]]:
        """It, in pieces of a day at most."""
        found, since = [], self.since
        while since < self.until:
            until = min(since + timedelta(days=1), self.until)
            found.append((since, until))
            since = until
        return found


def due(zone: ZoneInfo, now: datetime, *, first: datetime, frozen: tuple[date, datetime] | None) -> list[Week]:
    """The weeks to be frozen, oldest first: those over since `first`, the last AT_MOST of them, after the newest one `frozen`.

    `frozen` is that one's Monday and where it ended: should the store have moved to another time zone since, the next one
    begins there, so that no hour is in two weeks.
    """
    monday = _monday(first, zone)
    newest = _monday(now - SETTLED, zone)  # the week that is not over
    monday = max(monday, newest - AT_MOST * WEEK)
    if frozen is not None:
        monday = max(monday, frozen[0] + WEEK)
    found = []
    while monday < newest:
        since, until = _begins(monday, zone), _begins(monday + WEEK, zone)
        if frozen is not None:
            since = max(since, frozen[1])
        found.append(Week(monday, since, until))
        monday += WEEK
    return found


def _monday(moment: datetime, zone: ZoneInfo) -> date:
    day = moment.astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def _begins(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
