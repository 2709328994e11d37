"""The list of carts: by view and filter, or what somebody looks for; views kept under a name."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from flask import current_app, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.addresses import normalize_email
from app.accounts.errors import BadAddress
from app.console import cart_queries, reminder_actions, shell
from app.console.campaign_words import channel_word
from app.console.cart_list import filters, saved_views
from app.console.cart_list.filters import Filter
from app.console.episode_words import reached_word, state_word
from app.console.masking import shown_person
from app.errors import Invalid
from app.ids import CartId, parse_id
from app.money import RIALS_IN_A_TOMAN
from app.recovery.sentences_reasons import reason_word
from app.recovery.values import Channel
from app.stores.request import current_locale, current_store
from app.web.formats import currency_name, currency_words, latin_digits, speaks_of_toman
from app.web.language import gettext as _
from app.web.refusals import describe, register

LAST_NUMBER = 10**12

register(
    {
        "bad_view_name": lambda p: _("Give the view a name of at most 60 letters."),
        "too_many_views": lambda p: _("You keep 30 views already. Remove one first."),
        "view_not_found": lambda p: _("There is no such view."),
    }
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list: the carts, where it goes on, whether it ended before it had looked at everything."""

    rows: list[cart_queries.Found]
    older: str
    looked: bool


def index() -> AnyResponse:
    """The list; a filter stands in the address, so that it can be passed on."""
    return _page(asked(request.args))


def keep_view() -> AnyResponse:
    """Keep the filter of the form under a name."""
    wanted = asked(request.form)
    try:
        saved_views.keep(
            shell.person().id, request.form.get("name", ""), wanted.arguments(), current_app.config["CLOCK"].now()
        )
    except Invalid as refusal:
        return _page(wanted, problem=describe(refusal))
    return redirect(wanted.address(), 303)


def remove_view(view_id: str) -> AnyResponse:
    """Keep it no more; the list says how to take that back."""
    found = parse_id(view_id)
    if found is None:
        raise saved_views.ViewNotFound()
    saved_views.remove(shell.person().id, found, current_app.config["CLOCK"].now())
    return redirect(url_for("console.carts", removed=found), 303)


def take_view_back(view_id: str) -> AnyResponse:
    """It is kept after all."""
    found = parse_id(view_id)
    if found is None:
        raise saved_views.ViewNotFound()
    saved_views.take_back(shell.person().id, found)
    return redirect(url_for("console.carts"), 303)


def asked(arguments: filters.Arguments) -> Filter:
    """The filter that an address or a form asks for, in the current store."""
    store = current_store()
    return filters.read(arguments, currencies(), _unit(), tuple(store.locales))


def currencies() -> tuple[str, ...]:
    """What carts of the current store may be in, its own currency first."""
    store = current_store()
    return tuple(dict.fromkeys((store.currency, *store.settings.further_currencies)))


def zone() -> ZoneInfo:
    """Where the store's days begin."""
    return ZoneInfo(current_store().time_zone)


def _page(wanted: Filter, problem: str = "") -> AnyResponse:
    typed = request.args.get("q", "").strip()[:254]
    listed = _searched(typed) if typed else _listed(wanted)
    rows = [
        (cart, *state_word(cart.state, cart.arm), reason_word(cart.reason), *shown_person(cart.name, cart.email))
        for cart in listed.rows
    ]
    locale, store = current_locale(), current_store()
    html = render_template(
        "console/carts/index.html",
        wanted=wanted,
        arguments=wanted.arguments(),
        view=wanted.view,
        views=list(cart_queries.VIEWS),
        kept=saved_views.list_views(shell.person().id),
        removed=parse_id(request.args.get("removed")),
        problem=problem,
        typed=typed,
        rows=rows,
        by_email=shell.sees_everything(),
        may_act=shell.sees_everything(),
        reminded=reminder_actions.outcome(),
        older=listed.older,
        looked=listed.looked,
        depth=cart_queries.DEPTH,
        reasons=[(code, reason_word(code)) for code in filters.REASONS],
        only=_only(wanted) if not typed else "",
        steps=[(code, reached_word(code)) for code in filters.STEPS],
        channels=[(channel.value, channel_word(channel)) for channel in Channel],
        languages=[(code, Locale(code).get_display_name(locale) or code) for code in store.locales],
        currencies=[(code, currency_name(code, locale)) for code in currencies()],
        unit_words=currency_words(store.currency, locale),
    )
    return make_response(html, 422 if problem else 200)


def _only(wanted: Filter) -> str:
    """For what reason and how far, in words; the other conditions are seen in the form."""
    said = [reason_word(wanted.reason)] if wanted.reason else []
    if wanted.reached:
        said.append(reached_word(wanted.reached))
    return ("؛ " if current_locale() == "fa" else "; ").join(said)


def _listed(wanted: Filter) -> Listed:
    before, conditions = request.args.get("before", "")[:90], wanted.conditions(zone())
    found = cart_queries.list_carts(wanted.view, before, conditions)
    shown, more = found[: cart_queries.PAGE], len(found) > cart_queries.PAGE
    if more:
        return Listed(shown, _older(wanted, shown[-1].cursor), looked=False)
    end = cart_queries.looked_until(wanted.view, before, conditions) if conditions else ""
    return Listed(shown, _older(wanted, end) if end else "", looked=bool(end))


def _older(wanted: Filter, cursor: str) -> str:
    return wanted.address(before=cursor)


def _searched(typed: str) -> Listed:
    """The cart with an id, of an order, or the carts of an address; only who sees addresses may look for one."""
    number = _order_number(typed)
    cart_id: Any = parse_id(typed)
    if cart_id is None and number:
        cart_id = cart_queries.find_cart_of_order(number)
    if cart_id is not None:
        return Listed(_one(CartId(cart_id)), "", looked=False)
    if not shell.sees_everything():
        return Listed([], "", looked=False)
    try:
        found = cart_queries.list_carts_of(normalize_email(typed), request.args.get("before", "")[:90])
    except BadAddress:
        return Listed([], "", looked=False)
    shown = found[: cart_queries.PAGE]
    more = len(found) > cart_queries.PAGE
    return Listed(shown, url_for("console.carts", q=typed, before=shown[-1].cursor) if more else "", looked=False)


def _one(cart_id: CartId) -> list[cart_queries.Found]:
    whose = cart_queries.find_cart(cart_id)
    return [one for one in cart_queries.list_carts_of(whose.email) if one.cart_id == cart_id] if whose else []


def _order_number(typed: str) -> int | None:
    digits = latin_digits(typed).lstrip("#").replace("٬", "").replace(",", "")
    return int(digits) if digits.isascii() and digits.isdigit() and int(digits) < LAST_NUMBER else None


def _unit() -> int:
    return RIALS_IN_A_TOMAN if speaks_of_toman(current_store().currency) else 1
