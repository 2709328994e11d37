"""A report as a table: its rows with their names, what all of it comes to, and the days before; for pages and for files."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import text

from app.console.campaign_words import channel_word, name_of
from app.console.overview.periods import MEASURED, Span
from app.database.base import db
from app.database.tenancy import current_store_id
from app.money import Money
from app.recovery import breakdowns, campaigns
from app.recovery.breakdowns import NO_CAMPAIGN, REST, Cut, Row, total
from app.recovery.rollups import measured
from app.recovery.sentences_reasons import reason_word
from app.recovery.values import Channel
from app.stores.directory import StoreView
from app.web.dates import days as days_words
from app.web.formats import number
from app.web.language import gettext as _

WEEK = 7
BY_WEEKS_FROM = 90  # days: more bars than weeks tell nothing

HEADS: dict[Cut, Callable[[], str]] = {
    Cut.CAMPAIGN: lambda: _("Campaign"),
    Cut.STEP: lambda: _("Step"),
    Cut.CHANNEL: lambda: _("Channel"),
    Cut.PRODUCT: lambda: _("Product"),
    Cut.DAY: lambda: _("Day"),
    Cut.REASON: lambda: _("Reason"),
}

TITLES = text("SELECT id::text, title FROM products WHERE store_id = :store AND id::text = ANY(:ids)")


@dataclass(frozen=True, slots=True)
class Added:
    """What messages of a campaign added, with the range that holds the truth in 95 of 100 stores."""

    estimate: Money
    low: Money
    high: Money
    settled: bool


@dataclass(frozen=True, slots=True)
class Report:
    """`whole` and `before` are all rows of the chosen days and of those before; `added` is known by campaign alone ("" all of them)."""

    cut: Cut
    span: Span
    rows: tuple[Row, ...]
    whole: Row
    before: Row
    added: dict[str, Added]

    @property
    def currencies(self) -> tuple[str, ...]:
        """All that money came in."""
        return tuple(sorted({*self.whole.last_click, *self.whole.assisted}))


def look(cut: Cut, span: Span, store: StoreView) -> Report:
    """Read a report."""
    zone = store.time_zone
    rows = breakdowns.list_rows(cut, span.period, zone)
    whole, before = total(rows), total(breakdowns.list_rows(cut, span.before, zone))
    if cut is Cut.PRODUCT:  # an order may hold several products: it counts once
        whole.orders, before.orders = breakdowns.count_orders(span.period), breakdowns.count_orders(span.before)
    if cut is Cut.DAY and span.days >= BY_WEEKS_FROM:
        rows = _weeks(rows, span)
    return Report(cut, span, tuple(rows), whole, before, _added(cut, span, store))


def names(report: Report, locale: str) -> dict[tuple[str, ...], str]:
    """What the rows are called."""
    keys = [row.key for row in report.rows]
    match report.cut:
        case Cut.CAMPAIGN | Cut.STEP:
            known = {str(one.id): one.draft.name for one in campaigns.list_campaigns()}
            found = {}
            for key in keys:
                name = name_of(known[key[0]], locale) if key[0] in known else _("By hand, or no campaign")
                found[key] = (
                    _("%(name)s, step %(num)s", name=name, num=number(int(key[1]), locale)) if key[1:] else name
                )
            return found
        case Cut.CHANNEL:
            return {key: channel_word(Channel(key[0])) for key in keys}
        case Cut.PRODUCT:
            ids = [key[0] for key in keys if key[0] != REST]
            rows = db.session.execute(TITLES, {"store": current_store_id(), "ids": ids})
            titles = {row.id: row.title for row in rows}
            return {key: _title(titles.get(key[0]), locale) if key[0] != REST else _("Delivery, tax on top, less what went back") for key in keys}  # fmt: skip
        case Cut.DAY:
            return {key: _days(key, locale) for key in keys}
        case Cut.REASON:
            return {key: reason_word(key[0]) for key in keys}


def campaign_of(key: tuple[str, ...]) -> UUID | None:
    """The campaign a row of campaigns or steps is about."""
    return None if key[0] == NO_CAMPAIGN else UUID(key[0])


def _title(title: dict[str, str] | None, locale: str) -> str:
    said = title or {}
    return said.get(locale) or next(iter(said.values()), "") or _("A product that is gone")


def _days(key: tuple[str, ...], locale: str) -> str:
    first, last = date.fromisoformat(key[0]), date.fromisoformat(key[-1])
    return days_words(first, last, locale)


def _weeks(rows: list[Row], span: Span) -> list[Row]:
    """Days in sevens, counted from the first day of the period."""
    first = span.period.since.astimezone(span.zone).date()
    last = span.now.astimezone(span.zone).date()
    weeks: dict[int, list[Row]] = {}
    for row in rows:
        weeks.setdefault((date.fromisoformat(row.key[0]) - first).days // WEEK, []).append(row)
    found = []
    for at, days in sorted(weeks.items()):
        one = total(days)
        begin = first + timedelta(days=WEEK * at)
        one.key = (begin.isoformat(), min(begin + timedelta(days=WEEK - 1), last).isoformat())
        found.append(one)
    return found


def _added(cut: Cut, span: Span, store: StoreView) -> dict[str, Added]:
    if cut is not Cut.CAMPAIGN or span.days not in MEASURED:
        return {}
    found = {}
    for campaign_id, kept in measured.list_kept(span.days, store.currency).items():
        revenue, carts = kept.uplift.revenue, kept.uplift.campaign.n
        if revenue.low is not None and revenue.high is not None:
            low, middle, high = (
                Money(round(one * carts), store.currency) for one in (revenue.low, revenue.estimate, revenue.high)
            )
            found[str(campaign_id or "")] = Added(middle, low, high, revenue.settled)
    return found
