"""What failed for good, tried again or dropped: a selection or a whole group, with an undo for what was dropped."""

from dataclasses import dataclass
from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.audit import log as audit
from app.cart import context
from app.console import shell
from app.database.transaction import unit_of_work
from app.errors import Invalid, Refusal
from app.events import dead
from app.ids import new_id, parse_id
from app.stores.request import current_locale
from app.web.formats import number
from app.web.language import ngettext
from app.web.refusals import describe

DOINGS = ("retry", "drop", "undo")


class NothingMarked(Invalid):
    """No row was marked."""

    code = "nothing_marked"


REFUSED: dict[str, type[Refusal]] = {one.code: one for one in (NothingMarked, dead.NothingDead, dead.TooLateToUndrop)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the last action came to. `undo` are the rows that can be brought back."""

    done: str
    problem: str
    undo: tuple[str, ...]


def act() -> AnyResponse:
    """Do it, and enter it in the audit log; then the page again, with what came of it."""
    doing, ids = request.form.get("do", ""), _marked()
    group = _group()
    by, now = shell.actor(), context.now()

    @unit_of_work
    def both() -> tuple[int, list[UUID]]:
        if doing not in DOINGS or not (ids or group):
            raise NothingMarked()
        if doing == "retry":
            count, dropped = dead.retry(ids, group=group, now=now), []
        elif doing == "drop":
            dropped = dead.drop(ids, group=group)
            count = len(dropped)
        else:
            count, dropped = dead.undo_drop(ids), []
        action = {"retry": "outbox_tried_again", "drop": "outbox_dropped", "undo": "outbox_brought_back"}[doing]
        details = {"rows": count, **({"topic": group[0], "reason": group[1]} if group else {})}
        audit.record(action, actor=by, subject=("outbox", new_id()), now=now, details=details)
        return count, dropped

    try:
        count, dropped = both()
    except Refusal as refusal:
        return redirect(url_for("console.jobs", failed=refusal.code, _anchor="dead"), 303)
    on = dropped[: dead.SHOWN]
    return redirect(url_for("console.jobs", did=doing, num=count, on=on, _anchor="dead"), 303)


def outcome() -> Outcome | None:
    """What the address says about an action that was just carried out."""
    doing, count = request.args.get("did", ""), request.args.get("num", 0, type=int)
    failed = request.args.get("failed", "")
    if failed in REFUSED:
        return Outcome("", describe(REFUSED[failed]()), ())
    if doing not in DOINGS or not 0 < count < 10_000_000:
        return None
    undo = tuple(one for one in request.args.getlist("on")[: dead.SHOWN] if parse_id(one)) if doing == "drop" else ()
    return Outcome(_said(doing, count), "", undo)


def _said(doing: str, count: int) -> str:
    num = number(count, current_locale())
    if doing == "retry":
        return ngettext("%(num)s row is tried again.", "%(num)s rows are tried again.", count, num=num)
    if doing == "drop":
        return ngettext(
            "%(num)s row was dropped. It is erased in half a minute.",
            "%(num)s rows were dropped. They are erased in half a minute.",
            count,
            num=num,
        )
    return ngettext("%(num)s row is back.", "%(num)s rows are back.", count, num=num)


def _marked() -> list[UUID]:
    found = (parse_id(one) for one in request.form.getlist("row"))
    return list(dict.fromkeys(one for one in found if one is not None))[: dead.SHOWN]


def _group() -> tuple[str, str] | None:
    """The group whose own button was pressed: its topic and reason in one value."""
    topic, bar, reason = request.form.get("group", "")[:200].partition("|")
    return (topic, reason) if bar and topic else None
