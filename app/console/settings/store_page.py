"""The store's own facts in the console: its name, languages, currency, time zone and hosts, with what each change does."""

from typing import Any
from zoneinfo import available_timezones

import msgspec
from flask import make_response, redirect, render_template, request, url_for
from sqlalchemy import text
from werkzeug.wrappers import Response as AnyResponse

from app.cart.context import now
from app.console import shell
from app.console.settings import saying
from app.database.base import db
from app.database.tenancy import current_store_id
from app.errors import Conflict, Refusal
from app.money import is_currency
from app.stores import facts
from app.stores.facts import BadFact, Facts
from app.stores.request import current_config, current_locale
from app.web.formats import currency_name
from app.web.language import gettext as _
from app.web.refusals import describe

SOLD = text("SELECT EXISTS (SELECT 1 FROM orders WHERE store_id = :store)")
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "IRR", "SEK", "NOK", "DKK", "PLN", "CZK", "TRY", "AED", "CAD", "AUD", "JPY")


def show() -> AnyResponse:
    """The facts, to be read or changed."""
    return _page(facts.read())


def save() -> AnyResponse:
    """Describe the store anew."""
    there = facts.read()
    typed = _typed(there)
    try:
        seen = msgspec.json.decode(request.form.get("was", "").encode(), type=Facts)
    except msgspec.DecodeError:
        seen = there
    try:
        changed = facts.change(typed, seen=seen, sold=_sold(), host=_host(), actor=shell.actor(), now=now())
    except Refusal as refusal:
        moved = isinstance(refusal, Conflict)
        return _page(there if moved else typed, refusal=refusal, was=there if moved else seen)
    return redirect(url_for("console.store", saved=1 if changed else None), 303)


def _typed(there: Facts) -> Facts:
    """What the form says. Hosts are for owners alone: for everybody else they stay."""
    form = request.form
    first = form.get("default", there.locales[0])
    chosen = [code for code in facts.languages() if code in form.getlist("locales")]
    hosts = there.hosts
    if shell.person().role == "owner":
        new = form.get("host", "").strip().lower().rstrip(".")
        kept = [host for host in there.hosts if host not in form.getlist("without")]
        hosts = tuple(sorted({*kept, *([new] if new else [])}))
    names = {code: form.get(f"name.{code}", "").strip() for code in facts.languages()}
    return Facts(
        names={**{k: v for k, v in there.names.items() if k not in names}, **{k: v for k, v in names.items() if v}},
        locales=tuple(sorted(chosen, key=lambda code: code != first)),
        currency=form.get("currency", there.currency).strip().upper(),
        time_zone=form.get("time_zone", "").strip(),
        hosts=hosts,
    )


def _page(shown: Facts, *, refusal: Refusal | None = None, was: Facts | None = None) -> AnyResponse:
    locale, sold = current_locale(), _sold()
    codes = [code for code in dict.fromkeys((shown.currency, *CURRENCIES)) if is_currency(code)]
    html = render_template(
        "console/settings/store.html",
        facts=shown,
        was=msgspec.json.encode(was or shown).decode(),
        languages=[(code, saying.language(code, locale), saying.language(code, code)) for code in facts.languages()],
        currencies=[(code, currency_name(code, locale)) for code in codes],
        zones=sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")),
        sold=sold,
        this_host=_host(),
        may_edit=shell.sees_everything(),
        owner=shell.person().role == "owner",
        problem=_problem(refusal),
        saved=bool(request.args.get("saved")),
        seconds=current_config().store_cache_seconds,
    )
    return make_response(html, 200 if refusal is None else 409 if isinstance(refusal, Conflict) else 422)


def _problem(refusal: Refusal | None) -> dict[str, str] | None:
    """The field that is wrong, and what to do."""
    if refusal is None:
        return None
    if not isinstance(refusal, BadFact):
        return {"field": "", "words": describe(refusal)}
    params: dict[str, Any] = refusal.params
    words = {
        ("locales", "missing"): lambda: _("Choose one language at least."),
        ("names", "missing"): lambda: _("Enter the store's name in its first language."),
        ("names", "too_long"): lambda: _("A name may have 80 characters at most."),
        ("time_zone", "unknown"): lambda: _("Choose a time zone from the list, like Europe/Berlin."),
        ("currency", "ordered"): lambda: _("There are orders: the currency stays as it is."),
        ("currency", "unknown"): lambda: _("Choose a currency from the list."),
        ("hosts", "missing"): lambda: _("A store needs one address at least."),
        ("hosts", "unknown"): lambda: _(
            "Enter a host name, like shop.example.com: without https:// and without a path."
        ),
        ("hosts", "here"): lambda: _(
            "You are here under this address. Open the console under another one to remove it."
        ),
        ("hosts", "taken"): lambda: _("Another store answers under this address."),
    }
    return {"field": params["field"], "words": words[params["field"], params["why"]]()}


def _sold() -> bool:
    return bool(db.session.execute(SOLD, {"store": current_store_id()}).scalar_one())


def _host() -> str:
    return request.host.rsplit(":", 1)[0].lower()
