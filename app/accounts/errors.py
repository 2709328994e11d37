"""What accounts refuse, and the sentence each refusal is for a person."""

import math

from flask import g

from app.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, Unavailable
from app.web.formats import number
from app.web.language import gettext as _
from app.web.language import ngettext
from app.web.refusals import register


class BadAddress(Invalid):
    """Not an e-mail address that mail could be sent to."""

    code = "bad_address"


class BadName(Invalid):
    """A name longer than a name is."""

    code = "bad_name"


class PasswordTooShort(Invalid):
    """Fewer than 8 characters."""

    code = "password_too_short"


class PasswordTooLong(Invalid):
    """More than 128 characters."""

    code = "password_too_long"


class PasswordTooCommon(Invalid):
    """One of those that are tried first."""

    code = "password_too_common"


class PasswordIsAddress(Invalid):
    """The e-mail address itself, or its first part."""

    code = "password_is_address"


class SignInRefused(Invalid):
    """Address and password do not belong together; never says which of them is wrong."""

    code = "sign_in_refused"


class CodeRefused(Invalid):
    """The code is wrong, used, expired, or was never sent; never says which."""

    code = "code_refused"


class RoleRefused(Forbidden):
    """Signed in, but the role does not reach this far."""

    code = "role_refused"


class SignOutUnavailable(Unavailable):
    """Redis is away, so the session could not be ended."""

    code = "sign_out_unavailable"


class LastOwner(Conflict):
    """A store without an owner could not be run by anybody."""

    code = "last_owner"


class RoleMoved(Conflict):
    """Somebody else has changed this role since the page was opened."""

    code = "role_moved"


class VendorsMoved(Conflict):
    """Somebody else has changed these vendors since the page was opened."""

    code = "vendors_moved"


class UnknownVendor(Invalid):
    """No product of the store bears this vendor's name."""

    code = "unknown_vendor"


class AlreadyStaff(Conflict):
    """The invited address has a role in this store."""

    code = "already_staff"


class BadRole(Invalid):
    """There is no such role."""

    code = "bad_role"


class InvitationGone(NotFound):
    """The invitation was used, revoked, has expired, or never was; never says which."""

    code = "invitation_gone"


class PasskeyRefused(Invalid):
    """What the browser brought does not prove a passkey that is known here."""

    code = "passkey_refused"


class TooManyPasskeys(Conflict):
    """More passkeys than one person needs."""

    code = "too_many_passkeys"


class LockedOut(Refusal):
    """Too many failed tries; `seconds` until signing in is possible again."""

    code = "locked_out"
    status = 429


def _minutes(seconds: int) -> str:
    minutes = max(1, math.ceil(seconds / 60))
    return str(
        ngettext(
            "Too many failed tries. Signing in is possible again in %(minutes)s minute.",
            "Too many failed tries. Signing in is possible again in %(minutes)s minutes.",
            minutes,
            minutes=number(minutes, g.locale),
        )
    )


register(
    {
        "bad_address": lambda p: _("Enter an email address, like name@example.com."),
        "bad_name": lambda p: _("Enter a name of 80 characters or fewer."),
        "password_too_short": lambda p: _("Choose a password of 8 characters or more."),
        "password_too_long": lambda p: _("Choose a password of 128 characters or fewer."),
        "password_too_common": lambda p: _("This password is among the first that attackers try. Choose another one."),
        "password_is_address": lambda p: _("The password is too close to your email address. Choose another one."),
        "sign_in_refused": lambda p: _("Email and password do not match an account here."),
        "code_refused": lambda p: _("That code is not right or no longer valid."),
        "role_refused": lambda p: _("Your role does not allow this. Nothing has changed."),
        "sign_out_unavailable": lambda p: _(
            "Signing out is not possible right now, and you are still signed in. Try again in a minute."
        ),
        "last_owner": lambda p: _("A store needs an owner. Make somebody else one first. Nothing has changed."),
        "role_moved": lambda p: _("Somebody else has changed this role meanwhile. Look at it as it is now."),
        "vendors_moved": lambda p: _(
            "Somebody else has changed these vendors meanwhile. Look at them as they are now."
        ),
        "unknown_vendor": lambda p: _("Choose vendors that products of this store have."),
        "already_staff": lambda p: _("Whoever has this address works here already."),
        "bad_role": lambda p: _("Choose a role."),
        "invitation_gone": lambda p: _("This invitation is not valid any more. Ask for a new one."),
        "passkey_refused": lambda p: _("That passkey was not accepted. Try again, or sign in in another way."),
        "too_many_passkeys": lambda p: _("You have as many passkeys as there can be. Remove one first."),
        "locked_out": lambda p: _minutes(p["seconds"]),
    }
)
