"""What accounts refuse, and the sentence each refusal is for a person."""

from app.errors import Forbidden, Invalid, Unavailable
from app.web.language import gettext as _
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
    }
)
