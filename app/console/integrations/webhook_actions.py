"""What may be done with webhooks, each entered in the audit log in the same unit of work."""

from collections.abc import Callable
from typing import Any, cast

from flask import current_app, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.audit import log as audit
from app.cart import context
from app.config import Config
from app.console import shell
from app.console.integrations import webhook_pages
from app.console.integrations.webhook_pages import id_of
from app.database.tenancy import current_store_id
from app.database.transaction import unit_of_work
from app.errors import Conflict, Invalid, Refusal
from app.ids import parse_id
from app.webhooks import again as sending_again
from app.webhooks import delivering, endpoints
from app.webhooks.addresses import checked
from app.webhooks.catalogue import TYPES


def create() -> AnyResponse:
    """A new endpoint; the page that follows is the only one that shows its secret."""
    by, now = shell.actor(), context.now()
    wanted = [code for code in request.form.getlist("type") if code in TYPES]
    personal = bool(request.form.get("personal"))

    @unit_of_work
    def both() -> tuple[Any, str]:
        url = checked(request.form.get("url", ""), public_only=_public_only())
        made = endpoints.create(url, wanted, personal=personal, key=_config().secret_key, actor=by, now=now)
        details = {"url": url, "types": wanted, "personal": personal}
        audit.record("webhook_added", actor=by, subject=("endpoint", made[0]), now=now, details=details)
        return made

    try:
        endpoint_id, secret = both()
    except (Conflict, Invalid) as refusal:
        return webhook_pages.form_page(refusal, refusal.status)
    return webhook_pages.secret_page(endpoints.get(endpoint_id), secret, rotated=False)


def change(endpoint_id: str) -> AnyResponse:
    """Where events go and which; refused if somebody else has changed it meanwhile."""
    endpoint = endpoints.get(id_of(endpoint_id))
    wanted = [code for code in request.form.getlist("type") if code in TYPES]
    personal, seen = bool(request.form.get("personal")), request.form.get("changed", 0, type=int)

    def act() -> dict[str, Any]:
        url = checked(request.form.get("url", ""), public_only=_public_only())
        endpoints.change(endpoint.id, url, wanted, personal=personal, changed=seen)
        before = {"url": endpoint.url, "types": list(endpoint.types), "personal": endpoint.personal}
        return {"before": before, "after": {"url": url, "types": wanted, "personal": personal}}

    return _done(endpoint_id, "webhook_changed", act, "changed")


def switch(endpoint_id: str) -> AnyResponse:
    """Let it hear of events, or no more."""
    on = request.form.get("on") == "1"
    return _done(
        endpoint_id,
        "webhook_switched_on" if on else "webhook_switched_off",
        lambda: endpoints.switch(id_of(endpoint_id), on=on),
        "on" if on else "off",
    )


def remove(endpoint_id: str) -> AnyResponse:
    """Take it away."""
    now = context.now()
    answer = _done(endpoint_id, "webhook_removed", lambda: endpoints.remove(id_of(endpoint_id), now=now), "off")
    return redirect(url_for("console.integrations", removed=1), 303) if answer.status_code == 303 else answer


def rotate(endpoint_id: str) -> AnyResponse:
    """Another secret, shown once; the one before is good for another day."""
    by, now, found = shell.actor(), context.now(), id_of(endpoint_id)

    @unit_of_work
    def both() -> str:
        secret = endpoints.rotate(found, key=_config().secret_key)
        audit.record("webhook_secret_rotated", actor=by, subject=("endpoint", found), now=now)
        return secret

    secret = both()
    return webhook_pages.secret_page(endpoints.get(found), secret, rotated=True)


def end_overlap(endpoint_id: str) -> AnyResponse:
    """The old secret is good for nothing from now on."""
    return _done(endpoint_id, "webhook_old_secret_ended", lambda: endpoints.end_overlap(id_of(endpoint_id)), "ended")


def test(endpoint_id: str) -> AnyResponse:
    """An event to try it out, sent at once; then what came of it."""
    by, now, found = shell.actor(), context.now(), id_of(endpoint_id)

    @unit_of_work
    def both() -> Any:
        delivery_id = sending_again.try_out(found, now=now)
        audit.record("webhook_tried_out", actor=by, subject=("endpoint", found), now=now)
        return delivery_id

    delivery_id, config = both(), _config()
    delivering.deliver_one(current_store_id(), delivery_id, key=config.secret_key, public_only=_public_only())
    return redirect(url_for("console.integration_delivery", endpoint_id=found, delivery_id=delivery_id), 303)


def again(endpoint_id: str) -> AnyResponse:
    """Deliveries once more: those that were marked, or all that failed alike."""
    marked = [one for one in map(parse_id, request.form.getlist("delivery")) if one is not None]
    error, count = request.form.get("error", "")[:40], [0]

    def act() -> dict[str, Any]:
        count[0] = sending_again.send_again(id_of(endpoint_id), marked, error=error)
        return {"deliveries": count[0], **({"error": error} if error else {})}

    return _done(endpoint_id, "webhook_sent_again", act, "again", count)


def _done(
    endpoint_id: str, action: str, act: Callable[[], Any], did: str, count: list[int] | None = None
) -> AnyResponse:
    by, now, found = shell.actor(), context.now(), id_of(endpoint_id)

    @unit_of_work
    def both() -> None:
        details = act()
        audit.record(action, actor=by, subject=("endpoint", found), now=now, details=details)

    try:
        both()
    except (Conflict, Invalid) as refusal:
        return webhook_pages.endpoint_page(found, cast(Refusal, refusal), refusal.status)
    num = count[0] if count else None
    return redirect(url_for("console.integration_webhook", endpoint_id=found, did=did, num=num), 303)


def _public_only() -> bool:
    """Demos and tests have their receivers on this machine."""
    return not _config().demo


def _config() -> Config:
    return cast(Config, cast(Any, current_app).config["DUALCART"])
