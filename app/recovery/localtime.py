"""When it is a decent hour where somebody is: the zones they may be in, and the hours that may be used there. Pure.

Nobody knows for sure where a person is. So everything that says something about it is believed at once, and an hour is
allowed only if it is in every zone and by every rule.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from app.recovery.region_data import (
    ALWAYS,
    AREA_CODES,
    HOURS_RULES,
    REGION_ZONES,
    SOMEWHERE_IN_THE_US,
    Hours,
    Week,
)
from app.recovery.values import Channel

MARGIN = timedelta(minutes=1)  # between the decision and the moment at which the message is there
HORIZON = timedelta(days=9)  # every weekday is within it, wherever one begins
TELLS_NOTHING = 8  # a number's prefix that is in more zones than these says no more than its country


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody may be: names of zones, and states as (country, region), the region "" for the country as a whole."""

    zones: tuple[str, ...]
    regions: tuple[tuple[str, str], ...] = ()

    @property
    def countries(self) -> frozenset[str]:
        """ISO 3166-1 codes."""
        return frozenset(country for country, _region in self.regions)


def place_of(*, time_zone: str, country: str, region: str, phone: str, store_zone: str) -> Place:
    """Where somebody may be by their browser's zone, their last address and the prefix of their number ("": not known).

    If nothing is known: where the store is.
    """
    zones, regions = set[str](), set[tuple[str, str]]()
    if _exists(time_zone):
        zones.add(time_zone)
    if country:
        zones.update(REGION_ZONES.get(country, {}).get(region) or _zones_of_countries().get(country, ()))
        regions.add((country, region))
    if phone:
        by_number = _place_of_number(phone)
        zones.update(by_number.zones)
        regions.update(by_number.regions)
    if not zones:
        zones.add(store_zone if _exists(store_zone) else "UTC")
    return Place(tuple(sorted(zones)), tuple(sorted(regions)))


def hours_of(channel: Channel, store_hours: Hours, place: Place) -> Week:
    """The hours of each weekday in which the store and every rule of the place allow the channel; empty ones are (0, 0)."""
    week = _within(ALWAYS, (store_hours,) * 7)
    for rule in HOURS_RULES:
        if rule.channel is channel and any(
            country == rule.country and rule.region in ("", region) for country, region in place.regions
        ):
            week = _within(week, rule.week)
    return week


def is_allowed(moment: datetime, zones: Iterable[str], week: Week) -> bool:
    """Whether it is one of the hours in every one of the zones."""
    return all(_inside(moment.astimezone(ZoneInfo(zone)), week) for zone in zones)


def next_allowed(now: datetime, zones: tuple[str, ...], week: Week) -> datetime | None:
    """The first moment from `now` on at which it is allowed and stays so for MARGIN, in UTC; None if there is none in the
    days to come.

    A zone in which it is not allowed puts the answer off to its next opening at least: so it goes from opening to opening
    until no zone objects, and cannot miss an earlier moment.
    """
    moment = now.astimezone(UTC)
    while moment <= now + HORIZON:
        waiting = [
            zone
            for zone in zones
            if not is_allowed(moment, (zone,), week) or not is_allowed(moment + MARGIN, (zone,), week)
        ]
        if not waiting:
            return moment
        openings = [_next_opening(moment, ZoneInfo(zone), week) for zone in waiting]
        if None in openings:
            return None
        moment = max(opening for opening in openings if opening is not None)
    return None


def _next_opening(moment: datetime, zone: ZoneInfo, week: Week) -> datetime | None:
    """The first beginning of an hour of `week` after `moment`, at which it is not one.

    An hour that the clock leaps over (spring) begins where it lands; of one that comes twice (autumn) both count.
    """
    today = moment.astimezone(zone).date()
    for days in range(HORIZON.days):
        day = today + timedelta(days=days)
        first, last = week[day.weekday()]
        if first >= last:
            continue
        for fold in (0, 1):
            opening = datetime.combine(day, time(first, fold=fold), zone).astimezone(UTC)
            if opening > moment and _inside(opening.astimezone(zone), week):
                return opening
    return None


def _inside(local: datetime, week: Week) -> bool:
    first, last = week[local.weekday()]
    return first <= local.hour < last


def _within(one: Week, other: Week) -> Week:
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = (
        _both(hours, narrower) for hours, narrower in zip(one, other, strict=True)
    )
    return monday, tuesday, wednesday, thursday, friday, saturday, sunday


def _both(one: Hours, other: Hours) -> Hours:
    first, last = max(one[0], other[0]), min(one[1], other[1])
    return (first, last) if first < last else (0, 0)


@lru_cache(4_096)
def _exists(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # unknown; no name at all ("../x"); a directory
        return False
    return True


@cache
def _zones_of_countries() -> dict[str, tuple[str, ...]]:
    """From the tz database's own table: country, coordinates, zone."""
    zones: dict[str, tuple[str, ...]] = {"US": SOMEWHERE_IN_THE_US}
    for line in files("tzdata.zoneinfo").joinpath("zone.tab").read_text().splitlines():
        if not line.startswith("#"):
            country, _coordinates, zone = line.split("\t")[:3]
            if country != "US":
                zones[country] = (*zones.get(country, ()), zone)
    return zones


@lru_cache(4_096)
def _place_of_number(phone: str) -> Place:
    """By the prefix of an E.164 number; nowhere for one that is none."""
    import phonenumbers  # 5 MB of prefixes, which only the worker needs
    from phonenumbers.timezone import time_zones_for_number

    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return Place(())
    country = phonenumbers.region_code_for_number(number) or ""
    zones = tuple(zone for zone in time_zones_for_number(number) if _exists(zone))
    if len(zones) > TELLS_NOTHING:
        zones = _zones_of_countries().get(country, ())
    state = AREA_CODES.get(str(number.national_number)[:3], "") if country == "US" else ""
    return Place(zones, ((country, state),) if country else ())
