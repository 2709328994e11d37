"""The seller's page and its file: one finished week, vendor by vendor; the newest one, or the one in the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, current_app, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import staff, vendors
from app.accounts.staff import Colleague
from app.catalog.words import localized
from app.console.exports import writing
from app.console.exports.sources import Cell as FileCell
from app.console.sellers.words import OUTCOMES, SUGGESTIONS, cell_words, change_words, few_words, sentence
from app.console.shell import person
from app.errors import NotFound
from app.ids import StaffId, parse_id
from app.recovery.sentences_reasons import reason_word
from app.sellers import queries
from app.sellers.disclosure import FEW, Cell, K, Published
from app.sellers.queries import FrozenWeek
from app.sellers.tally import REASONS
from app.sellers.weeks import WEEK
from app.stores.request import current_locale, current_store
from app.web.dates import days as days_words
from app.web.formats import number
from app.web.language import gettext as _

LATE = timedelta(days=1)  # after the end of a week: by then it is there if all is well


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a list. `told`: it is a number."""

    name: str
    people: str
    told: bool = True
    change: str = ""
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class VendorView:
    """A vendor's week. Lists are empty where nothing of them is told; `more` products have fewer than 10 people each."""

    name: str
    said: str
    told: bool
    totals: tuple[Line, ...]
    outcomes: tuple[Line, ...]
    reasons: tuple[Line, ...]
    products: tuple[Line, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is shown: whose figures, of which week; all weeks there are."""

    vendors: Mapping[str, str]
    weeks: list[FrozenWeek]
    week: FrozenWeek | None
    published: Mapping[tuple[date, str], Published]

    def of(self, vendor: str) -> Published:
        """The week that is shown."""
        return self.published[self.monday, vendor]

    def before(self, vendor: str) -> Published | None:
        """The week before it, if it is there."""
        return self.published.get((self.monday - WEEK, vendor))

    @property
    def monday(self) -> date:
        """That of the week that is shown."""
        if self.week is None:
            raise LookupError("no week is frozen yet")
        return self.week.monday


def own() -> AnyResponse:
    """A seller's own products; to admins and owners, whose figures they can look at."""
    me = person()
    if me.role == "seller":
        return _page(StaffId(me.id), None)
    sellers = [one for one in staff.list_staff() if one.role == "seller"]
    named = [(one, [*vendors.list_vendors(one.id).values()]) for one in sellers]
    return make_response(render_template("console/sellers/list.html", sellers=named))


def own_file() -> AnyResponse:
    """The same as a CSV file."""
    return _file(StaffId(person().id))


def seen(staff_id: str) -> AnyResponse:
    """What a seller sees."""
    seller = _seller(staff_id)
    return _page(seller.id, seller)


def seen_file(staff_id: str) -> AnyResponse:
    """The same as a CSV file."""
    return _file(_seller(staff_id).id)


def _page(staff_id: StaffId, seller: Colleague | None) -> Response:
    locale, chosen = current_locale(), _choose(staff_id)
    titles = _titles(chosen)
    week = chosen.week
    html = render_template(
        "console/sellers/show.html",
        seller=seller,
        has_vendors=bool(chosen.vendors),
        views=[_view(name, vendor, chosen, titles, locale) for vendor, name in chosen.vendors.items()] if week else [],
        week=week,
        week_words=week_words(week.monday, locale) if week else "",
        weeks=[(one.monday, week_words(one.monday, locale), url_for(request.endpoint or "", **_where(one.monday))) for one in chosen.weeks],
        file=url_for("console.seller_seen_file" if seller else "console.seller_file", **_where(week.monday)) if week else "",
        stale=week is not None and week is chosen.weeks[0] and _is_late(week),
        few=few_words(locale),
        k=number(K, locale),
        most=number(K - 1, locale),
    )  # fmt: skip
    return make_response(html)


def _file(staff_id: StaffId) -> Response:
    locale, chosen = current_locale(), _choose(staff_id)
    if chosen.week is None:
        raise NotFound()
    titles = _titles(chosen)
    rows: list[tuple[FileCell, ...]] = []
    for vendor, name in chosen.vendors.items():
        view = _view(name, vendor, chosen, titles, locale)
        for kind, lines in (
            (_("In all"), view.totals),
            (_("What came of it"), view.outcomes),
            (_("Why they left"), view.reasons),
            (_("Products"), view.products),
        ):
            rows += [(chosen.monday.isoformat(), name, kind, line.name, line.people, line.suggestion) for line in lines]
    columns = [
        ("week", _("Week from")), ("vendor", _("Vendor")), ("list", _("Which list")), ("what", _("What it counts")),
        ("people", _("Number of people")), ("suggestion", _("What may help")),
    ]  # fmt: skip
    answer = Response(writing.csv_rows(columns, rows, first=True), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="products-{chosen.monday.isoformat()}.csv"'
    return answer


def week_words(monday: date, locale: str) -> str:
    """A week by its first and last day."""
    return days_words(monday, monday + WEEK - timedelta(days=1), locale)


def _choose(staff_id: StaffId) -> Chosen:
    has, weeks = vendors.list_vendors(staff_id), queries.list_weeks()
    asked = request.args.get("week", "")
    week = next((one for one in weeks if one.monday.isoformat() == asked), weeks[0] if weeks else None)
    known = {one.monday for one in weeks}
    mondays = {week.monday, week.monday - WEEK} & known if week else set()
    return Chosen(has, weeks, week, queries.list_published(mondays, has) if mondays and has else {})


def _titles(chosen: Chosen) -> dict[str, dict[str, str]]:
    if chosen.week is None:
        return {}
    return queries.list_titles({name for vendor in chosen.vendors for name in chosen.of(vendor).products or {}})


def _view(name: str, vendor: str, chosen: Chosen, titles: Mapping[str, dict[str, str]], locale: str) -> VendorView:
    told, before = chosen.of(vendor), chosen.before(vendor)

    def line(words: str, cell: Cell, was: Cell | None = None, suggestion: str = "") -> Line:
        change = "" if was is None else change_words(cell, was, locale)
        return Line(words, cell_words(cell, locale), isinstance(cell, int), change, suggestion)

    outcomes, reasons, products = told.outcomes or {}, told.reasons or {}, told.products or {}
    were = (before.products if before else None) or {}
    return VendorView(
        name=name,
        said=sentence(told.had, told.left, told.reasons, locale),
        told=told.left != FEW,
        totals=(
            line(_("Had something of yours in a cart"), told.had, before.had if before else None),
            line(_("Left it there"), told.left, before.left if before else None),
        ),
        outcomes=tuple(line(words(), outcomes[code]) for code, words in OUTCOMES.items() if code in outcomes),
        reasons=tuple(line(reason_word(code), reasons[code]) for code in REASONS if code in reasons),
        products=tuple(
            line(_title(titles.get(one)), products[one], were.get(one), _suggestion(told.suggestions.get(one)))
            for one in sorted(products, key=lambda one: (_rank(products[one]), _title(titles.get(one))))
        ),
        more=told.more,
    )


def _rank(cell: Cell) -> tuple[int, int]:
    """The largest first, then what is hidden, then the few."""
    return (0, -cell) if isinstance(cell, int) else (2 if cell == FEW else 1, 0)


def _suggestion(reason: str | None) -> str:
    words = SUGGESTIONS.get(reason or "")
    return words() if words else ""


def _title(title: dict[str, str] | None) -> str:
    return localized(title) if title else _("A product that is gone")


def _where(monday: date) -> dict[str, Any]:
    return {**(request.view_args or {}), "week": monday.isoformat()}


def _is_late(week: FrozenWeek) -> bool:
    """Whether a newer week should be there."""
    now: datetime = current_app.config["CLOCK"].now()
    today = (now - LATE).astimezone(ZoneInfo(current_store().time_zone)).date()
    return today >= week.monday + 2 * WEEK


def _seller(staff_id: str) -> Colleague:
    found = parse_id(staff_id)
    seller = staff.get(StaffId(found)) if found else None
    if seller is None or seller.role != "seller":
        raise NotFound()
    return seller
