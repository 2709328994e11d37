"""One's own passkeys: made, named, removed. Making one needs the browser's script; everything else does not."""

from flask import Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import passkeys, staff
from app.accounts.errors import BadName, PasskeyRefused, TooManyPasskeys
from app.console import shell
from app.console.own import pages
from app.console.passkey_sign_in import answered, keep, site
from app.console.sign_in_pages import now
from app.errors import NotFound
from app.ids import parse_id
from app.web.language import gettext as _
from app.web.refusals import describe


def ask() -> Response:
    """What the browser needs to make one."""
    person = shell.person()
    account = staff.get(person.id).email
    options, asked = passkeys.ask_to_register(person.id, site=site(), account=account, called=person.name)
    keep(asked)
    return jsonify(options)


def add() -> AnyResponse:
    """What the browser made."""
    person = shell.person()
    name = request.form.get("name", "").strip() or _("Passkey")
    try:
        passkeys.register(
            person.id,
            request.form.get("credential", ""),
            answered("register"),
            site=site(),
            name=name,
            actor=shell.actor(),
            now=now(),
        )
    except (PasskeyRefused, TooManyPasskeys, BadName) as refusal:
        return pages.page([("passkey-name", describe(refusal))], refusal.status)
    return redirect(url_for("console.own", done="passkey_added"), 303)


def remove(passkey_id: str) -> AnyResponse:
    """It opens nothing any more."""
    found = parse_id(passkey_id)
    if found is None:
        raise NotFound()
    passkeys.remove(shell.person().id, found, actor=shell.actor(), now=now())
    return redirect(url_for("console.own", done="passkey_removed"), 303)
