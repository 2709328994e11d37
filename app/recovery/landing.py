"""Where a message's link leads: the cart as it can be bought today, and one button that brings it back.

Looking changes nothing and sets no cookie: mail scanners look. Whose browser already has this cart goes straight to it,
unless the message promises a discount that is not on it yet: that takes the button, too.
"""

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_limiter import RateLimitExceeded
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.repository import holder_of
from app.cart import context
from app.cart.presentation import CartView, present
from app.promotions.errors import UnknownCode
from app.promotions.sentences import reason
from app.recovery import adoption, anew, link_forms
from app.recovery.adoption import Offered
from app.recovery.linked import Linked, Standing, find
from app.recovery.salvaged import put_back
from app.recovery.values import Agent, Trigger
from app.stores.request import current_locale, current_store
from app.web.dates import near
from app.web.language import gettext as _
from app.web.security import with_own_key

bp = Blueprint("links", __name__)
bp.register_error_handler(RateLimitExceeded, link_forms.too_many)

STATUS = {Standing.REVOKED: 404, Standing.EXPIRED: 410}


@bp.get("/<token>")
@link_forms.reading_limits
def show(token: str) -> AnyResponse:
    """The cart that was left behind, or what became of it."""
    linked = find(token, "recover")
    if linked is None:
        return _page(token, None)
    offered = adoption.look(linked, context.known_customer(), context.current_policy(), context.now())
    own = _is_own(linked)
    who = link_forms.verdict(linked, own=own)
    if request.method == "GET":
        link_forms.record(linked, "visited", who, str(who.agent), context.now())
    if not own or offered.standing is not Standing.OPEN or who.agent is not Agent.HUMAN:
        return _page(token, offered)
    link_forms.record(linked, "clicked", who, f"{context.now():%Y%m%d%H}", context.now())
    return _page(token, offered) if _lacks_code(offered) else _to_own_cart(linked)


@bp.post("/<token>")
@link_forms.pressing_limits
@with_own_key
def bring_back(token: str) -> AnyResponse:
    """Bring it back: into this visitor's own cart, whoever they are."""
    op_id = link_forms.operation(token)
    linked = find(token, "recover")
    if linked is None:
        return _page(token, None)
    now, policy, days = context.now(), context.current_policy(), current_store().settings.cart_expiry_days
    offered = adoption.look(linked, context.known_customer(), policy, now)
    if offered.standing not in (Standing.OPEN, Standing.SALVAGED):
        return _page(token, offered)
    link_forms.record(linked, "clicked", link_forms.verdict(linked, pressed=True), str(op_id), now)
    if _lacks_code(offered):
        owner = context.shopper_for_change()
        adoption.put_code_on(offered, owner, op_id=op_id, policy=policy, days=days, now=now)
    if _is_own(linked):
        if linked.salvage is not None:
            put_back(
                linked.salvage, linked.episode_id, context.shopper_for_change(),
                currency=linked.currency, policy=policy, days=days, now=now,
            )  # fmt: skip
        return _to_own_cart(linked)
    shopper = context.shopper_for_change(link_forms.guest_cart_of(op_id))
    currency = context.glance()[1] or linked.currency
    adoption.adopt(offered, shopper, op_id=op_id, currency=currency, policy=policy, days=days, now=now)
    context.carry(shopper)
    return redirect(url_for("cart.show"), 303)


@bp.post("/<token>/seen")
@link_forms.pressing_limits
@with_own_key
def confirm(token: str) -> AnyResponse:
    """The page saw somebody move on it: then its visit was a person's click."""
    op_id = link_forms.operation(token)
    linked = find(token, "recover")
    if linked is not None:
        now = context.now()
        link_forms.record(linked, "clicked", link_forms.verdict(linked, moved=True), str(op_id), now)
    return make_response("", 204)


@bp.post("/<token>/anew")
@link_forms.pressing_limits
@with_own_key
def send_anew(token: str) -> AnyResponse:
    """Another link by mail, to the address on record. The answer is the same whatever there is."""
    link_forms.operation(token)
    linked = find(token, "recover")
    if linked is not None:
        anew.ask(linked, context.now())
    return redirect(url_for("links.show", token=token, sent=1), 303)


def _is_own(linked: Linked) -> bool:
    """Whether this browser already has the cart that the link is about."""
    visitor_id = context.known_customer()
    return visitor_id is not None and holder_of(visitor_id) == linked.holder_id


def _lacks_code(offered: Offered) -> bool:
    """Whether this is the owner's browser, and the discount is still to be put on the cart there."""
    owner_id = context.known_customer()
    if owner_id is None or offered.standing is not Standing.OPEN or not _is_own(offered.linked):
        return False
    return adoption.lacks_code(offered, owner_id, context.current_policy(), context.now())


def _to_own_cart(linked: Linked) -> AnyResponse:
    saved = linked.trigger is not Trigger.CART_ABANDONED
    zone = ZoneInfo(current_store().time_zone)
    left = None if saved else linked.inactive_since.astimezone(zone).date().isoformat()
    return redirect(url_for("cart.show", left=left, _anchor="next-purchase" if saved else None), 303)


def _page(token: str, offered: Offered | None) -> Response:
    standing = offered.standing if offered else Standing.REVOKED
    op_id, key = link_forms.new_form(token)
    details: dict[str, Any] = {"standing": str(standing), "token": token, "op_id": op_id, "key": key}
    if offered is not None and standing is not Standing.REVOKED:
        details |= _details(offered)
    page = render_template("recovery/landing.html", **details)
    return link_forms.quiet(make_response(page, STATUS.get(standing, 200)))


def _details(offered: Offered) -> dict[str, Any]:
    linked, locale, now = offered.linked, current_locale(), context.now()
    zone = ZoneInfo(current_store().time_zone)
    today = now.astimezone(zone).date()

    def said(moment: Any) -> str:
        return near(moment.astimezone(zone).date(), today, locale)

    units, currency = context.glance()
    return {
        "view": _view(offered),
        "gone": [_title(line.snapshot.title, locale) for line in offered.gone],
        "left": said(linked.inactive_since),
        "ordered": said(linked.closed_at) if linked.closed_at else "",
        "order_id": linked.order_id,
        "days": current_store().settings.recovery_link_days,
        "saved": linked.trigger is not Trigger.CART_ABANDONED,
        "own": _is_own(linked),
        "sent": "sent" in request.args,
        "had": units,
        "other_currency": currency if currency not in ("", linked.currency) else "",
        "offer": _offer(offered),
    }


def _title(texts: dict[str, str], locale: str) -> str:
    return texts.get(locale) or next(iter(texts.values()), "")


def _view(offered: Offered) -> CartView:
    linked = offered.linked
    policy, locale = context.current_policy(), current_locale()
    return present(offered.cart, offered.facts, policy, locale, linked.currency, context.now(), coupon=offered.coupon)


def _offer(offered: Offered) -> str:
    """What is to be said of the message's discount besides its row."""
    if isinstance(offered.refusal, UnknownCode):
        return _("The discount in this message is for whoever it was sent to.")
    if offered.refusal is not None:
        return reason(offered.refusal)
    if offered.coupon is not None and offered.coupon.personal and offered.coupon.yours is None:
        return _("The discount is for the address this message was sent to: it counts when you order with that.")
    return ""
