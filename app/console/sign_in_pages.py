"""How staff come in: the password, then the second step; the first time its setting up. Passkeys: passkey_sign_in.py."""

import time
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, cast

import msgspec
from flask import Response, current_app, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import devices, identity, limits, passkeys, seats, second_factor, service, staff
from app.accounts.errors import CodeRefused, LockedOut, SignInRefused, SignOutUnavailable
from app.accounts.forms import SignInForm, problems
from app.accounts.identity import Role, StaffIdentity, current_staff
from app.accounts.lockout import Try
from app.accounts.next_page import safe_next
from app.audit import log as audit
from app.errors import Refusal
from app.ids import StaffId, parse_id
from app.stores.request import current_config, current_locale, current_store
from app.web import sessions
from app.web.refusals import describe
from app.web.sessions import SessionsUnavailable

FIELD_IDS = {"email": "sign-in-email", "password": "sign-in-password"}
MUST_HAVE_SECOND_FACTOR: tuple[Role, ...] = ("admin", "owner")
VALID = timedelta(minutes=10)


class Pending(msgspec.Struct, frozen=True):
    """Somebody whose password was right, before the second step. In the server session alone; `secret` while it is set up."""

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
        return redirect(wanted_page(), 303)
    return sign_in_page(SignInForm(formdata=None), [], 200)


@limits.caller_limits
def start() -> AnyResponse:
    """The password. Who has a second step, or must have one, goes on to it; nobody else is asked."""
    form = SignInForm()
    if not form.validate():
        return sign_in_page(form, problems(form, FIELD_IDS), 422)
    identity.require_sessions()
    email = form.email.data or ""
    try:
        attempt = Try(email, request.remote_addr or "")
        try:
            person = service.check_staff(email=email, password=form.password.data or "", config=current_config())
        except SignInRefused:
            attempt.failed(now())
            raise
    except (SignInRefused, LockedOut) as refusal:
        return _later(sign_in_page(form, [("sign-in-email", describe(refusal))], refusal.status), refusal)
    return after_password(person, attempt, wanted_page())


def after_password(person: StaffIdentity, attempt: Try, wanted: str) -> AnyResponse:
    """Somebody whose password was right, or was just chosen, goes on to what their role asks for."""
    known = second_factor.find(person.id) is not None or passkeys.has_any(person.id)
    if not known and not must_have(person.role):
        attempt.passed()
        return let_in(person.id, wanted, "password")
    attempt.right_so_far()
    secret = "" if known else second_factor.new_secret()
    until = (now() + VALID).timestamp()
    pending = Pending(str(person.id), person.name, attempt.email, person.role, wanted, until, secret)
    # A new id at once: whoever planted the old one must not be let in by somebody else's code.
    sessions.regenerate({"staff_pending": msgspec.to_builtins(pending)})
    return redirect(url_for("console.second_step"), 303)


def second_step() -> AnyResponse:
    """The code of the app, or a passkey; or the picture to set the app up with."""
    waiting = pending()
    return second_page(waiting, [], 200) if waiting else redirect(url_for("console.sign_in"), 303)


@limits.code_limits
def finish() -> AnyResponse:
    """A code was typed: of the app, or one for a lost phone."""
    waiting = pending()
    if waiting is None:
        return redirect(url_for("console.sign_in"), 303)
    typed, staff_id = request.form.get("code", ""), waiting.person.id
    try:
        attempt = Try(waiting.email, request.remote_addr or "")
        try:
            if waiting.secret:
                fresh = second_factor.confirm(staff_id, waiting.secret, typed, now())
                attempt.passed()
                let_in(staff_id, waiting.next, "totp")
                kept("second_factor_set_up", staff_id)
                return make_response(render_template("console/recovery_codes.html", codes=fresh, next=waiting.next))
            how = second_factor.check(staff_id, typed, now())
        except CodeRefused:
            attempt.failed(now())
            raise
    except (CodeRefused, LockedOut) as refusal:
        return _later(second_page(waiting, [("code", describe(refusal))], refusal.status), refusal)
    attempt.passed()
    return let_in(staff_id, waiting.next, how)


def sign_out() -> AnyResponse:
    """End this session."""
    try:
        identity.end_session()
    except SessionsUnavailable:
        raise SignOutUnavailable() from None
    return redirect(url_for("console.sign_in"), 303)


def let_in(staff_id: StaffId, wanted: str, how: str) -> AnyResponse:
    """Who has proved who they are is in, on this device."""
    email = staff.get(staff_id).email
    found = seats.list_seats(email) if len(seats.stores()) > 1 else []
    facts = {
        "device": devices.named(request.headers.get("User-Agent", "")),
        "address": request.remote_addr or "",
        "began": int(time.time()),
        "seats": [
            {"id": str(seat.store.id), "host": seat.store.host, "names": seat.store.names, "role": seat.role}
            for seat in found
        ],
    }
    staff.let_in(staff_id, how=how, locale=current_locale(), facts=facts, now=now())
    return redirect(wanted, 303)


def kept(action: str, staff_id: StaffId, **details: str) -> None:
    """Enter what somebody did to their own sign-in into the audit log."""
    audit.record(action, actor=f"staff:{staff_id}", subject=("staff", staff_id), now=now(), details=details)


def must_have(role: Role) -> bool:
    """Owners and admins, everywhere but in the demonstration, whose passwords anybody may know."""
    return role in MUST_HAVE_SECOND_FACTOR and not current_config().demo


def pending() -> Pending | None:
    """Who is between the password and the second step, in this session."""
    try:
        waiting = msgspec.convert(session.get("staff_pending"), Pending)
    except msgspec.ValidationError:
        return None
    return waiting if waiting.until > now().timestamp() else None


def sign_in_page(form: SignInForm, found: list[tuple[str, str]], status: int) -> Response:
    """The first page, with what was wrong."""
    html = render_template(
        "console/sign_in.html", form=form, problems=found, next=wanted_page(), by_passkey=passkeys_possible()
    )
    return make_response(html, status)


def second_page(waiting: Pending, found: list[tuple[str, str]], status: int) -> Response:
    """The second page, with what was wrong."""
    staff_id = waiting.person.id
    shown: dict[str, object] = shown_secret(waiting.email, waiting.secret) if waiting.secret else {}
    html = render_template(
        "console/second_step.html",
        problems=found,
        by_code=bool(waiting.secret) or second_factor.find(staff_id) is not None,
        by_passkey=not waiting.secret and passkeys.has_any(staff_id),
        **shown,
    )
    return make_response(html, status)


def passkeys_possible() -> bool:
    """Browsers give passkeys to names only, never to an address of numbers."""
    host = request.host.strip("[]").partition("]")[0]
    try:
        ip_address(host if host.count(":") > 1 else host.partition(":")[0])
    except ValueError:
        return True
    return False


def shown_secret(account: str, secret: str) -> dict[str, object]:
    """A new app's secret as the page shows it: a picture, an address, letters in groups."""
    issuer = current_store().name(current_locale())
    spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return {
        "picture": second_factor.picture(secret, account, issuer),
        "address": second_factor.address(secret, account, issuer),
        "secret": spaced,
    }


def _later(answer: Response, refusal: Refusal) -> Response:
    if isinstance(refusal, LockedOut):
        answer.headers["Retry-After"] = str(refusal.params["seconds"])
    return answer


def wanted_page() -> str:
    """Where somebody wanted to go before they were asked who they are."""
    wanted = safe_next(request.values.get("next"), url_for("console.home"))
    return wanted if wanted.startswith("/console") else url_for("console.home")


def now() -> datetime:
    """The application's time."""
    return cast(datetime, cast(Any, current_app).config["CLOCK"].now())
