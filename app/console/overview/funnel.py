"""From a filled cart to an order: how many go on from each step, how many stop there and why; and the last thing before they left.

Counted are the carts that came to something in these days: those that were left, and those that were ordered without ever
being left. Whoever was brought back has passed all steps.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import url_for
from markupsafe import Markup
from sqlalchemy import text

from app.console import charts
from app.database.base import db
from app.database.tenancy import current_store_id
from app.recovery.reports import Period
from app.recovery.sentences_reasons import reason_word
from app.recovery.trends import Reached
from app.web.formats import number, percent
from app.web.language import direction, ngettext
from app.web.language import gettext as _

REASONS_AT_MOST = 7
STEPS = ("cart", "checkout", "payment")  # as far as one can come without ordering
SAMPLE = 500  # of the newest: a middle needs no more, and costs the same in any store

# From the first change of the round (what came after the last order) to the order; and from the payment to the order.
TIMES = text("""
    WITH newest AS MATERIALIZED (
        SELECT o.cart_id, o.cart_version, o.created_at, o.placed_at
        FROM attributions a JOIN orders o ON o.store_id = a.store_id AND o.id = a.order_id
        WHERE a.store_id = :store AND a.ordered_at >= :since AND a.ordered_at < :until
        ORDER BY a.ordered_at DESC LIMIT :sample),
    timed AS (
        SELECT n.placed_at - n.created_at AS paying, n.created_at - (
            SELECT min(v.occurred_at) FROM cart_events v
            WHERE v.store_id = :store AND v.cart_id = n.cart_id AND v.version <= n.cart_version AND v.version > coalesce((
                SELECT max(x.version) FROM cart_events x
                WHERE x.store_id = :store AND x.cart_id = n.cart_id AND x.version < n.cart_version AND x.kind = 'order_placed'), 0)
            ) AS filling
        FROM newest n)
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY filling) AS filling,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY paying) AS paying
    FROM timed""")


@dataclass(frozen=True, slots=True)
class Step:
    """A step with those who reached it and those who stopped there; `took` is the middle time from the step before."""

    name: str
    carts: str
    share: str
    stopped: str
    url: str
    why: str
    took: str


@dataclass(frozen=True, slots=True)
class Funnel:
    """All steps, their picture, and where most are lost."""

    steps: tuple[Step, ...]
    picture: Markup
    worst: str


@dataclass(frozen=True, slots=True)
class Why:
    """A reason with its carts and its share; `bar` is drawn against the most frequent one."""

    word: str
    carts: str
    share: str
    bar: Markup
    url: str


def reasons(found: list[Reached], locale: str) -> tuple[Why, ...]:
    """Why carts were left, the most frequent first."""
    counts: Counter[str] = Counter()
    for one in found:
        counts[one.reason] += one.carts
    all_, most = counts.total() or 1, max(counts.values(), default=1)
    return tuple(
        Why(
            reason_word(reason),
            number(carts, locale),
            percent(round(100 * carts / all_) * 100, locale),
            charts.share(round(100 * carts / most)),
            url_for("console.carts", view="all", reason=reason or None),
        )
        for reason, carts in counts.most_common(REASONS_AT_MOST)
    )


def funnel(found: list[Reached], straight: int, period: Period, locale: str) -> Funnel:
    """The steps of these days."""
    stopped: Counter[str] = Counter()
    why: dict[str, Counter[str]] = {step: Counter() for step in STEPS}
    recovered = 0
    for one in found:
        step = one.reached or STEPS[0]
        if one.recovered:
            recovered += one.carts
        else:
            stopped[step] += one.carts
            why[step][one.reason] += one.carts
    counts = [straight + recovered + sum(stopped[step] for step in STEPS[at:]) for at in range(len(STEPS) + 1)]
    times = _times(period)
    names = (_("Cart filled"), _("Checkout begun"), _("Payment tried"), _("Order placed"))
    took = ("", "", _spoken(times.filling, locale), _spoken(times.paying, locale))
    steps = tuple(
        Step(
            name=names[at],
            carts=number(carts, locale),
            share=_share(carts, counts[at - 1], locale) if at else "",
            stopped=number(stopped[STEPS[at]], locale) if at < len(STEPS) else "",
            url=url_for("console.carts", view="all", reached=STEPS[at])
            if at < len(STEPS) and stopped[STEPS[at]]
            else "",
            why=reason_word(why[STEPS[at]].most_common(1)[0][0]) if at < len(STEPS) and why[STEPS[at]] else "",
            took=took[at],
        )
        for at, carts in enumerate(counts)
    )
    described = ", ".join(f"{step.name} {step.carts}" for step in steps)
    picture = charts.funnel(counts, description=described, rtl=direction(locale) == "rtl")
    return Funnel(steps, picture, _worst(counts, names, locale))


def _worst(counts: list[int], names: tuple[str, ...], locale: str) -> str:
    losses = [(counts[at] - counts[at + 1], at) for at in range(len(counts) - 1)]
    lost, at = max(losses, key=lambda one: (one[0], -one[1]))
    if not lost:
        return ""
    return _(
        "Most stop between “%(before)s” and “%(after)s”: %(share)s of those who had come so far.",
        before=names[at],
        after=names[at + 1],
        share=_share(lost, counts[at], locale),
    )


def _times(period: Period) -> Any:
    names = {"store": current_store_id(), "since": period.since, "until": period.until, "sample": SAMPLE}
    return db.session.execute(TIMES, names).one()


def _share(part: int, whole: int, locale: str) -> str:
    return percent(round(100 * part / whole) * 100, locale) if whole else "–"


def _spoken(took: timedelta | None, locale: str) -> str:
    """A length of time, about: seconds, minutes, hours or days."""
    if took is None or took < timedelta(seconds=1):
        return ""
    seconds = max(int(took.total_seconds()), 0)
    if seconds < 100:
        return ngettext("%(num)s second", "%(num)s seconds", seconds, num=number(seconds, locale))
    if seconds < 100 * 60:
        count = round(seconds / 60)
        return ngettext("%(num)s minute", "%(num)s minutes", count, num=number(count, locale))
    if seconds < 48 * 3600:
        count = round(seconds / 3600)
        return ngettext("%(num)s hour", "%(num)s hours", count, num=number(count, locale))
    count = round(seconds / 86_400)
    return ngettext("%(num)s day", "%(num)s days", count, num=number(count, locale))
