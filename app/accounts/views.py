"""The shopper's doors: sign in, register, the account page, sign out. Plain forms; every answer works without JavaScript."""

from datetime import datetime
from typing import Any, cast

import msgspec
from babel import Locale
from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, session, url_for
from flask_limiter import RateLimitExceeded
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import identity, limits, registration, service
from app.accounts.errors import CodeRefused, SignInRefused, SignOutUnavailable
from app.accounts.forms import CodeForm, RegistrationForm, SignInForm, problems
from app.accounts.guards import requires_customer
from app.accounts.next_page import safe_next
from app.accounts.registration import Pending
from app.errors import NotFound
from app.ids import CustomerId
from app.stores.request import current_config, current_locale, current_store
from app.web import sessions
from app.web.refusals import describe
from app.web.sessions import SessionsUnavailable

bp = Blueprint("accounts", __name__)
bp.register_error_handler(RateLimitExceeded, limits.too_many)

SIGN_IN_IDS = {"email": "sign-in-email", "password": "sign-in-password"}
REGISTER_IDS = {"email": "register-email", "password": "register-password", "name": "register-name"}


@bp.get("/sign-in")
def sign_in() -> AnyResponse:
    """One page for all three: go on as a guest, sign in, create an account."""
    if identity.current_customer_id():
        return redirect(_next(), 303)
    known = {"email": request.args.get("email", "")[:254]}
    return _page(SignInForm(formdata=None), RegistrationForm(formdata=None, data=known), [], 200)


@bp.post("/sign-in")
@limits.sign_in_limits("customer")
def start_session() -> AnyResponse:
    """Sign in with address and password."""
    form = SignInForm()
    blank = RegistrationForm(formdata=None)
    if not form.validate():
        return _page(form, blank, problems(form, SIGN_IN_IDS), 422)
    identity.require_sessions()
    try:
        customer = service.check_customer(
            email=form.email.data or "", password=form.password.data or "", config=current_config()
        )
    except SignInRefused as refusal:
        return _page(form, blank, [("sign-in-email", describe(refusal))], 422)
    service.begin_customer_session(customer, _now())
    return redirect(_next(), 303)


@bp.post("/register")
@limits.registration_limits
def register() -> AnyResponse:
    """Take a registration on. The answer never tells whether the address is known."""
    if identity.current_identity():
        return redirect(_next(), 303)
    form = RegistrationForm()
    if not form.validate():
        return _page(SignInForm(formdata=None), form, problems(form, REGISTER_IDS), 422)
    identity.require_sessions()
    pending = registration.begin(
        email=form.normalized_email,
        name=form.normalized_name,
        password=form.password.data or "",
        locale=current_locale(),
        config=current_config(),
        now=_now(),
    )
    _keep(pending, _next())
    return redirect(url_for("accounts.code"), 303)


@bp.get("/register/code")
def code() -> AnyResponse:
    """Where the code from the mail is typed."""
    pending = _pending()
    if pending is None:
        return redirect(url_for("accounts.sign_in"), 303)
    return _code_page(pending, [], 200)


@bp.post("/register/code")
@limits.code_limits
def finish_registration() -> AnyResponse:
    """With the right code there is a customer, signed in."""
    pending = _pending()
    if pending is None:
        return redirect(url_for("accounts.sign_in"), 303)
    form = CodeForm()
    try:
        if not form.validate():
            raise CodeRefused()
        customer = registration.complete(pending, typed=form.code.data or "", config=current_config(), now=_now())
    except CodeRefused as refusal:
        return _code_page(pending, [("code", describe(refusal))], 422)
    wanted = safe_next(session.get("next"), url_for("accounts.show"))
    service.begin_customer_session(customer, _now())
    return redirect(wanted, 303)


@bp.post("/register/code/again")
@limits.code_again_limits
def send_code_again() -> AnyResponse:
    """Another letter to the same address."""
    pending = _pending()
    if pending is None:
        return redirect(url_for("accounts.sign_in"), 303)
    identity.require_sessions()
    _keep(registration.send_again(pending, config=current_config(), now=_now()), session.get("next", ""))
    return redirect(url_for("accounts.code", again=1), 303)


@bp.get("")
@requires_customer
def show() -> AnyResponse:
    """Who you are to this store."""
    try:
        customer = service.get_customer(_customer_id())
    except NotFound:  # removed since the session began
        _end_session()
        return redirect(url_for("accounts.sign_in"), 303)
    languages = [(code, Locale(code).get_display_name(code) or code) for code in current_store().locales]
    return make_response(render_template("accounts/show.html", customer=customer, languages=languages))


@bp.post("/language")
@requires_customer
def change_language() -> AnyResponse:
    """Pages and mails in another of the store's languages."""
    locale = request.form.get("locale", "")
    if locale not in current_store().locales:
        return redirect(url_for("accounts.show"), 303)
    service.change_locale(customer_id=_customer_id(), locale=locale)
    return redirect(url_for("accounts.show", lang=locale), 303)


@bp.post("/sign-out")
def sign_out() -> AnyResponse:
    """End this session; the guest starts with nothing."""
    _end_session()
    return redirect(url_for("catalog.home"), 303)


@bp.post("/sign-out/everywhere")
@requires_customer
def sign_out_everywhere() -> AnyResponse:
    """End every session of this customer, on all devices."""
    service.refuse_standing_in(_customer_id())
    try:
        identity.revoke_sessions(f"c:{_customer_id()}")
    except SessionsUnavailable:
        raise SignOutUnavailable() from None
    _end_session()
    return redirect(url_for("accounts.sign_in", ended=1), 303)


def _page(sign_in_form: SignInForm, form: RegistrationForm, found: list[tuple[str, str]], status: int) -> Response:
    wanted = _next()
    html = render_template(
        "accounts/sign_in.html",
        sign_in=sign_in_form,
        registration=form,
        problems=found,
        next=wanted,
        guest_next=wanted if wanted.startswith("/checkout") else None,
        ended="ended" in request.args,
    )
    return make_response(html, status)


def _code_page(pending: Pending, found: list[tuple[str, str]], status: int) -> Response:
    html = render_template("accounts/code.html", email=pending.email, problems=found, again="again" in request.args)
    return make_response(html, status)


def _pending() -> Pending | None:
    pending = Pending.from_session(session.get("registration"))
    if identity.sessions_lost():
        raise SessionsUnavailable()
    return pending


def _keep(pending: Pending, wanted: str) -> None:
    # A new id at once: whoever planted the old one in this browser must not be let in by somebody else's code.
    sessions.regenerate({**session, "registration": msgspec.to_builtins(pending), "next": wanted})


def _end_session() -> None:
    try:
        identity.end_session()
    except SessionsUnavailable:
        raise SignOutUnavailable() from None


def _next() -> str:
    return safe_next(request.values.get("next"), url_for("accounts.show"))


def _customer_id() -> CustomerId:
    return cast(CustomerId, identity.current_customer_id())


def _now() -> datetime:
    return cast(datetime, cast(Any, current_app).config["CLOCK"].now())
