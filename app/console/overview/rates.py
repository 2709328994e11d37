"""How often carts are left and come back: four figures with their course, and the days as bars with their table."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from markupsafe import Markup
from sqlalchemy import text

from app.console import charts
from app.console.campaign_words import name_of
from app.console.charts import Bar, Marker
from app.console.overview.periods import Span
from app.database.base import db
from app.database.tenancy import current_store_id
from app.money import RIALS_IN_A_TOMAN, Money
from app.recovery import trends
from app.recovery.reports import Period, last_days
from app.recovery.trends import Day, Rates
from app.stores.directory import StoreView
from app.web.dates import day as day_words
from app.web.dates import days as short_day
from app.web.formats import localized_digits, number, percent, plain_money, speaks_of_toman
from app.web.language import direction, ngettext
from app.web.language import gettext as _

CHART_AT_LEAST = 14  # days: fewer bars tell nothing, and a phone has no room for more
MARKERS_AT_MOST = 3

MARKERS = text("""
    SELECT v.version, v.published_at, c.draft -> 'name' AS name
    FROM campaigns c JOIN campaign_versions v ON v.store_id = c.store_id AND v.campaign_id = c.id
    WHERE c.store_id = :store AND v.published_at >= :since AND v.published_at < :until
    ORDER BY v.published_at DESC LIMIT :limit""")


@dataclass(frozen=True, slots=True)
class Kpi:
    """A figure, what it is held against, and how it went. `change` is worded; `up` whether it grew, `good` whether that is welcome."""

    key: str
    title: str
    value: str
    note: str
    spark: Markup
    change: str = ""
    up: bool = False
    good: bool | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """What is known of the chosen days and of those before, day by day."""

    days: list[Day]
    days_before: list[Day]
    orders: dict[date, tuple[int, int]]
    orders_before: dict[date, tuple[int, int]]
    sent: dict[date, int]
    sent_before: int

    @property
    def now(self) -> Rates:
        """Of the chosen days."""
        return _rates(self.days, self.orders)

    @property
    def before(self) -> Rates:
        """Of the days before."""
        return _rates(self.days_before, self.orders_before)


@dataclass(frozen=True, slots=True)
class DaysChart:
    """The bars for wide and narrow windows, what their parts come to, and their table."""

    wide: Markup
    narrow: Markup
    legend: tuple[tuple[Literal["won", "wait", "lost"], str, str], ...]
    rows: tuple[tuple[str, str, str, str], ...]


def course(span: Span) -> Course:
    """Everything the figures need."""
    zone = str(span.zone)
    return Course(
        days=trends.list_days(span.period, zone),
        days_before=trends.list_days(span.before, zone),
        orders=trends.list_orders(span.period, zone),
        orders_before=trends.list_orders(span.before, zone),
        sent=trends.list_sent(span.period, zone),
        sent_before=sum(trends.list_sent(span.before, zone).values()),
    )


def kpis(span: Span, found: Course, locale: str) -> tuple[Kpi, ...]:
    """Three of the four figures; the first, what is open now, is the live one."""
    now, before, calendar = found.now, found.before, _calendar(span)
    by_day = {
        day: _rates([one for one in found.days if one.day == day], {day: found.orders.get(day, (0, 0))})
        for day in calendar
    }
    sent = sum(found.sent.values())
    return (
        Kpi("abandonment", _("Abandonment rate"), _share(now.abandonment, locale), _was(_share(before.abandonment, locale)) if before.abandonment is not None else "",
            charts.spark([one.abandonment for one in by_day.values() if one.abandonment is not None], "ink"),
            *_points(now.abandonment, before.abandonment, locale, more_is_good=False)),
        Kpi("recovery", _("Recovery rate"), _share(now.recovery, locale),
            ngettext("of %(num)s cart", "of %(num)s carts", now.abandoned, num=number(now.abandoned, locale)),
            charts.spark([one.recovery for one in by_day.values() if one.recovery is not None]),
            *_points(now.recovery, before.recovery, locale, more_is_good=True)),
        Kpi("sent", _("Messages sent"), number(sent, locale), _was(number(found.sent_before, locale)) if found.sent_before else "",
            charts.spark([found.sent.get(day, 0) for day in calendar], "lap"),
            *_growth(sent, found.sent_before, locale)),
    )  # fmt: skip


def flow(span: Span, found: Course) -> list[float]:
    """How many carts came to something, day by day: left or ordered."""
    left = {day: sum(one.carts for one in found.days if one.day == day) for day in _calendar(span)}
    return [carts + found.orders.get(day, (0, 0))[1] for day, carts in left.items()]


def chart(span: Span, found: Course, store: StoreView, locale: str) -> DaysChart:
    """Abandoned value by day in the store's own currency, at least two weeks of it."""
    count = max(span.days, CHART_AT_LEAST)
    period = span.period if span.days == count else last_days(count, span.zone, span.now)
    days = found.days if span.days == count else trends.list_days(period, str(span.zone))
    known = {one.day: one for one in days if one.recovered.currency == store.currency}
    calendar, rtl = _calendar(span, count), direction(locale) == "rtl"

    def words(amount: float) -> str:
        return plain_money(Money(round(amount), store.currency), locale)

    def axis(amount: float) -> str:
        """Whole units without their sign: the legend says which they are."""
        whole = Money(round(amount), store.currency).decimal
        return number(round(whole / RIALS_IN_A_TOMAN if speaks_of_toman(store.currency) else whole), locale)

    def draw(shown: list[date], name: str, width: int) -> Markup:
        every = max(len(shown) // (3 if width < charts.WIDTH else 7), 1)
        parts = [
            Bar(_label(day, locale) if at % every == 0 else "", _parts(known.get(day))) for at, day in enumerate(shown)
        ]
        return charts.bars(
            parts,
            description=_("Abandoned value by day; the table says the same"),
            words=axis,
            rtl=rtl,
            markers=_markers(published, shown, span.zone, locale) if width == charts.WIDTH else (),
            name=name,
            width=width,
        )

    published = _published(period)
    sums = {
        part: sum(value for one in known.values() for key, value in _parts(one) if key == part)
        for part in ("won", "wait", "lost")
    }
    return DaysChart(
        wide=draw(calendar, "days", charts.WIDTH),
        narrow=draw(calendar[-CHART_AT_LEAST:], "days-s", charts.NARROW),
        legend=(
            ("won", _("Recovered"), words(sums["won"])),
            ("wait", _("Still in a campaign"), words(sums["wait"])),
            ("lost", _("Not recovered"), words(sums["lost"])),
        ),
        rows=tuple(
            (day_words(one.day, locale), plain_money(one.recovered, locale), plain_money(one.in_campaign, locale), plain_money(one.lost, locale))
            for one in known.values()
        ),
    )  # fmt: skip


def _rates(days: Iterable[Day], orders: dict[date, tuple[int, int]]) -> Rates:
    listed = list(days)
    return Rates(
        sum(one.carts for one in listed),
        sum(one.won for one in listed),
        sum(straight for _all, straight in orders.values()),
    )


def _calendar(span: Span, days: int | None = None) -> list[date]:
    last = span.now.astimezone(span.zone).date()
    return [last - timedelta(days=back) for back in range((days or span.days) - 1, -1, -1)]


def _parts(one: Day | None) -> tuple[tuple[str, float], ...]:
    if one is None:
        return ()
    return (("won", one.recovered.amount), ("wait", one.in_campaign.amount), ("lost", one.lost.amount))


def _published(period: Period) -> list[Any]:
    names = {"store": current_store_id(), "since": period.since, "until": period.until, "limit": MARKERS_AT_MOST}
    return list(db.session.execute(MARKERS, names))


def _markers(published: list[Any], shown: list[date], zone: ZoneInfo, locale: str) -> tuple[Marker, ...]:
    found: dict[int, Marker] = {}
    for row in published:
        at = (row.published_at.astimezone(zone).date() - shown[0]).days
        name = name_of(row.name or {}, locale)[:24]
        words = _("%(name)s v%(version)s published", name=name, version=localized_digits(str(row.version), locale))
        if at >= 0 and all(abs(at - other) > len(shown) // 3 for other in found):  # words must not lie over each other
            found[at] = Marker(at, words)
    return tuple(found.values())


def _label(day: date, locale: str) -> str:
    return short_day(day, day, locale)


def _share(value: float | None, locale: str) -> str:
    return percent(round(value * 1_000) * 10, locale) if value is not None else "–"


def _was(value: str) -> str:
    return _("was %(before)s", before=value)


def _points(
    now: float | None, before: float | None, locale: str, *, more_is_good: bool
) -> tuple[str, bool, bool | None]:
    """The change of a rate in percentage points, whether it is up and whether that is welcome."""
    if now is None or before is None or round(now * 1_000) == round(before * 1_000):
        return "", False, None
    up = now > before
    tenths = abs(round(now * 1_000) - round(before * 1_000))
    shown = percent(tenths * 10, locale).rstrip("%٪")
    return _("%(num)s pts", num=shown), up, up is more_is_good


def _growth(now: int, before: int, locale: str) -> tuple[str, bool, bool | None]:
    if not before or now == before:
        return "", False, None
    return percent(round(abs(now - before) / before * 100) * 100, locale), now > before, None
