"""What needs somebody: a bell with a count on every page, a list, and putting away what one has seen.

Notices are derived from rows, all in one statement. One comes back when something new has happened: what it was about when it
was put away is kept as its mark. An area adds a kind of its own with `add`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app, g, make_response, redirect, render_template, request, url_for
from sqlalchemy import text
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.identity import Role
from app.console.shell import ADMIN_UP, ANALYST_UP, EVERYBODY, person
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, unit_of_work
from app.web.formats import number
from app.web.language import gettext as _
from app.web.language import ngettext


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of notice. `sql` selects how many there are and the mark of the newest; it may use :store, :staff and :since."""

    code: str
    icon: str
    roles: tuple[Role, ...]
    sql: str
    words: Callable[[int, str], str]
    url: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as it is shown; `away` if it was put away."""

    kind: str
    mark: str
    icon: str
    words: str
    url: str
    away: bool


SINCE = timedelta(days=1)
_kinds: dict[str, Kind] = {}

AWAY = text("""
    INSERT INTO staff_dismissals (store_id, staff_id, kind, mark, dismissed_at) VALUES (:store, :staff, :kind, :mark, :now)
    ON CONFLICT (store_id, staff_id, kind) DO UPDATE SET mark = excluded.mark, dismissed_at = excluded.dismissed_at""")
BACK = text("DELETE FROM staff_dismissals WHERE store_id = :store AND staff_id = :staff AND kind = :kind")


def add(kind: Kind) -> None:
    """Have a kind of notice looked for. Its SQL is a constant of its room."""
    _kinds[kind.code] = kind


def find() -> list[Notice]:
    """Everything that needs whoever asks, put away or not. Read once a request."""
    if "console_notices" not in g:
        g.console_notices = _find()
    found: list[Notice] = g.console_notices
    return found


def count() -> int:
    """How many are not put away."""
    return sum(not notice.away for notice in find())


def show() -> AnyResponse:
    """The list."""
    return make_response(
        render_template("console/frame/notices.html", notices=find(), away=request.args.get("away", "")[:40])
    )


def dismiss() -> AnyResponse:
    """Put one away until something new happens."""
    kind, mark = request.form.get("kind", "")[:40], request.form.get("mark", "")[:80]
    if kind in _kinds:
        _keep(kind, mark)
    return redirect(url_for("console.notices", away=kind), 303)


def bring_back() -> AnyResponse:
    """Undo putting one away."""
    _forget(request.form.get("kind", "")[:40])
    return redirect(url_for("console.notices"), 303)


@unit_of_work
def _keep(kind: str, mark: str) -> None:
    took_lock(Lock.CUSTOMER)
    names = {"kind": kind, "mark": mark, "now": current_app.config["CLOCK"].now()}
    db.session.execute(AWAY, {"store": current_store_id(), "staff": person().id, **names})


@unit_of_work
def _forget(kind: str) -> None:
    took_lock(Lock.CUSTOMER)
    db.session.execute(BACK, {"store": current_store_id(), "staff": person().id, "kind": kind})


def _find() -> list[Notice]:
    kinds = [kind for kind in _kinds.values() if person().role in kind.roles]
    counted = " UNION ALL ".join(f"SELECT '{kind.code}' AS kind, x.* FROM ({kind.sql}) AS x(n, mark)" for kind in kinds)  # noqa: S608
    statement = text(f"""
        SELECT c.kind, c.n, c.mark, coalesce(d.mark = c.mark, false) AS away FROM ({counted}) c
        LEFT JOIN staff_dismissals d ON d.store_id = :store AND d.staff_id = :staff AND d.kind = c.kind
        WHERE c.n > 0""")  # noqa: S608  constants of the rooms
    names = {"store": current_store_id(), "staff": person().id, "since": current_app.config["CLOCK"].now() - SINCE}
    rows = {row.kind: row for row in db.session.execute(statement, names)}
    return [
        Notice(
            kind.code, rows[kind.code].mark, kind.icon, _said(kind, rows[kind.code].n), kind.url(), rows[kind.code].away
        )
        for kind in kinds
        if kind.code in rows
    ]


def _said(kind: Kind, count: int) -> str:
    return kind.words(count, number(count, g.locale))


add(
    Kind(
        "orders_in_review",
        "box",
        ANALYST_UP,
        "SELECT count(*), coalesce(max(id::text), '') FROM orders WHERE store_id = :store AND state = 'in_review'",
        lambda n, num: ngettext("%(num)s order waits to be checked", "%(num)s orders wait to be checked", n, num=num),
        lambda: url_for("console.orders", state="in_review"),
    )
)
add(
    Kind(
        "letters_failed",
        "mail",
        ADMIN_UP,
        "SELECT count(*), coalesce(max(failed_at)::text, '') FROM outbox WHERE store_id = :store AND failed_at IS NOT NULL",
        lambda n, num: ngettext("%(num)s letter could not be sent", "%(num)s letters could not be sent", n, num=num),
        lambda: url_for("console.home"),
    )
)
add(
    Kind(
        "sign_ins_locked",
        "lock",
        ("owner",),
        """SELECT count(*), coalesce(max(number)::text, '') FROM audit_entries WHERE store_id = :store
           AND subject_kind IN ('staff', 'caller') AND action IN ('sign_in_locked', 'caller_locked')
           AND recorded_at > :since""",
        lambda n, num: ngettext(
            "Signing in was locked %(num)s time since yesterday",
            "Signing in was locked %(num)s times since yesterday",
            n,
            num=num,
        ),
        lambda: url_for("console.people"),
    )
)
add(
    Kind(
        "invitations_expired",
        "users",
        ("owner",),
        """SELECT count(*), coalesce(max(id::text), '') FROM staff_invitations WHERE store_id = :store
           AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at < :since + interval '1 day'""",
        lambda n, num: ngettext(
            "%(num)s invitation has expired unanswered", "%(num)s invitations have expired unanswered", n, num=num
        ),
        lambda: url_for("console.people"),
    )
)
add(
    Kind(
        "recovery_codes_low",
        "shield",
        EVERYBODY,
        """SELECT CASE WHEN count(c.code_hash) FILTER (WHERE c.used_at IS NULL) < 3 THEN 1 ELSE 0 END,
           count(c.code_hash) FILTER (WHERE c.used_at IS NULL)::text
           FROM staff_factors f LEFT JOIN staff_recovery_codes c ON c.store_id = f.store_id AND c.staff_id = f.staff_id
           WHERE f.store_id = :store AND f.staff_id = :staff GROUP BY f.staff_id""",
        lambda n, num: _("You have few recovery codes left"),
        lambda: url_for("console.own"),
    )
)
