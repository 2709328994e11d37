"""Inviting: the form of the list, revoking and its undo; and the page an invitation's link leads to."""

from uuid import UUID

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import addresses, invitations, limits, repository, seats, staff
from app.accounts.addresses import shown_name
from app.accounts.errors import (
    AlreadyStaff,
    BadAddress,
    BadName,
    BadRole,
    PasswordIsAddress,
    PasswordTooCommon,
    PasswordTooLong,
    PasswordTooShort,
    UnknownVendor,
)
from app.accounts.invitations import Invitation
from app.accounts.lockout import Try
from app.console import roles, shell
from app.console.people import list_page
from app.console.sign_in_pages import after_password, now
from app.database.tenancy import use_store
from app.database.transaction import finish_reading
from app.errors import NotFound
from app.ids import parse_id
from app.stores.request import current_config, current_locale, current_store
from app.web.refusals import describe

BAD_PASSWORDS = (PasswordTooShort, PasswordTooLong, PasswordTooCommon, PasswordIsAddress)


@limits.registration_limits
def invite() -> AnyResponse:
    """Write to somebody, for this store and for those of the organization where whoever invites is an owner, too."""
    typed = {name: request.form.get(name, "")[:254] for name in ("email", "role")}
    me = staff.get(shell.person().id)
    language = request.form.get("language", "")
    locale = language if language in current_store().locales else current_locale()
    try:
        email = addresses.normalize_email(typed["email"])
        invitations.invite(
            email, typed["role"], by=me.id, inviter=me.called, locale=locale, now=now(),
            vendor_names=request.form.getlist("vendor"),
        )  # fmt: skip
    except BadAddress as refusal:
        return list_page.page([("invite-email", describe(refusal))], typed, 422)
    except UnknownVendor as refusal:
        return list_page.page([("invite-vendors", describe(refusal))], typed, refusal.status)
    except (AlreadyStaff, BadRole) as refusal:
        field = "invite-role" if isinstance(refusal, BadRole) else "invite-email"
        return list_page.page([(field, describe(refusal))], typed, refusal.status)
    for store in list_page.stores_of_owner():
        role = request.form.get(f"role-{store.id}", "")
        if role in staff.ROLES and seats.role_at(store.id, email) is None:
            finish_reading()
            with use_store(store.id):
                there = repository.find_staff_by_email(me.email)
                if there:
                    invitations.invite(email, role, by=there.id, inviter=me.called, locale=locale, now=now())
                finish_reading()
    return redirect(url_for("console.people", done="invited"), 303)


def revoke(invitation_id: str) -> AnyResponse:
    """The link is void; the list offers to take that back."""
    found = _id(invitation_id)
    invitations.revoke(found, actor=shell.actor(), now=now())
    return redirect(url_for("console.people", done="revoked", invitation=found), 303)


def restore(invitation_id: str) -> AnyResponse:
    """The link is good again."""
    invitations.restore(_id(invitation_id), actor=shell.actor(), now=now())
    return redirect(url_for("console.people", done="restored"), 303)


def show(token: str) -> AnyResponse:
    """What the link says: where, as what, for whom. Changes nothing."""
    return _page(invitations.look(token, now()), token, "", [], 200)


@limits.code_limits
def accept(token: str) -> AnyResponse:
    """A name and a password: they work here, and go on as after the password."""
    found, typed = invitations.look(token, now()), request.form.get("name", "")
    try:
        name = addresses.normalize_name(typed)
        person = invitations.accept(
            token, name=name, password=request.form.get("password", ""), config=current_config(), now=now()
        )
    except BadName as refusal:
        return _page(found, token, "", [("invited-name", describe(refusal))], 422)
    except BAD_PASSWORDS as refusal:
        return _page(found, token, typed, [("invited-password", describe(refusal))], 422)
    return after_password(person, Try(found.email, request.remote_addr or ""), url_for("console.home"))


def _page(found: Invitation, token: str, name: str, problems: list[tuple[str, str]], status: int) -> Response:
    html = render_template(
        "console/people/invitation.html",
        invitation=found,
        token=token,
        role=roles.name(found.role),
        abilities=[words for may, words in roles.abilities(found.role) if may],
        name=name or shown_name("", found.email),
        problems=problems,
    )
    return make_response(html, status)


def _id(text: str) -> UUID:
    found = parse_id(text)
    if found is None:
        raise NotFound()
    return found
