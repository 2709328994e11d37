"""The console's doors: staff sign in apart from shoppers, and land on a page that says who they are and how things stand."""

from datetime import datetime
from typing import Any, cast

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, url_for
from flask_limiter import RateLimitExceeded
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import identity, limits, service
from app.accounts.errors import SignInRefused, SignOutUnavailable
from app.accounts.forms import SignInForm, problems
from app.accounts.guards import EVERY_ROLE, requires_role
from app.accounts.identity import StaffIdentity, current_staff
from app.accounts.next_page import safe_next
from app.audit import log as audit
from app.console import audit_page, cart_pages, figures, order_pages, roles
from app.console.shell import ADMIN_UP, ANALYST_UP
from app.stores.request import current_config
from app.web.refusals import describe
from app.web.sessions import SessionsUnavailable

bp = Blueprint("console", __name__)
bp.register_error_handler(RateLimitExceeded, limits.too_many)

FIELD_IDS = {"email": "sign-in-email", "password": "sign-in-password"}


@bp.get("/sign-in")
def sign_in() -> AnyResponse:
    """Where staff sign in."""
    if current_staff():
        return redirect(_next(), 303)
    return _page(SignInForm(formdata=None), [], 200)


@bp.post("/sign-in")
@limits.sign_in_limits("staff")
def start_session() -> AnyResponse:
    """Sign a member of staff in."""
    form = SignInForm()
    if not form.validate():
        return _page(form, problems(form, FIELD_IDS), 422)
    identity.require_sessions()
    try:
        person = service.check_staff(
            email=form.email.data or "", password=form.password.data or "", config=current_config()
        )
    except SignInRefused as refusal:
        return _page(form, [("sign-in-email", describe(refusal))], 422)
    identity.begin_session(person)
    audit.record("signed_in", actor=f"staff:{person.id}", subject=("staff", person.id), now=_now())
    return redirect(_next(), 303)


@bp.get("")
@requires_role(*EVERY_ROLE)
def home() -> AnyResponse:
    """Who you are, what you may do, how the store stands (sellers see the shelves only)."""
    person = cast(StaffIdentity, current_staff())
    html = render_template(
        "console/home.html",
        person=person,
        role=roles.name(person.role),
        abilities=roles.abilities(person.role),
        shelves_figures=figures.catalog_figures(),
        cart_figures=None if person.role == "seller" else figures.cart_figures(),
    )
    return make_response(html)


_staff, _admins = requires_role(*ANALYST_UP), requires_role(*ADMIN_UP)

bp.add_url_rule("/orders", "orders", _staff(order_pages.index))
bp.add_url_rule("/orders/<order_id>", "order", _staff(order_pages.show))
bp.add_url_rule("/orders/<order_id>/receipt.pdf", "order_receipt", _admins(order_pages.receipt))
bp.add_url_rule("/orders/<order_id>/release", "order_release", _admins(order_pages.release), methods=["POST"])
bp.add_url_rule("/orders/<order_id>/hand-over", "order_fulfil", _admins(order_pages.fulfil), methods=["POST"])
bp.add_url_rule("/orders/<order_id>/payment", "order_paid", _admins(order_pages.receive_payment), methods=["POST"])
bp.add_url_rule("/orders/<order_id>/refund", "order_refund", _admins(order_pages.refund), methods=["POST"])
bp.add_url_rule("/orders/<order_id>/cancellation", "order_cancel", _admins(order_pages.cancel), methods=["POST"])
bp.add_url_rule("/carts", "carts", _staff(cart_pages.index))
bp.add_url_rule("/carts/<cart_id>", "cart", _staff(cart_pages.show))
bp.add_url_rule("/audit", "audit", _staff(audit_page.show))


@bp.post("/sign-out")
def sign_out() -> AnyResponse:
    """End this session."""
    try:
        identity.end_session()
    except SessionsUnavailable:
        raise SignOutUnavailable() from None
    return redirect(url_for("console.sign_in"), 303)


def _page(form: SignInForm, found: list[tuple[str, str]], status: int) -> Response:
    return make_response(render_template("console/sign_in.html", form=form, problems=found, next=_next()), status)


def _now() -> datetime:
    return cast(datetime, cast(Any, current_app).config["CLOCK"].now())


def _next() -> str:
    wanted = safe_next(request.values.get("next"), url_for("console.home"))
    return wanted if wanted.startswith("/console") else url_for("console.home")
