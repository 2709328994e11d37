"""The door for providers' webhooks: signed by them, taken in once. No cookies, no CSRF token: a machine calls."""

from typing import cast

from flask import Blueprint, Response, current_app, make_response, request

from app.config import Config
from app.database.tenancy import current_store_id, use_store
from app.errors import NotFound
from app.payments import events
from app.payments.registry import providers
from app.web.security import for_machines

bp = Blueprint("payments", __name__)


@bp.post("/<provider>/events")
@for_machines
def receive(provider: str) -> Response:
    """Take in an event, in the store it names: a provider may have one address for all. 200 also for what is known already."""
    config = cast(Config, current_app.config["DUALCART"])
    known = providers(config).get(provider)
    if known is None:
        raise NotFound()
    event = known.read_event(request.get_data(cache=False), dict(request.headers))
    if event is not None:
        with use_store(event.store_id or current_store_id()):
            events.tell(provider, event, current_app.config["CLOCK"].now())
    return make_response("", 200)
