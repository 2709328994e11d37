"""From a filled cart to an order: how many go on from each step, how many stop there and why; and the last thing before they left.

Counted are the carts that came to something in these days: those that were left, and those that were ordered without ever
being left. Whoever was brought back has passed all steps.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import url_for
from markupsafe import Markup

from app.console import charts
from app.recovery import funnels
from app.recovery.funnels import EVERYBODY, Whose
from app.recovery.reports import Period
from app.recovery.sentences_reasons import reason_word
from app.recovery.trends import Reached
from app.web.formats import number, percent
from app.web.language import direction, ngettext
from app.web.language import gettext as _

REASONS_AT_MOST, STEP_REASONS_AT_MOST = 7, 3
NOTHING: Mapping[str, str] = {}
STEPS = ("cart", "checkout", "payment")  # as far as one can come without ordering


@dataclass(frozen=True, slots=True)
class Why:
    """A reason with its carts and its share; `bar` is drawn against the most frequent one."""

    word: str
    carts: str
    share: str
    bar: Markup
    url: str


@dataclass(frozen=True, slots=True)
class Step:
    """A step with those who reached it and those who stopped there, mostly for `reasons`; `took` is the middle time from the step before."""

    name: str
    carts: str
    share: str
    stopped: str
    lost: str
    url: str
    reasons: tuple[Why, ...]
    took: str

    @property
    def why(self) -> str:
        """What most stopped for, if anybody did."""
        return self.reasons[0].word if self.reasons else ""


@dataclass(frozen=True, slots=True)
class Funnel:
    """All steps, their picture, and where most are lost."""

    steps: tuple[Step, ...]
    picture: Markup
    worst: str


def reasons(found: list[Reached], locale: str) -> tuple[Why, ...]:
    """Why carts were left, the most frequent first."""
    counts: Counter[str] = Counter()
    for one in found:
        counts[one.reason] += one.carts
    return _most(counts, REASONS_AT_MOST, {}, locale)


def funnel(
    found: list[Reached],
    straight: int,
    period: Period,
    locale: str,
    *,
    whose: Whose = EVERYBODY,
    listed: Mapping[str, str] = NOTHING,
) -> Funnel:
    """The steps of these days. `listed` is what the list of carts is narrowed down to, so that it shows the same ones."""
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
    times = funnels.times(period, whose)
    names = (_("Cart filled"), _("Checkout begun"), _("Payment tried"), _("Order placed"))
    took = ("", "", _spoken(times.filling, locale), _spoken(times.paying, locale))
    steps = []
    for at, carts in enumerate(counts):
        step = STEPS[at] if at < len(STEPS) else ""
        here = {**listed, "reached": step}
        steps.append(
            Step(
                name=names[at],
                carts=number(carts, locale),
                share=_share(carts, counts[at - 1], locale) if at else "",
                stopped=number(stopped[step], locale) if step else "",
                lost=_share(stopped[step], carts, locale) if step and carts else "",
                url=_list(here) if stopped[step] else "",
                reasons=_most(why[step], STEP_REASONS_AT_MOST, here, locale) if step else (),
                took=took[at],
            )
        )
    described = ", ".join(f"{step.name} {step.carts}" for step in steps)
    picture = charts.funnel(counts, description=described, rtl=direction(locale) == "rtl")
    return Funnel(tuple(steps), picture, _worst(counts, names, locale))


def _most(counts: Counter[str], at_most: int, listed: Mapping[str, str], locale: str) -> tuple[Why, ...]:
    all_, most = counts.total() or 1, max(counts.values(), default=1)
    return tuple(
        Why(
            reason_word(reason),
            number(carts, locale),
            percent(round(100 * carts / all_) * 100, locale),
            charts.share(round(100 * carts / most)),
            _list({**listed, "reason": reason}),
        )
        for reason, carts in counts.most_common(at_most)
    )


def _list(narrowed: Mapping[str, str]) -> str:
    return url_for("console.carts", view="all", **{name: value for name, value in narrowed.items() if value})  # type: ignore[arg-type]


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
