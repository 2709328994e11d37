"""The overview: what messages really add first, what is credited to them second; then how carts, sending and jobs stand."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup
from sqlalchemy import text

from app.console import charts
from app.database.base import db
from app.database.tenancy import current_store_id
from app.money import Money
from app.recovery import holdout, reports, trends
from app.recovery.attribution import CreditKind
from app.recovery.reports import By, Period
from app.recovery.uplift import Difference, Verdict
from app.stores.request import current_locale, current_store
from app.web.dates import day as day_words
from app.web.formats import number, percent, plain_money
from app.web.language import direction
from app.web.language import gettext as _

DAYS = (7, 28, 90)
LATE = timedelta(minutes=5)  # after so long a job that runs each minute is slow

HEALTH = text("""
    SELECT (SELECT count(*) FROM messages WHERE store_id = :store AND state = 'scheduled' AND due_at <= :now) AS due,
           (SELECT min(due_at) FROM messages WHERE store_id = :store AND state = 'scheduled' AND due_at <= :now) AS oldest,
           (SELECT count(*) FROM messages WHERE store_id = :store AND state = 'failed' AND ended_at >= :since) AS failed,
           (SELECT count(*) FROM messages WHERE store_id = :store AND state = 'uncertain' AND ended_at >= :since) AS uncertain,
           (SELECT count(*) FROM outbox WHERE store_id = :store AND failed_at IS NOT NULL) AS letters_failed,
           (SELECT max(finished_at) FROM task_slots WHERE task = 'recovery.detect') AS looked_at,
           now() AS moment""")


@dataclass(frozen=True, slots=True)
class Added:
    """What messages added: the whole of it in the store's currency, its range as text, and what may be said of it."""

    total: str
    low: str
    high: str
    verdict: str
    picture: Markup | None
    known: bool


@dataclass(frozen=True, slots=True)
class Kpi:
    """A figure with the one of the period before. `good`: whether the change is welcome; None without one."""

    title: str
    value: str
    before: str
    good: bool | None


@dataclass(frozen=True, slots=True)
class Job:
    """How something stands: ok, late or bad; always with a word."""

    state: str
    name: str
    said: str


@dataclass(frozen=True, slots=True)
class Overview:
    """All boxes of the page. `empty`: there has not been an abandoned cart yet."""

    days: int
    added: Added
    credited: str
    kpis: tuple[Kpi, ...]
    chart: Markup
    table: tuple[tuple[str, str, str, str], ...]
    reasons: tuple[tuple[str, int, int], ...]
    jobs: tuple[Job, ...]
    empty: bool


def look(days: int, now: datetime) -> Overview:
    """The store in the last `days` days."""
    store, locale = current_store(), current_locale()
    period = Period(now - timedelta(days=days), now)
    rates, before = trends.rates(period), trends.rates(period.before)
    uplift = holdout.measure(period, store.currency, window_days=store.settings.attribution_days, now=now)
    credited = reports.totals(reports.list_earned(period), CreditKind.LAST_CLICK)
    mine = next((one for one in credited if one.amount.currency == store.currency), None)
    net = Money(mine.amount.amount - mine.returned.amount, store.currency) if mine else Money(0, store.currency)
    chart, table = _days(period, days, store.currency, locale, ZoneInfo(store.time_zone))
    return Overview(
        days=days,
        added=_added(uplift.revenue, uplift.campaign.n, store.currency, locale),
        credited=plain_money(net, locale),
        kpis=_kpis(rates, before, sum(one.sent for one in reports.list_sent(period, By.CHANNEL)), locale),
        chart=chart,
        table=table,
        reasons=_reasons(period),
        jobs=_jobs(now, period.since, locale),
        empty=not rates.abandoned and not before.abandoned,
    )


def _added(found: Difference, carts: int, currency: str, locale: str) -> Added:
    def whole(per_cart: float) -> str:
        return plain_money(Money(round(per_cart * carts), currency), locale)

    if found.low is None or found.high is None:
        words = _(
            "Not enough carts yet for a range: %(num)s of about %(wanted)s.",
            num=number(found.carts, locale),
            wanted=number(found.carts_wanted, locale),
        )
        return Added("", "", "", words, None, known=False)
    said = {
        Verdict.BETTER: _("The messages bring in more than they would have without."),
        Verdict.WORSE: _("Without messages more would have come in."),
        Verdict.PROBABLY_BETTER: _("Probably more than without messages; not settled yet."),
        Verdict.PROBABLY_WORSE: _("Probably less than without messages; not settled yet."),
    }.get(found.verdict, _("It cannot be told yet whether messages add anything."))
    described = _("Between %(low)s and %(high)s", low=whole(found.low), high=whole(found.high))
    picture = charts.band(
        found.low, found.estimate, found.high, description=described, words=whole, rtl=direction(locale) == "rtl"
    )
    return Added(whole(found.estimate), whole(found.low), whole(found.high), said, picture, known=True)


def _kpis(rates: trends.Rates, before: trends.Rates, sent: int, locale: str) -> tuple[Kpi, ...]:
    def share(value: float | None) -> str:
        return percent(round(value * 10_000), locale) if value is not None else "–"

    def welcome(value: float | None, earlier: float | None, *, more: bool) -> bool | None:
        return None if value is None or earlier is None or value == earlier else (value > earlier) is more

    return (
        Kpi(_("Abandoned carts"), number(rates.abandoned, locale), number(before.abandoned, locale), None),
        Kpi(_("Abandonment rate"), share(rates.abandonment), share(before.abandonment),
            welcome(rates.abandonment, before.abandonment, more=False)),
        Kpi(_("Recovery rate"), share(rates.recovery), share(before.recovery),
            welcome(rates.recovery, before.recovery, more=True)),
        Kpi(_("Messages sent"), number(sent, locale), "", None),
    )  # fmt: skip


def _days(
    period: Period, days: int, currency: str, locale: str, zone: ZoneInfo
) -> tuple[Markup, tuple[tuple[str, str, str, str], ...]]:
    found = {one.day: one for one in trends.list_days(period, str(zone)) if one.recovered.currency == currency}
    last = period.until.astimezone(zone).date()
    calendar: list[date] = [last - timedelta(days=back) for back in range(days - 1, -1, -1)]
    every = max(days // 7, 1)
    shown = [
        charts.Bar(
            number(day.day, locale) if at % every == 0 and locale != "fa" else "",
            (
                ("won", found[day].recovered.amount),
                ("wait", found[day].in_campaign.amount),
                ("lost", found[day].lost.amount),
            )
            if day in found
            else (),
        )
        for at, day in enumerate(calendar)
    ]

    def words(amount: float) -> str:
        return plain_money(Money(round(amount), currency), locale)

    chart = charts.bars(
        shown,
        description=_("Abandoned value by day; the table says the same"),
        words=words,
        rtl=direction(locale) == "rtl",
    )
    table = tuple(
        (
            day_words(one.day, locale),
            plain_money(one.recovered, locale),
            plain_money(one.in_campaign, locale),
            plain_money(one.lost, locale),
        )
        for one in found.values()
    )
    return chart, table


def _reasons(period: Period) -> tuple[tuple[str, int, int], ...]:
    """Each reason with how many carts and their share of the most frequent one, in hundredths."""
    counts: dict[str, int] = {}
    for one in trends.list_reasons(period):
        counts[one.reason] = counts.get(one.reason, 0) + one.carts
    most = max(counts.values(), default=1)
    ranked = sorted(counts.items(), key=lambda pair: -pair[1])
    return tuple((reason, carts, 100 * carts // most) for reason, carts in ranked[:6])


def _jobs(now: datetime, since: datetime, locale: str) -> tuple[Job, ...]:
    row: Any = db.session.execute(HEALTH, {"store": current_store_id(), "now": now, "since": since}).one()
    looked = row.looked_at is not None and row.moment - row.looked_at < LATE
    late = row.oldest is not None and now - row.oldest > LATE
    return (
        Job(
            "ok" if looked else "late",
            _("Looking for abandoned carts"),
            _("each minute") if looked else _("not lately"),
        ),
        Job("late" if late else "ok", _("Sending"), _("%(num)s due now", num=number(row.due, locale))),
        Job("bad" if row.failed else "ok", _("Messages that failed"), number(row.failed, locale)),
        Job("late" if row.uncertain else "ok", _("Nobody knows whether they arrived"), number(row.uncertain, locale)),
        Job("bad" if row.letters_failed else "ok", _("Letters that failed"), number(row.letters_failed, locale)),
    )
