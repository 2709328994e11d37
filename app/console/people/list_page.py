"""Everybody who works here, with role, second step and when they were last seen; the invitations that are open."""

from dataclasses import dataclass
from datetime import datetime

from babel import Locale
from flask import Response, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import invitations, lockout, seats, staff, staff_sessions
from app.accounts.staff import Colleague
from app.catalog import vendors as catalogue
from app.console import roles, shell
from app.console.sign_in_pages import must_have, now
from app.ids import StoreId, parse_id
from app.stores.directory import Sibling
from app.stores.request import current_store


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody in the list. `elsewhere` are stores with their role there; `locked` how many seconds signing in is locked."""

    who: Colleague
    role: str
    must: bool
    last_seen: datetime | None
    elsewhere: tuple[tuple[Sibling, str], ...]
    locked: int


def show() -> AnyResponse:
    """The list."""
    return page([], {}, 200)


def page(wrong: list[tuple[str, str]], typed: dict[str, str], status: int) -> Response:
    """The list, with what was wrong with an invitation."""
    colleagues = staff.list_staff()
    others = stores_of_owner()
    there = [(store, seats.roles_at(store.id)) for store in others]
    seen = staff_sessions.last_used(one.id for one in colleagues)
    locked = lockout.locked(one.email for one in colleagues)
    rows = [
        Row(
            who=one,
            role=roles.name(one.role),
            must=must_have(one.role),
            last_seen=max(filter(None, (seen.get(one.id), one.last_signed_in_at)), default=None),
            elsewhere=tuple((store, roles.name(found[one.email])) for store, found in there if one.email in found),
            locked=locked.get(one.email, 0),
        )
        for one in colleagues
    ]
    html = render_template(
        "console/people/index.html",
        rows=rows,
        me=shell.person().id,
        waiting=[(one, roles.name(one.role), one.expires_at <= now()) for one in invitations.list_open()],
        others=others,
        choices=[(role, roles.name(role)) for role in reversed(staff.ROLES)],
        vendor_choices=catalogue.list_vendors(),
        typed_vendors=request.form.getlist("vendor"),
        languages=[(code, Locale(code).get_display_name(code) or code) for code in current_store().locales],
        matrix=[(words(), allowed) for allowed, words in roles.MATRIX],
        problems=wrong,
        typed=typed,
        done=request.args.get("done", ""),
        undo=parse_id(request.args.get("invitation")),
    )
    return make_response(html, status)


def stores_of_owner() -> list[Sibling]:
    """The organization's other stores in which whoever asks is an owner: they see and invite people there, too."""
    known = seats.stores()
    if len(known) < 2:
        return []
    email = staff.get(shell.person().id).email
    mine: StoreId = current_store().id
    return [store for store in known if store.id != mine and seats.role_at(store.id, email) == "owner"]
