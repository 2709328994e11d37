"""Files brought into the catalogue: sent, checked with a report by line, applied with progress, the report as a file."""

import csv
import io
from collections.abc import Callable
from uuid import UUID

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.identity import current_staff
from app.audit import log as audit
from app.cart import context
from app.catalog import imports
from app.catalog.imports import LARGEST_FILE, ImportNotFound, ImportView
from app.catalog.shopify_export import FORMULA
from app.console import colleagues, shell
from app.console.catalogue.words import OUTCOMES, STATES, refusal_words
from app.database.transaction import unit_of_work
from app.errors import Refusal
from app.ids import parse_id
from app.web import htmx
from app.web.refusals import describe
from app.web.security import with_large_form

REPORT_AT_MOST = 100_000
FORM_AROUND = 64 * 1024


def index() -> AnyResponse:
    """The form to send a file, and the newest files with where they are."""
    return _list_page(None, 200)


def _largest() -> int:
    """How much may be sent: a file, but only by who may bring one in."""
    staff = current_staff()
    allowed = staff is not None and staff.role in shell.ADMIN_UP
    return LARGEST_FILE + FORM_AROUND if allowed else FORM_AROUND


@with_large_form(_largest)
def upload() -> AnyResponse:
    """Take a file in; it is read and checked by a job, nothing of the catalogue changes yet."""
    sent, now, by = request.files.get("file"), context.now(), shell.actor()
    body = sent.read(LARGEST_FILE + 1) if sent else b""
    name = sent.filename or "" if sent else ""

    @unit_of_work
    def both() -> UUID:
        import_id = imports.begin(body, name, actor=by, now=now)
        audit.record("import_begun", actor=by, subject=("import", import_id), now=now, details={"bytes": len(body)})
        return import_id

    try:
        import_id = both()
    except Refusal as refusal:
        return _list_page(refusal, refusal.status)
    return redirect(url_for("console.catalogue_import", import_id=import_id), 303)


def show(import_id: str) -> AnyResponse:
    """How far a file is, and what each of its products comes to. HTMX asks for the progress alone, until there is none."""
    found = _import(import_id)
    if htmx.wants_fragment():
        if not found.working:
            return htmx.reload()
        return htmx.fragment(render_template("console/catalogue/_progress.html", one=found, word=_state(found)[0]))
    return _page(found, None, 200)


def apply(import_id: str) -> AnyResponse:
    """Bring what was checked into the catalogue."""
    return _turned(import_id, "import_applied", imports.apply)


def discard(import_id: str) -> AnyResponse:
    """Put it away without a change."""
    return _turned(import_id, "import_discarded", imports.discard)


def report(import_id: str) -> AnyResponse:
    """Every product of the file with what it came to, as a file."""
    found, lines = _import(import_id), io.StringIO(newline="")
    writer = csv.writer(lines)
    writer.writerow(["line", "handle", "outcome", "withdrawn variants", "reason", "what is wrong"])
    for row in imports.report(found.id, limit=REPORT_AT_MOST):
        first = [row.line, row.handle, row.outcome, row.withdrawn]
        for refusal in row.refusals or (None,):
            code, sentence = (refusal.code, " ".join(refusal_words(refusal))) if refusal else ("", "")
            writer.writerow([*first, code, "'" + sentence if FORMULA.match(sentence) else sentence])
    answer = Response(lines.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="import-{found.id}.csv"'
    answer.headers["Cache-Control"] = "no-store, private"
    return answer


def _turned(import_id: str, action: str, act: Callable[..., None]) -> AnyResponse:
    found, now, by = _import(import_id), context.now(), shell.actor()

    @unit_of_work
    def both() -> None:
        act(found.id, now=now)
        audit.record(action, actor=by, subject=("import", found.id), now=now, details=dict(found.counts))

    try:
        both()
    except Refusal as refusal:
        return _page(_import(import_id), refusal, refusal.status)
    if action == "import_discarded":
        return redirect(url_for("console.catalogue_imports"), 303)
    return redirect(url_for("console.catalogue_import", import_id=found.id), 303)


def _page(found: ImportView, problem: Refusal | None, status: int) -> AnyResponse:
    wanted = request.args.get("outcome", "")
    wanted = wanted if wanted in OUTCOMES else ""
    rows = imports.report(found.id, wanted=wanted, after=request.args.get("after", 0, type=int), limit=imports.PAGE + 1)
    shown, more = rows[: imports.PAGE], len(rows) > imports.PAGE
    next_page = {"import_id": found.id, "outcome": wanted or None, "after": shown[-1].number if shown else 0}
    word, tone = _state(found)
    html = render_template(
        "console/catalogue/import.html",
        one=found,
        word=word,
        tone=tone,
        who=colleagues.by_actor().get(found.created_by, ""),
        outcomes=[(code, words(), colour, found.counts[code]) for code, (words, colour) in OUTCOMES.items()],
        wanted=wanted,
        rows=[
            (row, OUTCOMES[row.outcome][0]() if row.outcome else "", OUTCOMES[row.outcome][1] if row.outcome else "",
             [(refusal.line, *refusal_words(refusal)) for refusal in row.refusals])
            for row in shown
        ],
        further=url_for("console.catalogue_import", **next_page) if more else "",  # type: ignore[arg-type]
        problem=describe(problem) if problem else "",
        may_edit=shell.sees_everything(),
    )  # fmt: skip
    return make_response(html, status)


def _list_page(problem: Refusal | None, status: int) -> AnyResponse:
    people = colleagues.by_actor()
    html = render_template(
        "console/catalogue/imports.html",
        rows=[(one, *_state(one), people.get(one.created_by, "")) for one in imports.list_recent()],
        problem=describe(problem) if problem else "",
        may_edit=shell.sees_everything(),
    )
    return make_response(html, status)


def _state(found: ImportView) -> tuple[str, str]:
    words, tone = STATES[found.state]
    return words(), tone


def _import(text: str) -> ImportView:
    import_id = parse_id(text)
    if import_id is None:
        raise ImportNotFound()
    return imports.get(import_id)
