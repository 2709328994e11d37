"""Ending one's sessions: one of them, all others, all."""

from flask import redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import identity, staff_sessions
from app.accounts.errors import SignOutUnavailable
from app.console import shell
from app.console.sign_in_pages import kept
from app.web.sessions import SessionsUnavailable


def leave_one() -> AnyResponse:
    """Sign one device out."""
    person = shell.person()
    try:
        staff_sessions.revoke(person.id, request.form.get("session", "")[:64])
    except SessionsUnavailable:
        raise SignOutUnavailable() from None
    kept("session_ended", person.id)
    return redirect(url_for("console.own", done="left_one"), 303)


def leave_others() -> AnyResponse:
    """Sign every other device out."""
    person = shell.person()
    try:
        staff_sessions.revoke_others(person.id)
    except SessionsUnavailable:
        raise SignOutUnavailable() from None
    kept("other_sessions_ended", person.id)
    return redirect(url_for("console.own", done="left_others"), 303)


def leave_everywhere() -> AnyResponse:
    """Sign every device out, this one too."""
    person = shell.person()
    try:
        identity.revoke_sessions(person.get_id())
        identity.end_session()
    except SessionsUnavailable:
        raise SignOutUnavailable() from None
    kept("signed_out_everywhere", person.id)
    return redirect(url_for("console.sign_in"), 303)
