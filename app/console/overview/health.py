"""How sending and the jobs stand, each with a word: fine, slow or failing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from flask import current_app, url_for
from sqlalchemy import text

from app.channels.senders import sender_for
from app.config import Config
from app.console.episode_words import channel_word
from app.database.base import db
from app.database.tenancy import current_store_id
from app.recovery import breaker
from app.recovery.values import Channel
from app.web.formats import number
from app.web.language import gettext as _
from app.web.language import ngettext

LATE = timedelta(minutes=5)  # after so long a job that runs each minute is slow
RECENT = timedelta(days=1)  # failures further back are for the jobs' own page
JOBS_PAGE = "console.jobs"

_LAST = (
    "(SELECT finished_at FROM task_slots WHERE task = '{task}' AND finished_at IS NOT NULL ORDER BY slot DESC LIMIT 1)"
)

HEALTH = text(f"""
    SELECT (SELECT count(*) FROM messages WHERE store_id = :store AND state = 'scheduled' AND due_at <= :now) AS due,
           (SELECT min(due_at) FROM messages WHERE store_id = :store AND state = 'scheduled' AND due_at <= :now) AS oldest,
           (SELECT count(*) FROM messages WHERE store_id = :store AND state IN ('failed', 'uncertain')
              AND ended_at >= :since AND state = 'failed') AS failed,
           (SELECT count(*) FROM messages WHERE store_id = :store AND state IN ('failed', 'uncertain')
              AND ended_at >= :since AND state = 'uncertain') AS uncertain,
           (SELECT count(*) FROM outbox WHERE store_id = :store AND done_at IS NULL AND failed_at IS NULL) AS waiting,
           (SELECT min(due_at) FROM outbox WHERE store_id = :store AND done_at IS NULL AND failed_at IS NULL) AS waiting_since,
           (SELECT count(*) FROM outbox WHERE store_id = :store AND failed_at IS NOT NULL) AS lost,
           {_LAST.format(task="recovery.detect")} AS looked_at, {_LAST.format(task="recovery.roll_up")} AS rolled_at,
           now() AS moment""")  # noqa: S608  constants of this file

State = Literal["ok", "late", "bad"]


@dataclass(frozen=True, slots=True)
class Job:
    """How something stands, always with a word."""

    state: State
    name: str
    said: str


@dataclass(frozen=True, slots=True)
class Health:
    """All of it, and where there is more about it (nowhere, where that page does not exist)."""

    jobs: tuple[Job, ...]
    url: str


def health(now: datetime, locale: str) -> Health:
    """What the worker, the outbox and the providers' circuits say."""
    names = {"store": current_store_id(), "now": now, "since": now - RECENT}
    row: Any = db.session.execute(HEALTH, names).one()
    jobs = (
        _outbox(row, locale),
        *_circuits(locale),
        Job("late" if row.oldest and now - row.oldest > LATE else "ok", _("Sending"),
            ngettext("%(num)s message due now", "%(num)s messages due now", row.due, num=number(row.due, locale))),
        *_troubles(row, locale),
        _each_minute(_("Looking for abandoned carts"), row.looked_at, row.moment),
        _each_minute(_("Summing up"), row.rolled_at, row.moment),
    )  # fmt: skip
    known: Mapping[str, Any] = current_app.view_functions
    return Health(jobs, url_for(JOBS_PAGE) if JOBS_PAGE in known else "")


def _outbox(row: Any, locale: str) -> Job:
    waiting = _("%(num)s waiting", num=number(row.waiting, locale))
    if row.lost:
        lost = _("%(num)s given up", num=number(row.lost, locale))
        return Job("bad", _("Outbox"), f"{waiting}; {lost}" if locale != "fa" else f"{waiting}؛ {lost}")
    late = row.waiting_since is not None and row.moment - row.waiting_since > LATE
    return Job("late" if late else "ok", _("Outbox"), waiting)


def _circuits(locale: str) -> list[Job]:
    """A row for each channel that has a provider."""
    config = cast(Config, current_app.config["DUALCART"])
    jobs = []
    for channel in Channel:
        sender = sender_for(channel, config)
        if sender is None:
            continue
        circuit = breaker.look(sender.name)
        name = _("Provider: %(channel)s", channel=channel_word(channel))
        if circuit.wait:
            wait = number(round(circuit.wait), locale)
            jobs.append(Job("bad", name, _("left alone for %(num)s seconds", num=wait)))
        else:
            jobs.append(
                Job(
                    "ok" if circuit.clean else "late",
                    name,
                    _("takes messages") if circuit.clean else _("failed lately"),
                )
            )
    return jobs


def _troubles(row: Any, locale: str) -> list[Job]:
    jobs = []
    if row.failed:
        jobs.append(Job("bad", _("Messages that failed"), _("%(num)s within a day", num=number(row.failed, locale))))
    if row.uncertain:
        said = _("%(num)s within a day", num=number(row.uncertain, locale))
        jobs.append(Job("late", _("Nobody knows whether they arrived"), said))
    return jobs


def _each_minute(name: str, finished_at: datetime | None, moment: datetime) -> Job:
    fine = finished_at is not None and moment - finished_at < LATE
    return Job("ok" if fine else "late", name, _("each minute") if fine else _("not lately"))
