"""A product in the console: made, told about, shown or withdrawn, pictured; each change with its entry in the audit log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from babel import Locale
from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.audit import log as audit
from app.cart import context
from app.catalog import editing, staff_queries
from app.catalog.drafts import ImageDraft
from app.catalog.editing import check as check_words
from app.catalog.errors import ProductChanged, ProductNotFound
from app.catalog.queries import list_categories
from app.catalog.staff_queries import StaffProduct
from app.catalog.variants import Price, check_price
from app.console import shell
from app.console.catalogue import product_forms as forms
from app.console.catalogue.words import DONE
from app.database.transaction import unit_of_work
from app.errors import Conflict, Refusal
from app.ids import ProductId, parse_id
from app.money import BadAmount
from app.stores.request import current_locale, current_store
from app.web.formats import currency_words
from app.web.language import direction
from app.web.refusals import describe

UNDO = {"withdrawn": "1", "shown": "0"}


def new() -> AnyResponse:
    """The form of a product that is not there yet."""
    return _new_page({}, None, 200)


def create() -> AnyResponse:
    """Make it: with its first variant, and not in the shop yet."""
    store, locales, now = current_store(), current_store().locales, context.now()

    @unit_of_work
    def both() -> ProductId:
        draft, said = forms.draft(request.form, locales, store.currency)
        check_words(said, locales[0])
        check_price(Price(store.currency, draft.variants[0].price, draft.variants[0].compare_at))
        for image in draft.images:
            editing.check_picture(image)
        made = editing.create(draft, said, locale=locales[0], now=now, actor=shell.actor())
        _kept("product_created", made, now, {"handle": draft.handle})
        return made

    try:
        made = both()
    except (Refusal, BadAmount) as refusal:
        return _new_page(request.form, refusal, _status(refusal))
    return redirect(url_for("console.catalogue_product", product_id=made, done="created"), 303)


def show(product_id: str) -> AnyResponse:
    """Everything there is of it, and what can be done with it."""
    return page(product(product_id), 200)


def say(product_id: str) -> AnyResponse:
    """Change what is said of it. If somebody else did meanwhile: what is there now, beside what was typed."""
    found, locales, now = product(product_id), current_store().locales, context.now()

    @unit_of_work
    def both() -> dict[str, list[Any]]:
        said, seen = forms.words(request.form, locales), request.form.get("seen", "")
        changed = editing.say(found.id, said, seen, locale=locales[0], now=now)
        if changed:
            _kept(
                "product_changed", found.id, now, {name: values for name, values in changed.items() if name != "body"}
            )
        return changed

    try:
        changed = both()
    except Refusal as refusal:
        fresh = product(product_id)
        apart = forms.differing(request.form, forms.filled(fresh, locales)) if isinstance(refusal, Conflict) else {}
        return page(fresh, _status(refusal), problem=refusal, typed=request.form, apart=apart)
    return _back(found, "said" if changed else "same")


def turn(product_id: str) -> AnyResponse:
    """Put it in the shop, or withdraw it."""
    found, now, shown = product(product_id), context.now(), request.form.get("shown") == "1"

    @unit_of_work
    def both() -> bool:
        changed = editing.show(found.id, shown=shown, now=now)
        if changed:
            _kept("product_returned" if shown else "product_withdrawn", found.id, now, {})
        return changed

    both()
    return _back(found, "shown" if shown else "withdrawn")


def picture(product_id: str) -> AnyResponse:
    """One picture more, one less, or another one first."""
    found, now = product(product_id), context.now()

    @unit_of_work
    def both() -> bool:
        seen = request.form.getlist("there")
        images = _pictured([ImageDraft(image.source, image.alt) for image in found.images], request.form)
        changed = editing.picture(found.id, images, seen, now=now)
        if changed:
            _kept("pictures_changed", found.id, now, {"before": seen, "after": [image.source for image in images]})
        return changed

    try:
        changed = both()
    except Refusal as refusal:
        return page(product(product_id), _status(refusal), problem=refusal, typed=request.form)
    return _back(found, "pictured" if changed else "same")


def product(text: str) -> StaffProduct:
    """The product of an address. Raises ProductNotFound."""
    product_id = parse_id(text)
    if product_id is None:
        raise ProductNotFound()
    return staff_queries.get_for_staff(ProductId(product_id))


def page(
    found: StaffProduct,
    status: int,
    *,
    problem: Exception | None = None,
    typed: Mapping[str, str] | None = None,
    apart: Mapping[str, str] | None = None,
) -> AnyResponse:
    """The product's page; with a problem, and with what was typed into the form that had it."""
    locales, done = current_store().locales, request.args.get("done", "")
    html = render_template(
        "console/catalogue/product.html",
        product=found,
        fields=forms.filled(found, locales) | dict((typed or {}).items()),
        typed=typed or {},
        apart=apart or {},
        languages=_languages(),
        categories=list_categories(),
        problem=describe(problem) if problem else "",  # type: ignore[arg-type]
        conflict=isinstance(problem, ProductChanged),
        done=DONE[done]() if done in DONE and status == 200 else "",
        undo=UNDO.get(done, "") if status == 200 else "",
        may_edit=shell.sees_everything(),
        unit=currency_words(current_store().currency, current_locale()),
    )
    return make_response(html, status)


def _new_page(typed: Mapping[str, str], problem: Exception | None, status: int) -> AnyResponse:
    html = render_template(
        "console/catalogue/new.html",
        fields=typed,
        languages=_languages(),
        categories=list_categories(),
        problem=describe(problem) if problem else "",  # type: ignore[arg-type]
        unit=currency_words(current_store().currency, current_locale()),
    )
    return make_response(html, status)


def _pictured(images: list[ImageDraft], form: Mapping[str, str]) -> list[ImageDraft]:
    """The pictures as the pressed button has them."""
    act, source = form.get("do", ""), form.get("source", "").strip()
    rest = [image for image in images if image.source != source]
    match act:
        case "add":
            return [*images, ImageDraft(source, forms.texts(form, "alt", current_store().locales))]
        case "remove":
            return rest
        case "first":
            return [image for image in images if image.source == source] + rest
        case _:
            return images


def _languages() -> list[tuple[str, str, str]]:
    """The store's languages: code, own name, direction."""
    return [(code, Locale(code).get_display_name(code) or code, direction(code)) for code in current_store().locales]


def _back(found: StaffProduct, done: str) -> AnyResponse:
    return redirect(url_for("console.catalogue_product", product_id=found.id, done=done), 303)


def _status(refusal: Exception) -> int:
    return refusal.status if isinstance(refusal, Refusal) else 422


def _kept(action: str, product_id: ProductId, now: datetime, details: Mapping[str, Any]) -> None:
    audit.record(action, actor=shell.actor(), subject=("product", product_id), now=now, details=details)
