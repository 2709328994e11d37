"""The page of the funnel: days and whose carts stand in the address; steps, drop-offs, reasons and times as a table."""

from datetime import datetime

from babel import Locale
from flask import current_app, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from app.console.cart_list.filters import YES_NO
from app.console.cart_list.page import currencies
from app.console.overview import funnel
from app.console.overview.boxes import read
from app.console.overview.funnel import Funnel
from app.console.overview.periods import DAYS, USUAL, Span, span
from app.recovery import funnels
from app.recovery.funnels import EVERYBODY, Whose
from app.stores.request import current_locale, current_store
from app.web.formats import currency_name

SPOKEN = {known: said for said, known in YES_NO.items()}


def show() -> AnyResponse:
    """The steps of the chosen carts; of some carts, days further back than rows are read for are not offered."""
    store, locale, whose = current_store(), current_locale(), _whose()
    asked = request.args.get("days", USUAL, type=int)
    offered = tuple(days for days in DAYS if whose == EVERYBODY or days <= funnels.DAYS_AT_MOST)
    chosen = span(asked if asked in offered else USUAL, store, current_app.config["CLOCK"].now())
    arguments = _arguments(whose)
    box = read("funnel", lambda: _look(chosen, whose, arguments))
    html = render_template(
        "console/funnel/index.html",
        box=box,
        since=box.shows[1] if box.shows and box.shows[1] != chosen.period.since else None,
        days=chosen.days,
        shorter=asked != chosen.days,
        periods=offered,
        whose=whose,
        account=arguments.get("account", ""),
        arguments=arguments,
        languages=[(code, Locale(code).get_display_name(locale) or code) for code in store.locales],
        currencies=[(code, currency_name(code, locale)) for code in currencies()],
    )
    return make_response(html)


def _look(chosen: Span, whose: Whose, arguments: dict[str, str]) -> tuple[Funnel, datetime]:
    """The funnel, and since when carts are counted."""
    period = funnels.bounded(chosen.period, whose)
    shown = funnel.funnel(
        funnels.list_reached(period, whose),
        funnels.count_straight(period, whose),
        period,
        current_locale(),
        whose=whose,
        listed={**arguments, "since": period.since.astimezone(chosen.zone).date().isoformat()},
    )
    return shown, period.since


def _whose() -> Whose:
    """What the address asks for; nonsense counts as not asked."""
    language, currency = request.args.get("language", ""), request.args.get("currency", "")
    return Whose(
        language=language if language in current_store().locales else "",
        account=YES_NO.get(request.args.get("account", "")),
        currency=currency if currency in currencies() else "",
    )


def _arguments(whose: Whose) -> dict[str, str]:
    account = "" if whose.account is None else SPOKEN[whose.account]
    spelled = {"language": whose.language, "account": account, "currency": whose.currency}
    return {name: value for name, value in spelled.items() if value}
