"""SendGrid's signed Event Webhook: checked on the raw bytes, then read as events of messages.

Sources: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event and
…/getting-started-event-webhook-security-features (ECDSA over P-256 and SHA-256 of timestamp and body)
"""

import re
import time
from base64 import b64decode
from collections.abc import Iterator, Mapping
from functools import cache

import msgspec
import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from app.channels.told import ForgedCallback, Told, moment, words
from app.config import BadConfiguration, Config
from app.ids import parse_id

PROVIDER = "sendgrid"
SIGNATURE, TIMESTAMP = "x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp"
# SendGrid repeats for 24 hours what was not taken, as it was signed; a replay within is known by its sg_event_id.
OLDEST_SECONDS = 25 * 3600
CLOCKS_APART = 300
EVENT_ID = re.compile(r"[\x21-\x7e]{1,200}")

HAPPENED = {
    "delivered": "delivered",
    "deferred": "deferred",
    "open": "opened",
    "bounce": "bounced",
    "dropped": "failed",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}
# Why SendGrid drops a message by itself, as far as it is about the address.
DROPPED = {
    "bounced address": "bounced",
    "invalid": "bounced",
    "spam reporting address": "complained",
    "unsubscribed address": "unsubscribed",
}
GOOGLE_PROXY = "googleimageproxy"

log = structlog.get_logger(__name__)


class _Event(msgspec.Struct, frozen=True):
    event: str
    sg_event_id: str
    timestamp: float
    dualcart_message: str = ""
    dualcart_store: str = ""
    type: str = ""
    reason: str = ""
    status: str = ""
    response: str = ""
    bounce_classification: str = ""
    sg_machine_open: bool = False
    useragent: str = ""


def check(config: Config) -> None:
    """Read the keys once at the start, so that a bad one is said then. Raises BadConfiguration."""
    for text in filter(None, config.sendgrid_webhook_keys.split(",")):
        _key(text)


def read(body: bytes, headers: Mapping[str, str], config: Config) -> list[Told]:
    """The events that are about messages of ours. Raises ForgedCallback."""
    lowered = {name.lower(): value for name, value in headers.items()}
    _verify(body, lowered.get(SIGNATURE, ""), lowered.get(TIMESTAMP, ""), config)
    try:
        entries = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, RecursionError):
        log.warning("sendgrid_events_not_understood", bytes=len(body))
        return []
    return [told for entry in entries for told in _understood(entry)]


def _verify(body: bytes, signature: str, timestamp: str, config: Config) -> None:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 15):
        raise ForgedCallback()
    age = time.time() - int(timestamp)
    if not -CLOCKS_APART <= age <= OLDEST_SECONDS:
        raise ForgedCallback()
    said = timestamp.encode() + body
    if not any(_signed(said, signature, key) for key in filter(None, config.sendgrid_webhook_keys.split(","))):
        raise ForgedCallback()


def _signed(said: bytes, signature: str, key: str) -> bool:
    try:
        _key(key).verify(b64decode(signature, validate=True), said, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


@cache
def _key(text: str) -> EllipticCurvePublicKey:
    try:
        key = load_der_public_key(b64decode(text, validate=True))
        if isinstance(key, EllipticCurvePublicKey):
            return key
    except ValueError:
        pass
    raise BadConfiguration("SENDGRID_WEBHOOK_KEYS must hold verification keys as SendGrid's settings show them.")


def _understood(entry: msgspec.Raw) -> Iterator[Told]:
    """The event, if it is one that we know, about a message of ours."""
    try:
        event = msgspec.json.decode(entry, type=_Event, strict=False)
    except (msgspec.MsgspecError, RecursionError):
        return
    kind = HAPPENED.get(event.event)
    message_id, store_id = parse_id(event.dualcart_message), parse_id(event.dualcart_store)
    if kind is None or message_id is None or store_id is None or not EVENT_ID.fullmatch(event.sg_event_id):
        return
    said = {
        "type": words(event.type),
        "reason": words(event.reason or event.response),
        "status": words(event.status),
        "class": words(event.bounce_classification),
        "useragent": words(event.useragent),
    }
    yield Told(
        provider=PROVIDER,
        dedupe=event.sg_event_id,
        store_id=store_id,
        message_id=message_id,
        kind=kind,
        occurred_at=moment(event.timestamp),
        agent=_agent(event),
        suppress=_suppresses(event),
        evidence={name: value for name, value in said.items() if value},
    )


def _suppresses(event: _Event) -> str:
    match event.event:
        case "bounce":
            return "" if event.type == "blocked" else "bounced"  # blocked: this time, by a filter or a full mailbox
        case "dropped":
            return DROPPED.get(event.reason.strip().lower(), "")
        case "spamreport":
            return "complained"
        case "unsubscribe" | "group_unsubscribe":
            return "unsubscribed"
    return ""


def _agent(event: _Event) -> str:
    """Pictures fetched by mail programs' proxies are no sign of a person (Apple's is marked by SendGrid)."""
    if event.event != "open":
        return "provider"
    return "proxy" if event.sg_machine_open or GOOGLE_PROXY in event.useragent.lower() else "human"
