"""A link back to a cart, handed out or taken away by staff: each kept in the audit log."""

from uuid import UUID

from flask import current_app, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.console import cart_pages, shell
from app.errors import Conflict
from app.ids import CartId, parse_id
from app.recovery import link_records
from app.recovery.link_records import LinkNotFound
from app.web.language import gettext as _
from app.web.refusals import describe, register

register(
    {
        "link_not_found": lambda p: _("There is no such link."),
        "link_dead": lambda p: _("This link opens nothing any more."),
    }
)


def copy(cart_id: str, message_id: str) -> AnyResponse:
    """The cart's page with the address to be copied: shown in this answer only, so that it stands in no history."""
    cart, message = _ids(cart_id, message_id)
    try:
        address = link_records.hand_out(cart, message, actor=shell.actor(), now=current_app.config["CLOCK"].now())
    except Conflict as refusal:
        return cart_pages.show(cart_id, status=409, problem=describe(refusal))
    answer = cart_pages.show(cart_id, link=(message, address))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def revoke(cart_id: str, message_id: str) -> AnyResponse:
    """The link opens nothing from now on."""
    cart, message = _ids(cart_id, message_id)
    try:
        link_records.take_away(cart, message, actor=shell.actor(), now=current_app.config["CLOCK"].now())
    except Conflict as refusal:
        return cart_pages.show(cart_id, status=409, problem=describe(refusal))
    return redirect(url_for("console.cart", cart_id=cart, link="revoked") + "#links", 303)


def _ids(cart_id: str, message_id: str) -> tuple[CartId, UUID]:
    cart, message = parse_id(cart_id), parse_id(message_id)
    if cart is None or message is None:
        raise LinkNotFound()
    return CartId(cart), message
