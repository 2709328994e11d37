"""The first box: what messages added, with its range to scale; beside it what is credited to them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from markupsafe import Markup

from app.console import charts
from app.console.overview.periods import Span
from app.money import Money
from app.recovery import reports
from app.recovery.attribution import CreditKind
from app.recovery.holdout import Uplift
from app.recovery.reports import last_days
from app.recovery.rollups import measured
from app.recovery.uplift import Difference, Verdict
from app.stores.directory import StoreView
from app.web.formats import number, plain_money
from app.web.language import direction, ngettext
from app.web.language import gettext as _

OLD = timedelta(hours=12)  # twice what a figure takes to be reckoned anew


@dataclass(frozen=True, slots=True)
class Revenue:
    """What messages added, in the store's currency: its range as text, what may be said of it, and when it was reckoned.

    `state`: known, little (too few carts for a range) or waiting (it has not been reckoned yet). `alone`: people of
    campaigns that leave nobody alone to measure, who are not in it.
    """

    days: int
    state: Literal["known", "little", "waiting"]
    total: str
    said: str
    picture: Markup | None
    credited: str
    window: int
    measured_at: datetime | None
    capped: str
    alone: int


def revenue(
    span: Span, store: StoreView, kept: dict[UUID | None, measured.Kept], abandoned: int, locale: str
) -> Revenue:
    """The box. `kept` is what was reckoned of `span.measured_days`, `abandoned` how many carts the chosen days have."""
    period = last_days(span.measured_days, span.zone, span.now)
    credits_ = reports.totals(reports.list_earned(period), CreditKind.LAST_CLICK)
    mine = next((one.net for one in credits_ if one.amount.currency == store.currency), Money(0, store.currency))
    found, measured_at = _uplift(store, span, kept, abandoned)
    state, total, said, picture = added(found, mine, store.currency, locale)
    return Revenue(
        days=span.measured_days,
        state=state,
        total=total,
        said=said,
        picture=picture,
        credited=plain_money(mine, locale),
        window=store.settings.attribution_days,
        measured_at=measured_at if measured_at and span.now - measured_at > OLD else None,
        capped=plain_money(Money(found.cap, store.currency), locale) if found and found.cap else "",
        alone=found.alone if found else 0,
    )


def _uplift(
    store: StoreView, span: Span, kept: dict[UUID | None, measured.Kept], abandoned: int
) -> tuple[Uplift | None, datetime | None]:
    known = kept.get(None)
    if abandoned > measured.FEW:
        return (known.uplift, known.measured_at) if known else (None, None)
    return measured.measure(store, last_days(span.measured_days, span.zone, span.now), span.now), None


def added(
    uplift: Uplift | None, credited: Money, currency: str, locale: str
) -> tuple[Literal["known", "little", "waiting"], str, str, Markup | None]:
    """How it stands, the figure, the sentence about it and its picture."""
    if uplift is None:
        return "waiting", "", _("This is reckoned once an hour; the first time within minutes."), None
    found, carts = uplift.revenue, uplift.campaign.n
    if not carts and uplift.alone:
        return "little", "", _("Nobody was left alone to measure, so there is nothing to compare with yet."), None
    if found.low is None or found.high is None:
        return "little", "", too_little(found, locale), None

    def whole(per_cart: float) -> str:
        return plain_money(Money(round(per_cart * carts), currency), locale)

    picture = charts.band(
        found.low * carts,
        found.estimate * carts,
        found.high * carts,
        mark=(credited.amount, _("by last click")),
        description=_("Between %(low)s and %(high)s", low=whole(found.low), high=whole(found.high)),
        words=lambda amount: plain_money(Money(round(amount), currency), locale),
        rtl=direction(locale) == "rtl",
    )
    return "known", whole(found.estimate), verdict(found, locale), picture


def too_little(found: Difference, locale: str) -> str:
    """How many carts there are, and about how many it takes."""
    return _(
        "Not enough carts yet for a range: %(num)s of about %(wanted)s.",
        num=number(found.carts, locale),
        wanted=number(found.carts_wanted, locale),
    )


def verdict(found: Difference, locale: str) -> str:
    """What may be said of the difference, and how long it may take until it is settled."""
    said = {
        Verdict.BETTER: _("The messages bring in more than they would have without."),
        Verdict.WORSE: _("Without messages more would have come in."),
        Verdict.PROBABLY_BETTER: _("Probably more than without messages; not settled yet."),
        Verdict.PROBABLY_WORSE: _("Probably less than without messages; not settled yet."),
    }.get(found.verdict, _("It cannot be told yet whether messages add anything."))
    if found.days_left is None:
        return said
    days = number(found.days_left, locale)
    left = ngettext(
        "About %(num)s more day until it is settled.",
        "About %(num)s more days until it is settled.",
        found.days_left,
        num=days,
    )
    return f"{said} {left}"
