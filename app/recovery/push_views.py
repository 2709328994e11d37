"""The doors of pushes: the service worker, saving and giving up a browser's subscription, and what pages offer of it."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, jsonify, make_response, request

from app.cart import context
from app.channels import vapid
from app.errors import Forbidden, NotFound
from app.ids import CustomerId
from app.recovery import push_subscriptions
from app.recovery.push_subscriptions import BadSubscription, Word
from app.stores.request import current_config, current_locale, current_store
from app.web.language import gettext as _
from app.web.rate_limit import limiter
from app.web.refusals import register

bp = Blueprint("push", __name__)

WORKER = "js/push-worker.js"
HASH = re.compile("[0-9a-f]{64}")
SOURCES = ("cart", "account")
CHANGES = "30 per 10 minutes"


class NobodyToRemind(Forbidden):
    """A guest: there is no customer whom a subscription could belong to."""

    code = "nobody_to_remind"


@dataclass(frozen=True, slots=True)
class Offer:
    """What the page needs to offer reminders: the server's public key, and what is agreed to."""

    key: str
    wording: str


@bp.get("/push-worker.js")
def worker() -> Response:
    """The service worker. Its address gives it the whole site; browsers look for a newer one each time."""
    response = make_response(Path(str(current_app.static_folder), WORKER).read_bytes())
    response.content_type = "text/javascript; charset=utf-8"
    response.headers["Service-Worker-Allowed"] = "/"
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:20])
    response.make_conditional(request)
    return response


@bp.get("/push/subscriptions/<hashed>")
def show(hashed: str) -> Response:
    """Whether reminders are on in the browser whose endpoint has this SHA-256: {"on": true}."""
    customer_id = context.current_shopper().customer_id
    known = customer_id is not None and HASH.fullmatch(hashed) and push_subscriptions.is_on(customer_id, hashed)
    answer = jsonify(on=bool(known))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/push/subscriptions")
@limiter.limit(CHANGES)
def save() -> Response:
    """Remind in this browser from now on. 204; sent by the page's script, which says what came of it."""
    if not vapid.public_key(current_config()):
        raise NotFound()
    form, customer_id = request.form, _required(context.current_shopper().customer_id)
    subscription = push_subscriptions.read(
        form.get("endpoint", ""), form.get("p256dh", ""), form.get("auth", ""), current_config()
    )
    push_subscriptions.save(customer_id, subscription, _word(wording()), context.now())
    return make_response("", 204)


@bp.post("/push/subscriptions/removal")
@limiter.limit(CHANGES)
def remove() -> Response:
    """Not any more. 204, also if there was nothing to give up."""
    customer_id, endpoint = _required(context.current_shopper().customer_id), request.form.get("endpoint", "")
    if not endpoint:
        raise BadSubscription()
    push_subscriptions.remove(customer_id, endpoint, _word(removal_wording()), context.now())
    return make_response("", 204)


def wording() -> str:
    """What somebody agrees to, word for word."""
    return _(
        "We show a reminder in this browser when you leave something in your cart. You can turn it off at any time."
    )


def removal_wording() -> str:
    """What somebody presses to have no more of them."""
    return _("Turn reminders off")


def offer() -> Offer | None:
    """What this page may offer: None to guests without an address, and where the store or its operator has no pushes."""
    settings, key = current_store().settings, vapid.public_key(current_config())
    if not key or not settings.recovery or not settings.push_reminders:
        return None
    return Offer(key, wording()) if context.current_shopper().customer_id is not None else None


def init_app(app: Flask) -> None:
    """Offer it to templates."""
    app.jinja_env.globals.update(push_offer=offer)


def _word(said: str) -> Word:
    source = request.form.get("source", "")
    return Word(said, current_locale(), source if source in SOURCES else "cart")


def _required(customer_id: CustomerId | None) -> CustomerId:
    if customer_id is None:
        raise NobodyToRemind()
    return customer_id


register({"nobody_to_remind": lambda p: _("Sign in, or give your email address at checkout first.")})
