"""The page of one's own sign-in, and setting up an authenticator app."""

from flask import Response, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import limits, passkeys, second_factor, staff_sessions
from app.accounts.errors import CodeRefused
from app.accounts.identity import StaffIdentity
from app.console import roles, shell
from app.console.sign_in_pages import kept, must_have, now, passkeys_possible, shown_secret
from app.web.refusals import describe
from app.web.sessions import SessionsUnavailable


def own_page() -> AnyResponse:
    """The second step, recovery codes, passkeys, the sessions."""
    return page([], 200)


def page(found: list[tuple[str, str]], status: int) -> Response:
    """The page with what was wrong."""
    person = shell.person()
    try:
        places = staff_sessions.list_sessions(person.id)
    except SessionsUnavailable:
        places = []
    html = render_template(
        "console/own/index.html",
        problems=found,
        person=person,
        role=roles.name(person.role),
        factor=second_factor.find(person.id),
        passkeys=passkeys.list_passkeys(person.id),
        places=places,
        must=must_have(person.role),
        possible=passkeys_possible(),
        done=request.args.get("done", ""),
    )
    return make_response(html, status)


def set_up() -> AnyResponse:
    """Another phone, or new recovery codes: the picture, to be confirmed by a code."""
    person = shell.person()
    secret = str(session.get("new_secret") or second_factor.new_secret())
    session["new_secret"] = secret
    return _set_up_page(person, secret, [], 200)


@limits.code_limits
def confirm_set_up() -> AnyResponse:
    """The code of the new phone: from now on only that one counts."""
    person, secret = shell.person(), session.get("new_secret")
    if not secret:
        return redirect(url_for("console.set_up"), 303)
    try:
        fresh = second_factor.confirm(person.id, secret, request.form.get("code", ""), now())
    except CodeRefused as refusal:
        return _set_up_page(person, secret, [("code", describe(refusal))], 422)
    session.pop("new_secret", None)
    kept("second_factor_set_up", person.id)
    return make_response(render_template("console/recovery_codes.html", codes=fresh, next=url_for("console.own")))


def _set_up_page(person: StaffIdentity, secret: str, found: list[tuple[str, str]], status: int) -> Response:
    shown = shown_secret(person.name, secret)
    return make_response(render_template("console/set_up.html", problems=found, **shown), status)
