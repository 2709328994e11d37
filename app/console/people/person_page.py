"""One colleague: another role (and what it gives and takes), a new second step, letting go, lifting a lock."""

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import lockout, staff, vendors
from app.accounts.errors import BadRole, LastOwner, RoleMoved, UnknownVendor, VendorsMoved
from app.accounts.staff import Colleague
from app.audit import log as audit
from app.catalog import vendors as catalogue
from app.console import roles, shell
from app.console.sign_in_pages import must_have, now
from app.errors import NotFound, Refusal
from app.ids import StaffId, parse_id
from app.web.refusals import describe


def show(staff_id: str) -> AnyResponse:
    """What somebody is; with ?role=, what another role would change."""
    return _page(_colleague(staff_id), None, 200)


def change_role(staff_id: str) -> AnyResponse:
    """Make it so. The page says which role it showed, so that two owners do not overwrite each other."""
    person = _colleague(staff_id)
    try:
        staff.change_role(
            person.id, request.form.get("role", ""), seen=request.form.get("seen", ""), actor=shell.actor(), now=now(),
            names=request.form.getlist("vendor"),
        )  # fmt: skip
    except (BadRole, LastOwner, RoleMoved, UnknownVendor) as refusal:
        return _page(staff.get(person.id), refusal, refusal.status)
    return redirect(url_for("console.person", staff_id=person.id, done="role"), 303)


def assign_vendors(staff_id: str) -> AnyResponse:
    """Of which vendors a seller sees figures. The page says which it showed, as with the role."""
    person = _colleague(staff_id)
    try:
        staff.assign_vendors(
            person.id, request.form.getlist("vendor"), seen=request.form.getlist("seen"), actor=shell.actor(), now=now()
        )
    except (VendorsMoved, UnknownVendor) as refusal:
        return _page(person, refusal, refusal.status)
    return redirect(url_for("console.person", staff_id=person.id, done="vendors"), 303)


def remove(staff_id: str) -> AnyResponse:
    """They do not work here any more."""
    person = _colleague(staff_id)
    try:
        staff.remove(person.id, actor=shell.actor(), now=now())
    except LastOwner as refusal:
        return _page(person, refusal, refusal.status)
    return redirect(url_for("console.people", done="removed"), 303)


def reset(staff_id: str) -> AnyResponse:
    """They have lost their phone and their codes."""
    person = _colleague(staff_id)
    staff.reset_second_step(person.id, actor=shell.actor(), now=now())
    return redirect(url_for("console.person", staff_id=person.id, done="reset"), 303)


def unlock(staff_id: str) -> AnyResponse:
    """Whoever failed too often may try again at once."""
    person = _colleague(staff_id)
    lockout.lift(person.email)
    audit.record("lock_lifted", actor=shell.actor(), subject=("staff", person.id), now=now())
    return redirect(url_for("console.person", staff_id=person.id, done="lock"), 303)


def _page(person: Colleague, refusal: Refusal | None, status: int) -> Response:
    wanted = request.values.get("role", "")
    other = next((role for role in staff.ROLES if role == wanted and role != person.role), None)
    has = vendors.list_vendors(person.id)
    html = render_template(
        "console/people/show.html",
        vendors=has,
        vendor_choices={**catalogue.list_vendors(), **has} if "seller" in (person.role, other) else {},
        who=person,
        role=roles.name(person.role),
        me=shell.person().id == person.id,
        must=must_have(person.role),
        choices=[(role, roles.name(role)) for role in reversed(staff.ROLES)],
        other=other,
        other_name=roles.name(other) if other else "",
        gains=roles.difference(person.role, other) if other else [],
        loses=roles.difference(other, person.role) if other else [],
        locked=lockout.locked([person.email]).get(person.email, 0),
        said=describe(refusal) if refusal else "",
        done=request.args.get("done", ""),
    )
    return make_response(html, status)


def _colleague(staff_id: str) -> Colleague:
    found = parse_id(staff_id)
    if found is None:
        raise NotFound()
    return staff.get(StaffId(found))
