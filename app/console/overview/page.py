"""The page put together: every box read on its own, so that one that fails leaves the others standing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from app.console import charts
from app.console.overview import campaigns, feed, funnel, health, rates, revenue
from app.console.overview.boxes import Box, read
from app.console.overview.campaigns import CampaignView
from app.console.overview.feed import Happening, OpenNow
from app.console.overview.funnel import Funnel, Why
from app.console.overview.health import Health
from app.console.overview.periods import Span, span
from app.console.overview.rates import Course, DaysChart, Kpi
from app.console.overview.revenue import Revenue
from app.recovery import trends
from app.recovery.rollups import measured, rolling
from app.recovery.trends import Reached
from app.stores.request import current_locale, current_store

STALE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Live:
    """What follows the store by the second."""

    open: Box[OpenNow]
    feed: Box[tuple[Happening, ...]]


@dataclass(frozen=True, slots=True)
class Overview:
    """All boxes. `empty`: no cart was left yet. `stale_since`: the sums are not brought up to date; until when they were."""

    span: Span
    live: Live
    revenue: Box[Revenue]
    kpis: Box[tuple[Kpi, ...]]
    flow: Markup  # how many carts came to something, day by day
    chart: Box[DaysChart]
    reasons: Box[tuple[Why, ...]]
    carts: int
    funnel: Box[Funnel]
    health: Box[Health]
    campaigns: Box[tuple[CampaignView, ...]]
    stale_since: datetime | None
    empty: bool


def look_now(now: datetime) -> Live:
    """What an open page asks for again and again."""
    store, locale = current_store(), current_locale()
    chosen = span(None, store, now)
    return Live(
        read("open", lambda: feed.open_now(store, now)), read("feed", lambda: feed.newest(now, chosen.zone, locale))
    )


def look(days: int | None, now: datetime) -> Overview:
    """The store in the last days."""
    store, locale = current_store(), current_locale()
    chosen = span(days, store, now)
    course: Course | None = read("course", lambda: rates.course(chosen)).shows
    reached = read("reached", lambda: trends.list_reached(chosen.period)).shows
    kept = read("kept", lambda: measured.list_kept(chosen.measured_days, store.currency)).shows or {}
    abandoned = course.now.abandoned if course else 0
    state = read("state", rolling.find_state).shows
    live = look_now(now)
    empty = course is not None and not abandoned and not course.before.abandoned
    if empty:  # in these days; somebody may have left a cart before
        empty = not any(one.key.startswith("left") for one in live.feed.shows or ())
    return Overview(
        span=chosen,
        live=live,
        revenue=read("revenue", lambda: revenue.revenue(chosen, store, kept, abandoned, locale)),
        kpis=Box(rates.kpis(chosen, course, locale) if course else None),
        flow=charts.spark(rates.flow(chosen, course), "ink") if course else Markup(""),
        chart=read("chart", lambda: rates.chart(chosen, course, store, locale)) if course else Box(None),
        reasons=Box(None if reached is None else funnel.reasons(reached, locale)),
        carts=sum(one.carts for one in reached or ()),
        funnel=_funnel(reached, course, chosen, locale),
        health=read("health", lambda: health.health(now, locale)),
        campaigns=read("campaigns", lambda: campaigns.list_views(chosen, kept, store.currency, locale)),
        stale_since=state.rolled_at if state and state.rolled_at and now - state.rolled_at > STALE else None,
        empty=empty,
    )


def _funnel(reached: list[Reached] | None, course: Course | None, chosen: Span, locale: str) -> Box[Funnel]:
    if reached is None or course is None:
        return Box(None)
    return read("funnel", lambda: funnel.funnel(reached, course.now.straight, chosen.period, locale))
