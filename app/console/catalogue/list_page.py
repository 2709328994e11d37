"""Products in the console: found, in views, a page at a time; and all of them as a file."""

from collections.abc import Iterator

from flask import Response, make_response, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.catalog import staff_queries
from app.catalog.filters import clean
from app.catalog.queries import list_categories
from app.catalog.shopify_export import export_catalogue
from app.console import shell
from app.console.catalogue.words import DONE, VIEWS
from app.database.tenancy import use_store
from app.database.transaction import finish_reading
from app.ids import parse_id
from app.stores.request import current_store


def index() -> AnyResponse:
    """The newest products, by view; narrowed down to a category, to words, a SKU or an address."""
    view = request.args.get("view", "")
    view = view if view in VIEWS else ""
    typed = clean(request.args.get("q"))
    categories = list_categories()
    slug = request.args.get("category", "")
    category = slug if slug in {one.slug for one in categories} else ""
    before = parse_id(request.args.get("before"))
    found = staff_queries.list_for_staff(view=view, typed=typed, category=category, before=before)
    shown, more = found[: staff_queries.PAGE], len(found) > staff_queries.PAGE
    asked = {"view": view or None, "q": typed or None, "category": category or None}
    return make_response(
        render_template(
            "console/catalogue/index.html",
            view=view,
            views=[(code, words()) for code, words in VIEWS.items()],
            typed=typed,
            category=category,
            categories=categories,
            rows=shown,
            narrowed=bool(view or typed or category),
            may_edit=shell.sees_everything(),
            done=DONE[request.args["done"]]() if request.args.get("done") in DONE else "",
            older=url_for("console.catalogue", **asked, before=shown[-1].id) if more else "",  # type: ignore[arg-type]
        )
    )


def export() -> AnyResponse:
    """The whole catalogue as a file that can be brought in again."""
    store = current_store()

    def lines() -> Iterator[str]:
        with use_store(store.id):
            yield from export_catalogue(currency=store.currency, locale=store.locales[0])
            finish_reading()

    answer = Response(stream_with_context(lines()), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{store.slug}-catalogue.csv"'
    answer.headers["Cache-Control"] = "no-store, private"
    return answer
