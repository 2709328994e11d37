"""The organization's other stores in which whoever asks works, too. Each has a console of its own, and its own sign-in."""

from collections.abc import Mapping
from typing import Any

from flask import make_response, render_template, request, session
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import seats, staff
from app.accounts.identity import Role
from app.accounts.staff import ROLES
from app.console import roles, shell
from app.stores.request import current_config, current_locale, current_store

FEW = 7  # as many fit into a menu


def here() -> list[dict[str, Any]]:
    """The stores for the menu, as the session knew them at sign-in; empty where there is only this one."""
    known = session.get("seats") or []
    return [_shown(seat["id"], seat["host"], seat["names"], seat["role"]) for seat in known] if len(known) > 1 else []


def show() -> AnyResponse:
    """All of them, as it is now; those whose name holds what was typed."""
    typed = request.args.get("q", "").strip()[:80]
    email = staff.get(shell.person().id).email
    found = [
        _shown(str(seat.store.id), seat.store.host, seat.store.names, seat.role) for seat in seats.list_seats(email)
    ]
    rows = [one for one in found if typed.casefold() in str(one["name"]).casefold()]
    html = render_template("console/frame/stores.html", rows=rows, typed=typed, many=len(found) > FEW)
    return make_response(html)


def _shown(store_id: str, host: str, names: Mapping[str, str], role: str) -> dict[str, Any]:
    scheme, (_host, colon, port) = "https" if current_config().secure_cookies else "http", request.host.partition(":")
    name = names.get(current_locale()) or next(iter(names.values()), host)
    this = store_id == str(current_store().id)
    known: Role = next((one for one in ROLES if one == role), "seller")
    return {"name": name, "url": f"{scheme}://{host}{colon}{port}/console", "role": roles.name(known), "this": this}
