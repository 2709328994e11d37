"""The shop's pages: home, lists, a product. All by GET; filters are a form, and HTMX gets the region that changes."""

import re
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask.blueprints import BlueprintSetupState

from app.catalog import choices, filters, queries, words
from app.catalog.errors import CategoryNotFound, ProductNotFound
from app.catalog.filters import Filter
from app.catalog.listing import list_products, list_similar
from app.catalog.values import CategoryView, Listing, ProductView
from app.ids import VariantId, parse_id
from app.money import RIALS_IN_A_TOMAN
from app.stores.request import current_currency, current_locale, current_store
from app.web import htmx
from app.web.formats import latin_digits, speaks_of_toman
from app.web.language import gettext as _
from app.web.refusals import register

FEATURED = 10
LARGEST_QUANTITY = 999
_HANDLE = re.compile(r"[\w-]{1,255}")

bp = Blueprint("catalog", __name__)

register(
    {
        "product_not_found": lambda p: _("This product is not sold here, or no longer."),
        "category_not_found": lambda p: _("There is no such category here, or no longer."),
    }
)


@bp.record_once
def offer_words(state: BlueprintSetupState) -> None:
    """The filters that the templates of this room, and of others, write product names with."""
    words.init_app(state.app)


@bp.get("/")
def home() -> str:
    """The shop's front: categories and what is featured."""
    listing = list_products(Filter(), 1, current_locale(), size=FEATURED, currency=_currency())
    return render_template("catalog/home.html", listing=listing, categories=_stocked(queries.list_categories()))


@bp.get("/products")
def products() -> Response:
    """All products: searched, filtered, sorted, page by page."""
    categories = _stocked(queries.list_categories())
    known = [category.slug for category in categories]
    wanted = filters.read_filter(request.args, currency=current_currency(), unit=_unit(), known=known)
    return _list(wanted, categories, None, url_for("catalog.products"))


@bp.get("/categories/<slug>")
def category(slug: str) -> Response:
    """The products of one category, with the same filters."""
    categories = queries.list_categories()
    current = next((known for known in categories if known.slug == slug), None)
    if current is None:
        raise CategoryNotFound()
    wanted = filters.read_filter(request.args, currency=current_currency(), unit=_unit(), category=current.slug)
    return _list(wanted, _stocked(categories), current, url_for("catalog.category", slug=slug))


@bp.get("/products/<handle>")
def product(handle: str) -> Response:
    """A product: pictures, options, price, stock, and the form that puts it into a pane."""
    if not _HANDLE.fullmatch(handle):
        raise ProductNotFound()
    shown = queries.get_product(handle, _currency())
    variant_id = parse_id(request.args.get("variant_id"))
    selection = choices.select(
        shown,
        variant_id=VariantId(variant_id) if variant_id else None,
        asked=[filters.clean(request.args.get(f"option{number}")) for number in (1, 2, 3)],
        locale=current_store().locales[0],
    )
    details = {"product": shown, "selection": selection, "quantity": _quantity(shown, selection)}
    if not htmx.wants_fragment():
        return make_response(render_template("catalog/product.html", **details))
    answer = htmx.fragment(render_template("catalog/product_chosen.htmx.html", **details))
    answer.headers["HX-Replace-Url"] = _product_address(shown, selection)
    return answer


@bp.get("/products/<handle>/similar")
def similar(handle: str) -> Response:
    """What is like a product and in stock: a page of its own, or swapped in where it was asked for."""
    if not _HANDLE.fullmatch(handle):
        raise ProductNotFound()
    cards = list_similar(handle, _currency())
    if htmx.wants_fragment():
        return htmx.fragment(render_template("catalog/similar.htmx.html", cards=cards))
    return make_response(render_template("catalog/similar.html", cards=cards))


def _list(wanted: Filter, categories: tuple[CategoryView, ...], current: CategoryView | None, address: str) -> Response:
    page = filters.read_page(request.args.get("page"))
    listing = list_products(wanted, page, current_locale(), currency=_currency())
    details = {
        "listing": listing,
        "wanted": wanted,
        "categories": categories,
        "current": current,
        "address": address,
        "least": filters.plain_amount(wanted.least, wanted.unit) if wanted.least else "",
        "most": filters.plain_amount(wanted.most, wanted.unit) if wanted.most else "",
        "chips": _chips(wanted, categories, address),
        "more": _with_page(wanted, listing, address, 1),
        "previous": _with_page(wanted, listing, address, -1),
    }
    if not htmx.wants_fragment():
        return make_response(render_template("catalog/products.html", **details))
    more = request.headers.get("HX-Target", "").endswith("#more")
    answer = htmx.fragment(render_template(f"catalog/{'more' if more else 'listed'}.htmx.html", **details))
    answer.headers["HX-Push-Url"] = _address(address, wanted, listing.page)
    return answer


def _currency() -> str | None:
    """What prices are asked for in: nothing for the store's own, which every variant carries."""
    currency = current_currency()
    return None if currency == current_store().currency else currency


def _unit() -> int:
    return RIALS_IN_A_TOMAN if speaks_of_toman(current_currency()) else 1


def _stocked(categories: tuple[CategoryView, ...]) -> tuple[CategoryView, ...]:
    return tuple(category for category in categories if category.products)


def _address(address: str, wanted: Filter, page: int = 1) -> str:
    pairs = wanted.arguments() + ([("page", str(page))] if page > 1 else [])
    return f"{address}?{urlencode(pairs)}" if pairs else address


def _with_page(wanted: Filter, listing: Listing, address: str, step: int) -> str | None:
    page = listing.page + step
    return _address(address, wanted, page) if 1 <= page <= listing.pages and not listing.nearest else None


def _chips(wanted: Filter, categories: tuple[CategoryView, ...], address: str) -> list[tuple[str, object, str]]:
    """The conditions in force: kind, value to show, and the address of the list without it."""
    titles = {category.slug: category.title for category in categories}
    chips: list[tuple[str, object, str]] = []
    if not wanted.fixed:
        chips += [
            ("category", titles[slug], _address(address, wanted.without("category", slug)))
            for slug in wanted.categories
        ]
    if wanted.in_stock:
        chips.append(("in_stock", None, _address(address, wanted.without("in_stock"))))
    if wanted.least:
        chips.append(("price_min", wanted.least, _address(address, wanted.without("price_min"))))
    if wanted.most:
        chips.append(("price_max", wanted.most, _address(address, wanted.without("price_max"))))
    return chips


def _quantity(shown: ProductView, selection: choices.Selection) -> dict[str, int]:
    """The quantity on the page and its bounds: what the product allows, and what is there."""
    most = shown.maximum or LARGEST_QUANTITY
    if selection.variant and selection.variant.available is not None:
        most = min(most, selection.variant.available)
    typed = latin_digits(request.args.get("quantity", ""))
    value = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else shown.minimum
    most = max(most, shown.minimum)
    return {"value": min(max(value, shown.minimum), most), "least": shown.minimum, "most": most}


def _product_address(shown: ProductView, selection: choices.Selection) -> str:
    address = url_for("catalog.product", handle=shown.handle)
    if selection.choices and selection.variant:
        return f"{address}?{urlencode({'variant_id': selection.variant.id})}"
    chosen = [value.address for step in selection.steps for value in step.values if value.chosen]
    return f"{address}?{urlencode(chosen[-1])}" if chosen else address
