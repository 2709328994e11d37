"""One periodic task: its last turns, and what may be done about it."""

from collections.abc import Callable
from datetime import datetime

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.audit import log as audit
from app.cart import context
from app.console import colleagues, shell
from app.console.jobs.views_of_jobs import row, trouble
from app.console.jobs.words import failure_word, missing_while_paused
from app.console.spans import span
from app.database.transaction import unit_of_work
from app.errors import Conflict
from app.jobs import asking
from app.jobs.queries import get_job
from app.stores.request import current_locale
from app.web.refusals import describe

DID = ("paused", "resumed", "asked")


def show(key: str) -> AnyResponse:
    """How it went lately."""
    return _page(key, "", 200)


def pause(key: str) -> AnyResponse:
    """Leave this store out of its turns."""
    return _done(key, "job_paused", lambda by, now: asking.pause(key, actor=by), "paused")


def resume(key: str) -> AnyResponse:
    """Let it go on."""
    return _done(key, "job_resumed", lambda by, now: asking.resume(key), "resumed")


def run(key: str) -> AnyResponse:
    """Have this store's share done now."""
    return _done(key, "job_run_by_hand", lambda by, now: asking.run_now(key, now=now), "asked")


def _done(key: str, action: str, act: Callable[[str, datetime], None], did: str) -> AnyResponse:
    by, now = shell.actor(), context.now()

    @unit_of_work
    def both() -> None:
        act(by, now)
        audit.record(action, actor=by, subject=("job", key), now=now)

    try:
        both()
    except Conflict as refusal:
        return _page(key, describe(refusal), 409)
    return redirect(url_for("console.job", key=key, did=did), 303)


def _page(key: str, problem: str, status: int) -> AnyResponse:
    view, locale = get_job(key), current_locale()
    did = request.args.get("did", "")
    html = render_template(
        "console/jobs/show.html",
        job=row(view, locale),
        pausable=view.job.pausable,
        paused=view.standing.paused_at,
        paused_by=colleagues.by_actor().get(view.standing.paused_by, ""),
        missing=missing_while_paused(key),
        here_failing=view.standing if view.standing.failures else None,
        trouble=trouble(view),
        turns=[
            (turn, span(turn.took, locale) if turn.took is not None else "", failure_word(turn.error))
            for turn in view.turns
        ],
        may_act=shell.sees_everything(),
        problem=problem,
        did=did if did in DID and not problem else "",
    )
    return make_response(html, status)
