"""Jobs and outbox on one page; its upper part is brought up to date every 15 seconds."""

from dataclasses import dataclass

from flask import make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from app.cart import context
from app.console import shell
from app.console.jobs import outbox_actions
from app.console.jobs.providers import list_providers
from app.console.jobs.uncertain import list_uncertain
from app.console.jobs.views_of_jobs import row
from app.console.jobs.words import failure_word, topic_name
from app.console.spans import ago
from app.events import dead
from app.events.dead import Dead
from app.jobs.queries import list_jobs
from app.stores.request import current_locale
from app.web import htmx


@dataclass(frozen=True, slots=True)
class DeadGroup:
    """Rows that failed for good with the same reason."""

    topic: str
    reason: str
    name: str
    words: str
    rows: tuple[Dead, ...]


def show() -> AnyResponse:
    """The page; for HTMX the part of it that changes by itself."""
    now, locale = context.now(), current_locale()
    jobs = [row(view, locale) for view in list_jobs()]
    topics = [
        (one, topic_name(one.topic), ago(one.oldest, now, locale) if one.oldest else "")
        for one in dead.list_topics(now)
    ]
    changing = {"jobs": jobs, "topics": topics, "providers": list_providers(now, locale), "as_of": now}
    if htmx.wants_fragment():
        return htmx.fragment(render_template("console/jobs/_work.html", **changing, live=True))
    found = dead.list_dead()
    html = render_template(
        "console/jobs/index.html",
        **changing,
        live=request.args.get("live") != "off",
        groups=_grouped(found[: dead.SHOWN]),
        more_dead=len(found) > dead.SHOWN,
        uncertain=list_uncertain(now),
        may_act=shell.sees_everything(),
        outcome=outbox_actions.outcome(),
    )
    return make_response(html)


def _grouped(found: list[Dead]) -> list[DeadGroup]:
    groups: dict[tuple[str, str], list[Dead]] = {}
    for one in found:
        groups.setdefault((one.topic, one.reason), []).append(one)
    return [
        DeadGroup(topic, reason, topic_name(topic), failure_word(reason), tuple(rows))
        for (topic, reason), rows in groups.items()
    ]
