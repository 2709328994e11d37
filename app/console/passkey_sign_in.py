"""Signing in with a passkey: alone, when its holder was verified, or as the second step after a password."""

from typing import Any

import msgspec
from flask import Response, jsonify, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import identity, limits, passkeys
from app.accounts.errors import PasskeyRefused
from app.accounts.forms import SignInForm
from app.accounts.passkeys import Asked, Purpose, Site
from app.console import sign_in_pages as doors
from app.stores.request import current_config, current_locale, current_store
from app.web.refusals import describe

ASKED = "passkey_asked"


def site() -> Site:
    """This console as browsers see it. The host is one that a store answers under (stores/request.py)."""
    scheme = "https" if current_config().secure_cookies else "http"
    name = current_store().name(current_locale())
    return Site(request.host.rsplit(":", 1)[0], f"{scheme}://{request.host}", name)


def keep(asked: Asked) -> None:
    """Remember the challenge until it is answered; one at a time."""
    session[ASKED] = msgspec.to_builtins(asked)


def answered(purpose: Purpose) -> Asked:
    """The challenge that was asked for this; it is good once. Raises PasskeyRefused."""
    return Asked.from_session(session.pop(ASKED, None), purpose)


@limits.code_limits
def ask() -> Response:
    """A challenge for the browser: of whoever has given the right password, or of anybody."""
    identity.require_sessions()
    waiting = doors.pending() if request.form.get("step") else None
    options, asked = passkeys.ask(site(), waiting.person.id if waiting else None)
    keep(asked)
    return jsonify(options)


@limits.code_limits
def sign_in() -> AnyResponse:
    """The browser's answer, instead of a password and a code."""
    identity.require_sessions()
    try:
        staff_id = passkeys.prove(_answer(), answered("alone"), site=site(), now=doors.now())
    except PasskeyRefused as refusal:
        form = SignInForm(formdata=None)
        return doors.sign_in_page(form, [("passkey", describe(refusal))], refusal.status)
    return doors.let_in(staff_id, doors.wanted_page(), "passkey")


@limits.code_limits
def finish() -> AnyResponse:
    """The browser's answer, after a password."""
    waiting = doors.pending()
    if waiting is None or waiting.secret:
        return redirect(url_for("console.sign_in"), 303)
    try:
        staff_id = passkeys.prove(_answer(), answered("second_step"), site=site(), now=doors.now())
        if staff_id != waiting.person.id:
            raise PasskeyRefused()
    except PasskeyRefused as refusal:
        return doors.second_page(waiting, [("passkey", describe(refusal))], refusal.status)
    return doors.let_in(staff_id, waiting.next, "password_and_passkey")


def _answer() -> str:
    answer: Any = request.form.get("credential", "")
    return str(answer)
