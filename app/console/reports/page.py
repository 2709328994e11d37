"""The page of reports: a table, its chart, what it says in a sentence, and the days before beside it."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app, make_response, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from app.console import charts
from app.console.charts import Bar
from app.console.overview.page import STALE
from app.console.overview.periods import DAYS, Span, span
from app.console.reports.tables import HEADS, Added, Report, campaign_of, look, names
from app.money import RIALS_IN_A_TOMAN, Money
from app.recovery.breakdowns import ENTERED_IN, NO_CAMPAIGN, REST, SENT_IN, Cut, Row
from app.recovery.rollups import rolling
from app.stores.request import current_locale, current_store
from app.web.formats import number, percent, plain_money, speaks_of_toman
from app.web.language import direction, ngettext
from app.web.language import gettext as _

NOTHING = "–"

CUTS: dict[Cut, Callable[[], str]] = {
    Cut.CAMPAIGN: lambda: _("By campaign"),
    Cut.STEP: lambda: _("By step"),
    Cut.CHANNEL: lambda: _("By channel"),
    Cut.PRODUCT: lambda: _("By product"),
    Cut.DAY: lambda: _("By day"),
    Cut.REASON: lambda: _("By reason"),
}


@dataclass(frozen=True, slots=True)
class RowView:
    """A row as it is shown. `money` has one text per currency; `share` is its part of the most, as a bar."""

    name: str
    url: str
    counts: tuple[str, ...]
    orders: str
    last_click: tuple[str, ...]
    assisted: tuple[str, ...]
    added: str
    between: str
    settled: bool
    ends: tuple[str, ...]
    share: Markup


def index() -> AnyResponse:
    """A report; `by` says what it tells apart, `days` which days it is about."""
    asked = request.args.get("by", "")
    cut = Cut(asked) if asked in set(Cut) else Cut.CAMPAIGN
    store, locale, now = current_store(), current_locale(), current_app.config["CLOCK"].now()
    chosen = span(request.args.get("days", type=int), store, now)
    report = look(cut, chosen, store)
    called = names(report, locale)
    most = max((_weight(row, store.currency) for row in report.rows), default=0)
    state = rolling.find_state()
    stale = state and state.rolled_at and now - state.rolled_at > STALE
    return make_response(
        render_template(
            "console/reports/index.html",
            cut=cut,
            head=HEADS[cut](),
            cuts=[(one, words()) for one, words in CUTS.items()],
            days=chosen.days,
            periods=DAYS,
            rows=[_view(row, called[row.key], report, most, store.currency, locale) for row in report.rows],
            whole=_view(report.whole, _("All together"), report, 0, store.currency, locale),
            before=_view(report.before, before_words(chosen), report, 0, store.currency, locale),
            counted=[words for shown, words in columns(cut) if shown],
            has_added=cut is Cut.CAMPAIGN,
            sends=cut in SENT_IN,
            said=sentence(report, called, store.currency, locale),
            picture=_picture(report, called, store.currency, locale),
            stale_since=state.rolled_at if state and stale else None,
        )
    )


def columns(cut: Cut) -> tuple[tuple[bool, str], ...]:
    """The counts that a report shows, and what they are called."""
    sends = cut in SENT_IN
    return (
        (cut in ENTERED_IN, _("Entered")),
        (sends, _("Sent")),
        (sends, _("Delivered")),
        (sends, _("Opened")),
        (sends, _("Clicked")),
    )


def before_words(chosen: Span) -> str:
    """What the days before are called."""
    return _("The same day last week") if chosen.days == 1 else _("The days before")


def sentence(report: Report, called: dict[tuple[str, ...], str], currency: str, locale: str) -> str:
    """What the table says, in two or three sentences."""
    whole, before = report.whole, report.before
    if not whole.orders and not whole.counts.sent:
        return _("No message left in these days, and no order came from one.")
    money = whole.last_click.get(currency, Money(0, currency))
    earned = _amounts({code: sum_ for code, sum_ in whole.last_click.items() if sum_.amount}, currency, locale)
    said = [
        ngettext(
            "Messages brought %(num)s order in these days; by last click %(money)s.",
            "Messages brought %(num)s orders in these days; by last click %(money)s.",
            whole.orders,
            num=number(whole.orders, locale),
            money=("، " if locale == "fa" else ", ").join(earned),
        )
    ]
    was = before.last_click.get(currency, Money(0, currency))
    alone = {*whole.last_click, *before.last_click} <= {currency}  # of several nothing can be said in one figure
    if alone and was.amount > 0 and money.amount != was.amount:
        change = percent(round(abs(money.amount - was.amount) / was.amount * 100) * 100, locale)
        more = money.amount > was.amount
        said.append(
            _("That is %(change)s more than before.", change=change)
            if more
            else _("That is %(change)s less than before.", change=change)
        )
    named = [row for row in report.rows if row.key != (REST,)]
    best = max(named, key=lambda row: _weight(row, currency), default=None)
    if best is not None and len(named) > 1 and _weight(best, currency) > 0:
        said.append(_("The most came from: %(name)s.", name=called[best.key]))
    added = report.added.get("")
    if added is not None:
        said.append(
            _(
                "Because of the messages: %(money)s, between %(low)s and %(high)s.",
                money=plain_money(added.estimate, locale), low=plain_money(added.low, locale), high=plain_money(added.high, locale),
            )
        )  # fmt: skip
    return " ".join(said)


def _view(row: Row, name: str, report: Report, most: int, currency: str, locale: str) -> RowView:
    cut, counts = report.cut, row.counts
    all_counts = (counts.entered, counts.sent, counts.delivered, counts.opened, counts.clicked)
    shown = [value for value, (wanted, _words) in zip(all_counts, columns(cut), strict=True) if wanted]
    added = _added(row, report)
    ends = (counts.unsubscribed, counts.complained) if cut in SENT_IN else ()
    return RowView(
        name=name,
        url=_url(row, cut),
        counts=tuple(number(value, locale) for value in shown),
        orders=number(row.orders, locale) if row.orders or row.key != (REST,) else NOTHING,
        last_click=_amounts(row.last_click, currency, locale),
        assisted=_amounts(row.assisted, currency, locale),
        added=plain_money(added.estimate, locale) if added else NOTHING,
        between=_("%(low)s to %(high)s", low=plain_money(added.low, locale), high=plain_money(added.high, locale))
        if added
        else "",
        settled=added.settled if added else True,
        ends=tuple(number(value, locale) for value in ends),
        share=charts.share(round(100 * max(_weight(row, currency), 0) / most))
        if _weight(row, currency) > 0 and most > 0
        else Markup(""),
    )


def _added(row: Row, report: Report) -> Added | None:
    """Of the row of all together, too; not of the days before, nor of orders without a campaign."""
    if row is report.before or row.key == (NO_CAMPAIGN,):
        return None
    return report.added.get(row.key[0])


def _amounts(sums: dict[str, Money], currency: str, locale: str) -> tuple[str, ...]:
    if not sums:
        return (plain_money(Money(0, currency), locale),)
    return tuple(plain_money(sums[one], locale) for one in sorted(sums, key=lambda one: (one != currency, one)))


def _weight(row: Row, currency: str) -> int:
    """By how much rows are compared: what they brought in the store's own currency."""
    return sum(sums[currency].amount for sums in (row.last_click, row.assisted) if currency in sums)


def _url(row: Row, cut: Cut) -> str:
    if cut in (Cut.CAMPAIGN, Cut.STEP) and row.key[0]:
        campaign_id = campaign_of(row.key)
        return url_for("console.campaign", campaign_id=campaign_id) if campaign_id else ""
    if cut is Cut.REASON and row.key[0]:
        return url_for("console.carts", view="all", reason=row.key[0])
    return ""


def _picture(report: Report, called: dict[tuple[str, ...], str], currency: str, locale: str) -> Markup | None:
    """Days as bars; other cuts have a bar in each row."""
    if report.cut is not Cut.DAY or len(report.rows) < 2:
        return None
    every = max(len(report.rows) // 5, 1)

    def axis(amount: float) -> str:
        whole = Money(round(amount), currency).decimal
        return number(round(whole / RIALS_IN_A_TOMAN if speaks_of_toman(currency) else whole), locale)

    def parts(row: Row) -> tuple[tuple[str, float], ...]:
        named = (("won", row.last_click), ("lost", row.assisted))
        return tuple((part, max(sums[currency].amount, 0)) for part, sums in named if currency in sums)

    return charts.bars(
        [Bar(called[row.key] if at % every == 0 else "", parts(row)) for at, row in enumerate(report.rows)],
        description=_("Revenue by day; the table says the same"),
        words=axis,
        rtl=direction(locale) == "rtl",
        name="report",
    )
