"""What people type at the doors of accounts, checked by the rules of this room. The CSRF check is at the front door."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, PasswordField, StringField, ValidationError

from app.accounts import addresses, codes, passwords
from app.accounts.errors import BadAddress, CodeRefused
from app.errors import Refusal
from app.web.refusals import describe


class PlainForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """A form whose errors are refusals of the rules, in their words."""

    class Meta:
        """app/web/security.py checks the token of every changing request before any form is built."""

        csrf = False


def _checked(field: Field, rule: Callable[[str], Any]) -> Any:
    try:
        return rule(field.data or "")
    except Refusal as refusal:
        raise ValidationError(describe(refusal)) from None


class SignInForm(PlainForm):
    """Address and password. Nothing is said about either on its own."""

    email = StringField()
    password = PasswordField()

    def validate_email(self, field: Field) -> None:
        """An address at all."""
        _checked(field, addresses.normalize_email)


class RegistrationForm(PlainForm):
    """Address, new password, and a name if one likes."""

    email = StringField()
    password = PasswordField()
    name = StringField()

    def validate_email(self, field: Field) -> None:
        """One spelling for every way to type it."""
        self.normalized_email = _checked(field, addresses.normalize_email)

    def validate_password(self, field: Field) -> None:
        """Long enough and not a known one."""
        _checked(field, lambda text: passwords.check_new(text, _address_or_nothing(self.email.data)))

    def validate_name(self, field: Field) -> None:
        """Anything a name can be."""
        self.normalized_name = _checked(field, addresses.normalize_name)


class CodeForm(PlainForm):
    """The code from the mail, in any digits."""

    code = StringField()

    def validate_code(self, field: Field) -> None:
        """Six digits."""
        if not codes.typed_code(field.data or ""):
            raise ValidationError(describe(CodeRefused()))


def problems(form: FlaskForm, ids: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each error with the id of its field, for the summary at the top of the page."""
    return [(ids[name], message) for name, messages in form.errors.items() if name in ids for message in messages]


def _address_or_nothing(text: str | None) -> str:
    try:
        return addresses.normalize_email(text or "")
    except BadAddress:
        return ""
