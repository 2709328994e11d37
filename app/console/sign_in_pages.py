"""How staff come in: password, then the second factor; the first time its setting up. And the page of one's own sign-in."""

from datetime import datetime, timedelta
from typing import Any, cast

import msgspec
from flask import Response, current_app, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import identity, limits, second_factor, service
from app.accounts.errors import CodeRefused, SignInRefused, SignOutUnavailable
from app.accounts.forms import SignInForm, problems
from app.accounts.identity import Role, StaffIdentity, current_staff
from app.accounts.next_page import safe_next
from app.audit import log as audit
from app.console import roles, shell
from app.ids import StaffId, parse_id
from app.stores.request import current_config, current_locale, current_store
from app.web import sessions
from app.web.refusals import describe
from app.web.sessions import SessionsUnavailable

FIELD_IDS = {"email": "sign-in-email", "password": "sign-in-password"}
MUST_HAVE_SECOND_FACTOR: tuple[Role, ...] = ("admin", "owner")
VALID = timedelta(minutes=10)


class Pending(msgspec.Struct, frozen=True):
    """Somebody whose password was right, before the second factor. In the server session alone; `secret` while it is set up."""

    staff_id: str
    name: str
    email: str
    role: Role
    next: str
    until: float
    secret: str = ""

    @property
    def person(self) -> StaffIdentity:
        """Who it will be."""
        return StaffIdentity(StaffId(cast(Any, parse_id(self.staff_id))), self.name, self.role)


def sign_in() -> AnyResponse:
    """Where staff sign in."""
    if current_staff():
        return redirect(_next(), 303)
    return _page(SignInForm(formdata=None), [], 200)


@limits.sign_in_limits("staff")
def start() -> AnyResponse:
    """The password. Who has a second factor, or must have one, goes on to it; nobody else is asked."""
    form = SignInForm()
    if not form.validate():
        return _page(form, problems(form, FIELD_IDS), 422)
    identity.require_sessions()
    email = form.email.data or ""
    try:
        person = service.check_staff(email=email, password=form.password.data or "", config=current_config())
    except SignInRefused as refusal:
        return _page(form, [("sign-in-email", describe(refusal))], 422)
    known = second_factor.find(person.id) is not None
    if not known and not _must_have(person.role):
        return _let_in(person, _next(), "password")
    secret = "" if known else second_factor.new_secret()
    until = (_now() + VALID).timestamp()
    pending = Pending(str(person.id), person.name, email, person.role, _next(), until, secret)
    # A new id at once: whoever planted the old one must not be let in by somebody else's code.
    sessions.regenerate({"staff_pending": msgspec.to_builtins(pending)})
    return redirect(url_for("console.second_step"), 303)


def second_step() -> AnyResponse:
    """The code of the app; or the picture to set it up with."""
    pending = _pending()
    return _second_page(pending, [], 200) if pending else redirect(url_for("console.sign_in"), 303)


@limits.code_limits
def finish() -> AnyResponse:
    """A code was typed: of the app, or one for a lost phone."""
    pending = _pending()
    if pending is None:
        return redirect(url_for("console.sign_in"), 303)
    typed = request.form.get("code", "")
    try:
        if pending.secret:
            fresh = second_factor.confirm(pending.person.id, pending.secret, typed, _now())
            _let_in(pending.person, pending.next, "totp")
            _kept("second_factor_set_up", pending.person)
            return make_response(render_template("console/recovery_codes.html", codes=fresh, next=pending.next))
        how = second_factor.check(pending.person.id, typed, _now())
    except CodeRefused as refusal:
        return _second_page(pending, [("code", describe(refusal))], 422)
    return _let_in(pending.person, pending.next, how)


def own_page() -> AnyResponse:
    """One's own sign-in: the second factor, recovery codes, the sessions."""
    person = shell.person()
    factor = second_factor.find(person.id)
    html = render_template(
        "console/own.html", person=person, role=roles.name(person.role), factor=factor, must=_must_have(person.role)
    )
    return make_response(html)


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
        fresh = second_factor.confirm(person.id, secret, request.form.get("code", ""), _now())
    except CodeRefused as refusal:
        return _set_up_page(person, secret, [("code", describe(refusal))], 422)
    session.pop("new_secret", None)
    _kept("second_factor_set_up", person)
    return make_response(render_template("console/recovery_codes.html", codes=fresh, next=url_for("console.own")))


def sign_out() -> AnyResponse:
    """End this session."""
    try:
        identity.end_session()
    except SessionsUnavailable:
        raise SignOutUnavailable() from None
    return redirect(url_for("console.sign_in"), 303)


def sign_out_everywhere() -> AnyResponse:
    """End all sessions of whoever asks, on every device."""
    person = shell.person()
    try:
        identity.revoke_sessions(person.get_id())
        identity.end_session()
    except SessionsUnavailable:
        raise SignOutUnavailable() from None
    _kept("signed_out_everywhere", person)
    return redirect(url_for("console.sign_in"), 303)


def _let_in(person: StaffIdentity, wanted: str, how: str) -> AnyResponse:
    identity.begin_session(person)
    _kept("signed_in", person, how=how)
    return redirect(wanted, 303)


def _kept(action: str, person: StaffIdentity, **details: str) -> None:
    audit.record(action, actor=f"staff:{person.id}", subject=("staff", person.id), now=_now(), details=details)


def _must_have(role: Role) -> bool:
    """Owners and admins, everywhere but in the demonstration, whose passwords anybody may know."""
    return role in MUST_HAVE_SECOND_FACTOR and not current_config().demo


def _pending() -> Pending | None:
    try:
        pending = msgspec.convert(session.get("staff_pending"), Pending)
    except msgspec.ValidationError:
        return None
    return pending if pending.until > _now().timestamp() else None


def _page(form: SignInForm, found: list[tuple[str, str]], status: int) -> Response:
    return make_response(render_template("console/sign_in.html", form=form, problems=found, next=_next()), status)


def _second_page(pending: Pending, found: list[tuple[str, str]], status: int) -> Response:
    shown = _shown_secret(pending.email, pending.secret) if pending.secret else {}
    return make_response(render_template("console/second_step.html", problems=found, **shown), status)


def _set_up_page(person: StaffIdentity, secret: str, found: list[tuple[str, str]], status: int) -> Response:
    shown = _shown_secret(person.name, secret)
    return make_response(render_template("console/set_up.html", problems=found, **shown), status)


def _shown_secret(account: str, secret: str) -> dict[str, str]:
    issuer = current_store().name(current_locale())
    spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return {
        "picture": second_factor.picture(secret, account, issuer),
        "address": second_factor.address(secret, account, issuer),
        "secret": spaced,
    }


def _next() -> str:
    wanted = safe_next(request.values.get("next"), url_for("console.home"))
    return wanted if wanted.startswith("/console") else url_for("console.home")


def _now() -> datetime:
    return cast(datetime, cast(Any, current_app).config["CLOCK"].now())
