"""A variant in the console: its prices with whom they concern, its stock with what moved it, for sale or withdrawn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from babel import Locale
from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.audit import log as audit
from app.cart import context
from app.catalog import variants
from app.catalog.errors import BadProduct, PriceMoved, VariantNotFound
from app.catalog.staff_queries import StaffProduct, StaffVariant
from app.catalog.variants import Price, check_price
from app.catalog.words import localized
from app.console import amounts, colleagues, shell
from app.console.catalogue import product_forms as forms
from app.console.catalogue import product_page
from app.console.catalogue.price_effect import Holding, holding
from app.console.catalogue.words import DONE, KINDS
from app.database.transaction import unit_of_work
from app.errors import Refusal
from app.ids import VariantId, new_id, parse_id
from app.inventory import adjusting, ledger
from app.inventory.adjusting import BY_HAND
from app.inventory.errors import BadMovement, StockMoved
from app.money import BadAmount, Money
from app.stores.request import current_locale, current_store
from app.web.formats import currency_name, currency_words, percent
from app.web.language import direction
from app.web.refusals import describe


@dataclass(frozen=True, slots=True)
class Intended:
    """A price that somebody thinks of: what it is now, what it would be, and whom that concerns."""

    before: Price
    after: Price
    holding: Holding


def add(product_id: str) -> AnyResponse:
    """One more variant of the product."""
    found, store, now = product_page.product(product_id), current_store(), context.now()

    @unit_of_work
    def both() -> VariantId:
        draft = forms.variant(request.form, store.locales, store.currency, len(found.option_names))
        made = variants.add(found.id, draft, locale=store.locales[0], now=now, actor=shell.actor())
        _kept("variant_added", found, made, now, {"options": [localized(option) for option in draft.options]})
        return made

    try:
        made = both()
    except (Refusal, BadAmount) as refusal:
        return product_page.page(found, _status(refusal), problem=refusal, typed=request.form)
    return _back(found, made, "added")


def show(product_id: str, variant_id: str) -> AnyResponse:
    """Its prices, its stock, what moved it; with a price in the address: whom that would concern."""
    found, variant = _found(product_id, variant_id)
    try:
        intended = _intended(variant) if "price" in request.args and shell.sees_everything() else None
    except (Refusal, BadAmount) as refusal:
        return _page(found, variant, 422, problem=refusal, typed=request.args)
    return _page(found, variant, 200, intended=intended)


def price(product_id: str, variant_id: str) -> AnyResponse:
    """Change a price. If somebody else did meanwhile: what it is now."""
    found, variant = _found(product_id, variant_id)
    now, op_id, by = context.now(), parse_id(request.form.get("op_id")) or new_id(), shell.actor()

    @unit_of_work
    def both() -> None:
        wanted, seen = _typed(request.form), _amount(request.form.get("seen", ""), _currency(request.form))
        before = variants.price(found.id, variant.id, wanted, seen=seen, actor=by, op_id=op_id, now=now)
        if before != wanted:
            _kept("price_changed", found, variant.id, now, _told(before, wanted))

    try:
        both()
    except (Refusal, BadAmount) as refusal:
        found, variant = _found(product_id, variant_id)
        intended = _intended(variant) if isinstance(refusal, PriceMoved) else None
        return _page(found, variant, _status(refusal), problem=refusal, typed=request.form, intended=intended)
    return _back(found, variant.id, "priced", change=op_id)


def take_back(product_id: str, variant_id: str) -> AnyResponse:
    """Have the price as it was before the change."""
    found, variant = _found(product_id, variant_id)
    change_id, now = parse_id(request.form.get("change")) or new_id(), context.now()

    def act() -> None:
        before, after = variants.take_back(found.id, variant.id, change_id, now=now)
        _kept("price_taken_back", found, variant.id, now, _told(before, after))

    return _did(found, variant, act, "price_taken_back")


def stock(product_id: str, variant_id: str) -> AnyResponse:
    """Units came, went or were counted."""
    found, variant = _found(product_id, variant_id)
    op_id, now, by = parse_id(request.form.get("op_id")) or new_id(), context.now(), shell.actor()

    def act() -> None:
        kind = next((one for one in BY_HAND if one == request.form.get("kind")), None)
        units = forms.whole(request.form, "units", "units") if kind else None
        if kind is None or units is None:
            raise BadMovement()
        moved = adjusting.move(
            variant.id, kind, units, seen=forms.whole(request.form, "seen", "units"), least=found.minimum,
            note=forms.line(request.form, "note"), actor=by, op_id=op_id, now=now,
        )  # fmt: skip
        details = {"why": kind.value, "before": moved.before, "after": moved.after}
        _kept("stock_moved", found, variant.id, now, details)

    return _did(found, variant, act, "moved")


def limit(product_id: str, variant_id: str) -> AnyResponse:
    """Whether units are counted, and whether it is sold on when none are left."""
    found, variant = _found(product_id, variant_id)
    tracked, oversell, now = "tracked" in request.form, "oversell" in request.form, context.now()

    def act() -> None:
        before = adjusting.limit(variant.id, tracked=tracked, oversell=oversell, least=found.minimum, now=now)
        if before != (tracked, oversell):
            was = {"counted": [before[0], tracked], "sold_on_when_none_are_left": [before[1], oversell]}
            _kept("stock_limited", found, variant.id, now, was)

    return _did(found, variant, act, "limited")


def turn(product_id: str, variant_id: str) -> AnyResponse:
    """Withdraw it, or have it for sale again."""
    found, variant = _found(product_id, variant_id)
    offered, now = request.form.get("offered") == "1", context.now()

    def act() -> None:
        if variants.offer(found.id, variant.id, offered=offered, now=now):
            _kept("variant_returned" if offered else "variant_withdrawn", found, variant.id, now, {})

    return _did(found, variant, act, "offered" if offered else "variant_withdrawn")


def _did(found: StaffProduct, variant: StaffVariant, act: Callable[[], None], done: str) -> AnyResponse:
    try:
        unit_of_work(act)()
    except (Refusal, BadAmount) as refusal:
        found, variant = _found(str(found.id), str(variant.id))
        return _page(found, variant, _status(refusal), problem=refusal, typed=request.form)
    return _back(found, variant.id, done)


def _page(
    found: StaffProduct,
    variant: StaffVariant,
    status: int,
    *,
    problem: Exception | None = None,
    typed: Mapping[str, str] | None = None,
    intended: Intended | None = None,
) -> AnyResponse:
    locale, store, done = current_locale(), current_store(), request.args.get("done", "")
    before = request.args.get("before", type=int)
    movements = ledger.list_movements(variant.id, before)
    shown, more = movements[: ledger.PAGE], len(movements) > ledger.PAGE
    people = colleagues.by_actor()
    here = {"product_id": found.id, "variant_id": variant.id}
    currencies = dict.fromkeys((variant.currency, *store.currencies, *variant.prices))
    html = render_template(
        "console/catalogue/variant.html",
        product=found,
        variant=variant,
        name=_name(found, variant),
        prices=[
            (
                code,
                currency_name(code, locale),
                currency_words(code, locale),
                one := variant.prices.get(code, Price(code, None)),
                amounts.shown(one.price),
                amounts.shown(one.compare_at),
                holding(variant.id, one.price, code, store.settings.price_rise_limit_percent),
            )
            for code in currencies
        ],
        shown_amount=amounts.shown,
        intended=intended,
        limit=percent(store.settings.price_rise_limit_percent * 100, locale),
        by_hand=[(kind, KINDS[kind]()) for kind in BY_HAND],
        movements=[(one, KINDS[one.kind](), people.get(one.actor, "")) for one in shown],
        older=url_for("console.catalogue_variant", **here, before=shown[-1].number) if more else "",  # type: ignore[arg-type]
        languages=[(code, Locale(code).get_display_name(code) or code, direction(code)) for code in store.locales],
        typed=typed or {},
        problem=describe(problem) if problem else "",  # type: ignore[arg-type]
        stock_moved=isinstance(problem, StockMoved),
        done=DONE[done]() if done in DONE and status == 200 else "",
        change=parse_id(request.args.get("change")) if done == "priced" and status == 200 else None,
        undo={"variant_withdrawn": "1", "offered": "0"}.get(done, "") if status == 200 else "",
        may_edit=shell.sees_everything(),
    )
    return make_response(html, status)


def _intended(variant: StaffVariant) -> Intended:
    """What the address or the form says about a price. Raises BadProduct, BadAmount."""
    wanted = _typed(request.values)
    check_price(wanted)
    if wanted.price is None and wanted.currency == variant.currency:
        raise BadProduct(field="price")
    limit_percent = current_store().settings.price_rise_limit_percent
    before = variant.prices.get(wanted.currency, Price(wanted.currency, None))
    return Intended(before, wanted, holding(variant.id, wanted.price, wanted.currency, limit_percent))


def _typed(form: Mapping[str, str]) -> Price:
    currency = _currency(form)
    return Price(currency, _amount(form.get("price", ""), currency), _amount(form.get("compare_at", ""), currency))


def _currency(form: Mapping[str, str]) -> str:
    currency = form.get("currency", "")
    if currency not in current_store().currencies:
        raise BadProduct(field="price")
    return currency


def _amount(typed: str, currency: str) -> Money | None:
    return amounts.read(typed, currency)


def _name(found: StaffProduct, variant: StaffVariant) -> str:
    return " / ".join(localized(option) for option in variant.options) or localized(found.title)


def _told(before: Price, after: Price) -> dict[str, Any]:
    """For the audit log: minor units, as they are stored."""
    told: dict[str, Any] = {"currency": after.currency}
    for name, one in (("before", before), ("after", after)):
        told[name] = [one.price.amount if one.price else None, one.compare_at.amount if one.compare_at else None]
    return told


def _found(product_id: str, variant_id: str) -> tuple[StaffProduct, StaffVariant]:
    found, parsed = product_page.product(product_id), parse_id(variant_id)
    if parsed is None:
        raise VariantNotFound()
    return found, found.variant(VariantId(parsed))


def _back(found: StaffProduct, variant_id: VariantId, done: str, change: UUID | None = None) -> AnyResponse:
    there = {"product_id": found.id, "variant_id": variant_id, "done": done, "change": change}
    return redirect(url_for("console.catalogue_variant", **there), 303)  # type: ignore[arg-type]


def _kept(action: str, found: StaffProduct, variant_id: VariantId, now: datetime, details: Mapping[str, Any]) -> None:
    about = {"variant": str(variant_id), **details}
    audit.record(action, actor=shell.actor(), subject=("product", found.id), now=now, details=about)


def _status(refusal: Exception) -> int:
    return refusal.status if isinstance(refusal, Refusal) else 422
