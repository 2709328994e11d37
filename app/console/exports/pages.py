"""Pages of exports: what it is for, how far it is, the file itself, and the files of whoever is here."""

from typing import Any
from uuid import UUID

from flask import Response, make_response, redirect, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.cart import context
from app.console import shell
from app.console.exports import making, service, writing
from app.console.exports.service import Export, ExportNotFound
from app.console.exports.sources import SOURCES
from app.database.tenancy import current_store_id, use_store
from app.database.transaction import unit_of_work
from app.errors import Refusal
from app.ids import parse_id
from app.stores.request import current_locale
from app.web import htmx
from app.web.formats import number
from app.web.language import gettext as _
from app.web.refusals import describe, register

PROBLEMS = {
    "too_long_for_pdf": lambda: _(
        "It has more than %(rows)s rows: too many for a PDF. Choose CSV or narrow it down.",
        rows=number(making.PDF_ROWS_AT_MOST, current_locale()),
    ),
    "no_pdf_here": lambda: _("This machine can make no PDFs. Choose CSV."),
}

register(
    {
        "export_not_found": lambda p: _("There is no such file any more. Files are kept for three days, for whom asked."),
        "no_export_reason": lambda p: _("Say in a few words what the file is for."),
        "unknown_export": lambda p: _("Choose what to export, and as what."),
    }
)  # fmt: skip


def index() -> AnyResponse:
    """The files of whoever is here."""
    files = service.list_newest(shell.person().id)
    return make_response(
        render_template("console/exports/index.html", files=[(one, title(one), state(one)) for one in files])
    )


def new() -> AnyResponse:
    """What it is for, and as what: of a page with the filter it has."""
    return _form(None, 200)


def create() -> AnyResponse:
    """Have it made."""
    asked = {name: value for name, value in request.form.items() if name not in ("of", "format", "why")}
    try:
        export_id = service.ask(
            request.form.get("of", ""),
            request.form.get("format", ""),
            asked,
            request.form.get("why", ""),
            staff=shell.person().id,
            clear=shell.sees_everything(),
            locale=current_locale(),
            now=context.now(),
        )
    except Refusal as refusal:
        return _form(refusal, refusal.status)
    return redirect(url_for("console.export", export_id=export_id), 303)


def show(export_id: str) -> AnyResponse:
    """How far it is. HTMX asks for the progress alone, until there is none."""
    one = _export(export_id)
    if htmx.wants_fragment():
        if one.state != "working":
            return htmx.reload()
        return htmx.fragment(render_template("console/exports/_progress.html", one=one))
    said = PROBLEMS[one.problem]() if one.problem in PROBLEMS else ""
    html = render_template("console/exports/show.html", one=one, title=title(one), state=state(one), said=said, back=_back(one.kind, one.asked))  # fmt: skip
    return make_response(html)


def download(export_id: str) -> AnyResponse:
    """The file, a part at a time."""
    one = _export(export_id)
    if one.state != "ready":
        raise ExportNotFound()
    keep(one)
    store_id = current_store_id()

    def parts() -> Any:
        with use_store(store_id):
            yield from service.body(one)

    answer = Response(stream_with_context(parts()), content_type=writing.MIME[one.format])
    answer.headers["Content-Disposition"] = f'attachment; filename="{one.file_name}"'
    answer.headers["Cache-Control"] = "no-store, private"
    return answer


@unit_of_work
def keep(one: Export) -> None:
    """Enter in the log that the file was taken."""
    service.handed_out(one, context.now())


def title(one: Export) -> str:
    """What it is of."""
    return SOURCES[one.kind].title()


def state(one: Export) -> tuple[str, str]:
    """The state in a word, and its tone."""
    return {
        "working": (_("being made"), "lapis"),
        "ready": (_("ready"), "turq"),
        "failed": (_("could not be made"), "anar"),
    }[one.state]


def _form(refusal: Refusal | None, status: int) -> AnyResponse:
    values = request.form if request.method == "POST" else request.args
    of = values.get("of", "")
    source = SOURCES.get(of)
    asked = {name: values.get(name, "")[:64] for name in source.filters if values.get(name)} if source else {}
    html = render_template(
        "console/exports/new.html",
        of=of,
        kinds=[(kind, one.title()) for kind, one in SOURCES.items()],
        title=source.title() if source else "",
        asked=asked,
        back=_back(of, asked) if source else "",
        chosen=values.get("format", "csv"),
        why=values.get("why", ""),
        said=describe(refusal) if refusal else "",
        clear=shell.sees_everything(),
    )
    return make_response(html, status)


def _back(kind: str, asked: dict[str, str]) -> str:
    values: dict[str, Any] = dict(asked)
    return url_for(SOURCES[kind].endpoint, **values)


def _export(text: str) -> Export:
    export_id: UUID | None = parse_id(text)
    if export_id is None:
        raise ExportNotFound()
    return service.get(export_id, shell.person().id, clear=shell.sees_everything())
