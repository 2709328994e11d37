"""Forms on the pages that links lead to: keyed by the link itself, as their pages set no cookie; limits; who asks."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, request

from app import tokens
from app.accounts import limits as account_limits
from app.cart import context
from app.ids import new_id_text, parse_id
from app.recovery import agents
from app.recovery.agents import Verdict
from app.recovery.linked import Linked
from app.recovery.message_events import record_event
from app.stores.request import current_config
from app.web.rate_limit import LINKS, LINKS_PRESSED, limiter
from app.web.security import FormExpired
from app.web.visitors import current_visitor

Door = Callable[..., Any]
NOTED = ("user-agent", "accept-language", *agents.AHEAD)

too_many = account_limits.too_many


def reading_limits(door: Door) -> Door:
    """For pages that tokens lead to: nobody tries them out, and a scanner may look often."""
    return limiter.shared_limit(LINKS, scope="links")(door)


def pressing_limits(door: Door) -> Door:
    """For the buttons on them."""
    return limiter.shared_limit(LINKS_PRESSED, scope="links-pressed", methods=["POST"])(door)


def new_form(token: str) -> tuple[str, str]:
    """An operation id for a form on the page of this link, and the key that says that we made it."""
    op_id = new_id_text()
    return op_id, _key(token, op_id)


def operation(token: str) -> UUID:
    """The operation id of the form that was sent. Raises FormExpired when the page of this link did not make it."""
    typed = request.form.get("op_id", "")
    op_id = parse_id(typed)
    if op_id is None or not tokens.same(request.form.get("key", "")[:64], _key(token, typed)):
        raise FormExpired()
    return op_id


def guest_cart_of(op_id: UUID) -> UUID:
    """The id of a new guest's cart, the same for a form that is sent twice: unguessable, as the form's key is not ours alone."""
    return UUID(hex=tokens.keyed_hash(current_config().secret_key, "adopted-cart", str(op_id))[:32], version=4)


def verdict(linked: Linked, *, own: bool = False, pressed: bool = False, moved: bool = False) -> Verdict:
    """Who sends this request, as far as it tells."""
    now = context.now()
    fetch = agents.Fetch(
        method=request.method,
        headers={name: request.headers[name] for name in NOTED if name in request.headers},
        seconds=(now - linked.sent_at).total_seconds() if linked.sent_at else None,
        own_cookie=own,
        pressed=pressed,
        moved=moved,
        robot=str(current_visitor()),
    )
    return agents.classify(fetch)


def record(linked: Linked, kind: str, who: Verdict, dedupe: str, now: datetime) -> None:
    """Keep that the link was visited or clicked, once for each `dedupe`."""
    record_event(
        linked.message_id,
        kind,
        who.agent,
        occurred_at=now,
        dedupe=f"{kind}:{linked.message_id}:{dedupe}",
        evidence=who.evidence,
        now=now,
    )


def quiet(response: Response) -> Response:
    """An answer whose address is a secret: not told to other pages, not kept, not listed anywhere."""
    response.headers["Referrer-Policy"] = "origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _key(token: str, op_id: str) -> str:
    return tokens.keyed_hash(current_config().secret_key, "link-form", f"{token}\0{op_id}")[:32]
