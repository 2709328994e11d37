"""The doors for channels' providers: signed by them, each thing taken in once. No cookies, no CSRF token: machines call."""

from xml.sax.saxutils import escape

from flask import Blueprint, Response, current_app, make_response, request

from app.channels import sendgrid_events, twilio_requests
from app.errors import NotFound
from app.recovery import callbacks, sms_answers
from app.stores.request import current_config
from app.web.security import for_machines

bp = Blueprint("channels", __name__)

LARGEST_EVENTS = 1_000_000  # SendGrid's batches: up to 768 KB
LARGEST_FORM = 32_000


@bp.post("/sendgrid/events")
@for_machines
def sendgrid() -> Response:
    """Events of mails, of any stores. 200 also for what is known already, and for what is about nothing of ours."""
    config = current_config()
    if not config.sendgrid_webhook_keys:
        raise NotFound()
    events = sendgrid_events.read(_body(LARGEST_EVENTS), dict(request.headers), config)
    callbacks.take_in(events, current_app.config["CLOCK"].now())
    return make_response("", 200)


@bp.post("/twilio/status")
@for_machines
def twilio_status() -> Response:
    """How an SMS fared."""
    now = current_app.config["CLOCK"].now()
    told = twilio_requests.status(_twilio_form(), request.query_string.decode(errors="replace"), now)
    callbacks.take_in([told] if told else [], now)
    return make_response("", 204)


@bp.post("/twilio/incoming")
@for_machines
def twilio_incoming() -> Response:
    """What somebody wrote back; the answer is what Twilio sends them (TwiML)."""
    answer = twilio_requests.answered(_twilio_form())
    said = sms_answers.take_in(answer, current_app.config["CLOCK"].now()) if answer else ""
    inside = f"<Message>{escape(said)}</Message>" if said else ""
    response = make_response(f'<?xml version="1.0" encoding="UTF-8"?><Response>{inside}</Response>')
    response.content_type = "text/xml; charset=utf-8"
    return response


def _twilio_form() -> dict[str, str]:
    config = current_config()
    if not config.twilio_account_sid:
        raise NotFound()
    query = request.query_string.decode(errors="replace")
    signature = request.headers.get("X-Twilio-Signature", "")
    return twilio_requests.parameters(_body(LARGEST_FORM), query, request.path, signature, config)


def _body(largest: int) -> bytes:
    """The raw bytes; refused unread if there are too many."""
    request.max_content_length = largest
    return request.get_data(cache=False)
