"""Webhooks in the console: an endpoint with its last deliveries by what came of them, and one delivery as it was."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from app.console import shell
from app.console.integrations.words import error_word, off_word, state_word, type_word
from app.errors import Refusal
from app.ids import parse_id
from app.stores.request import current_locale
from app.web.formats import number
from app.web.language import gettext as _
from app.web.language import ngettext
from app.web.refusals import describe
from app.webhooks import catalogue, endpoints, queries
from app.webhooks.endpoints import Endpoint
from app.webhooks.errors import BadAddress, DeliveryNotFound, EndpointNotFound, NoTypes

DID = ("changed", "on", "off", "ended", "again")
FIELDS: dict[type[Refusal], str] = {BadAddress: "url", NoTypes: "types"}


def new() -> AnyResponse:
    """The form of a new endpoint."""
    return form_page(None, 200)


def form_page(refusal: Refusal | None, status: int) -> AnyResponse:
    """The form of a new endpoint, with what was typed and what is wrong with it."""
    typed = request.form
    html = render_template(
        "console/integrations/new.html",
        problem=_problem(refusal),
        url=typed.get("url", ""),
        chosen=typed.getlist("type") or list(catalogue.TYPES[:5]),
        personal=bool(typed.get("personal")),
        types=types(),
    )
    return make_response(html, status)


def show(endpoint_id: str) -> AnyResponse:
    """The endpoint."""
    return endpoint_page(id_of(endpoint_id), None, 200)


def endpoint_page(endpoint_id: UUID, refusal: Refusal | None, status: int) -> AnyResponse:
    """The endpoint as it is now, with what was refused."""
    endpoint = endpoints.get(endpoint_id)
    found = queries.list_last(endpoint_id)
    typed = request.form if refusal is not None and type(refusal) in FIELDS else None
    did = request.args.get("did", "")
    html = render_template(
        "console/integrations/webhook.html",
        endpoint=endpoint,
        off=off_word(endpoint.off_reason) if endpoint.off_reason else "",
        url=typed.get("url", "") if typed else endpoint.url,
        chosen=typed.getlist("type") if typed else list(endpoint.types),
        personal=bool(typed.get("personal")) if typed else endpoint.personal,
        types=types(),
        groups=[_group(group) for group in queries.grouped(found)],
        told=len(found),
        problem=_problem(refusal),
        done=_done(did) if refusal is None and did in DID else "",
        may_act=shell.sees_everything(),
    )
    return make_response(html, status)


def secret_page(endpoint: Endpoint, secret: str, *, rotated: bool) -> AnyResponse:
    """The only page that shows a secret."""
    html = render_template("console/integrations/secret.html", endpoint=endpoint, secret=secret, rotated=rotated)
    return make_response(html)


def delivery(endpoint_id: str, delivery_id: str) -> AnyResponse:
    """What was sent, and what came back."""
    endpoint = endpoints.get(id_of(endpoint_id))
    found = parse_id(delivery_id)
    if found is None:
        raise DeliveryNotFound()
    one = queries.get_delivery(endpoint.id, found)
    word, tone = state_word(one.state, one.error)
    body = json.loads(catalogue.body(one.type, one.occurred_at, one.data))
    html = render_template(
        "console/integrations/delivery.html",
        endpoint=endpoint,
        one=one,
        word=word,
        tone=tone,
        title=type_word(one.type),
        trouble=error_word(one.error) if one.error else "",
        payload=json.dumps(body, indent=2, ensure_ascii=False),
        may_act=shell.sees_everything(),
    )
    return make_response(html)


def types() -> list[tuple[str, str]]:
    """What can be heard of, with its words."""
    return [(code, type_word(code)) for code in catalogue.TYPES]


def id_of(text: str) -> UUID:
    """The id in an address. Raises EndpointNotFound."""
    found = parse_id(text)
    if found is None:
        raise EndpointNotFound()
    return found


def _group(group: queries.Group) -> dict[str, Any]:
    word, tone = state_word(group.state, group.error)
    rows = [(one, type_word(one.type)) for one in group.deliveries]
    return {
        "error": group.error,
        "words": error_word(group.error) if group.error else "",
        "word": word,
        "tone": tone,
        "rows": rows,
    }


def _done(did: str) -> str:
    count = request.args.get("num", 1, type=int)
    num = number(count, current_locale())
    return {
        "changed": lambda: _("Saved."),
        "on": lambda: _("Switched on. It hears of events from now on."),
        "off": lambda: _("Switched off. What was waiting is given up."),
        "ended": lambda: _("The old secret is good for nothing any more."),
        "again": lambda: ngettext("%(num)s event is sent again.", "%(num)s events are sent again.", count, num=num),
    }[did]()


def _problem(refusal: Refusal | None) -> Mapping[str, str] | None:
    return None if refusal is None else {"field": FIELDS.get(type(refusal), ""), "words": describe(refusal)}
