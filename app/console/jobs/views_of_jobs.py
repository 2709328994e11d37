"""Periodic tasks as the pages show them: every figure a text."""

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from app.console.jobs.sparkline import sparkline
from app.console.jobs.words import failure_word, health_word, job_name
from app.console.spans import ago, span
from app.jobs.queries import JobView
from app.web.formats import number
from app.web.language import gettext as _
from app.web.language import ngettext


@dataclass(frozen=True, slots=True)
class JobRow:
    """A task in the list. `trouble` is its last error in words, "" for none."""

    key: str
    name: str
    word: str
    tone: str
    icon: str
    how_often: str
    last: str
    last_at: datetime | None
    took: str
    next: str
    grace: str
    trouble: str
    spark: Markup


def row(view: JobView, locale: str) -> JobRow:
    """A task with how it stands."""
    word, tone, icon = health_word(view.health)
    last = next((turn for turn in view.turns if not turn.by_hand), None)
    took = span(last.took, locale) if last and last.took is not None else ""
    name, now = job_name(view.job.key), view.looked_at
    return JobRow(
        key=view.job.key,
        name=name,
        word=word,
        tone=tone,
        icon=icon,
        how_often=_("each minute") if view.job.each == "minute" else _("each hour"),
        last=ago(last.started_at, now, locale) if last else "",
        last_at=last.started_at if last else None,
        took=took or (_("still under way") if last else ""),
        next=ago(view.next_at, now, locale) if view.next_at else "",
        grace=span(view.job.grace, locale),
        trouble=trouble(view),
        spark=sparkline(view.turns, description=_lately(view, locale)),
    )


def trouble(view: JobView) -> str:
    """What went wrong last: in this store, else in the whole turn."""
    if view.standing.failures:
        return failure_word(view.standing.error)
    last = next((turn for turn in view.turns if not turn.by_hand), None)
    return failure_word(last.error) if last else ""


def _lately(view: JobView, locale: str) -> str:
    failed, count = sum(bool(turn.error) for turn in view.turns), len(view.turns)
    turns = ngettext("%(num)s turn", "%(num)s turns", count, num=number(count, locale))
    return _("The last %(turns)s, %(failed)s of them failed", turns=turns, failed=number(failed, locale))
