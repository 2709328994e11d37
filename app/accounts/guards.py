"""Doors that are not for everybody."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import redirect, request, url_for

from app.accounts.errors import RoleRefused
from app.accounts.identity import (
    CustomerIdentity,
    Role,
    StaffIdentity,
    current_customer_id,
    current_identity,
    sessions_lost,
)
from app.web.sessions import SessionsUnavailable

Door = TypeVar("Door", bound=Callable[..., Any])

EVERY_ROLE: tuple[Role, ...] = ("seller", "analyst", "admin", "owner")


def requires_role(*roles: Role) -> Callable[[Door], Door]:
    """Let in staff with one of `roles`; guests are sent to sign in, everybody else is refused (RoleRefused, 403)."""

    def guard(door: Door) -> Door:
        @wraps(door)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            person = current_identity()
            if isinstance(person, StaffIdentity) and person.role in roles:
                return door(*args, **kwargs)
            if isinstance(person, StaffIdentity | CustomerIdentity):
                raise RoleRefused()
            return _to_sign_in("console.sign_in")

        guarded.required_roles = roles  # type: ignore[attr-defined]  # read by `flask routes-matrix`
        return cast(Door, guarded)

    return guard


def for_guests(door: Door) -> Door:
    """Mark a door of the console that is meant for whoever is not signed in: it asks for no role, and that is no mistake."""
    door.for_guests = True  # type: ignore[attr-defined]  # read by `flask routes-matrix`
    return door


def requires_customer(door: Door) -> Door:
    """Let in signed-in customers; everybody else is sent to sign in."""

    @wraps(door)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        return door(*args, **kwargs) if current_customer_id() else _to_sign_in("accounts.sign_in")

    guarded.required_roles = ("customer",)  # type: ignore[attr-defined]
    return cast(Door, guarded)


def _to_sign_in(endpoint: str) -> Any:
    if sessions_lost():
        raise SessionsUnavailable()  # a person who may be signed in must not be asked to sign in
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for(endpoint, next=back), 303)
