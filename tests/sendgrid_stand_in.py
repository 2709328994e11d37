"""A server that keeps SendGrid's contract of v3 mail/send as far as we rely on it, strictly, and signs events as it does.

https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send,
https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
"""

import base64
import itertools
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.faulty_server import Asked, Reply, Server, serving

KEY = "SG.stand-in"
RESERVED = {
    "x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding",
    "to", "from", "subject", "reply-to", "cc", "bcc",
}  # fmt: skip
KNOWN = {
    "personalizations", "from", "reply_to", "subject", "content", "attachments", "headers", "categories",
    "tracking_settings",
}  # fmt: skip


@dataclass
class SendGrid(Server):
    """The other side: what it took, in order."""

    taken: list[dict[str, Any]] = field(default_factory=list)
    signing_key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def verification_key(self) -> str:
        """The public key as its settings page shows it."""
        return shown(self.signing_key)

    def sign(self, body: bytes, *, moment: int | None = None) -> dict[str, str]:
        """The headers of an event request."""
        stamp = str(moment if moment is not None else int(time.time()))
        signature = self.signing_key.sign(stamp.encode() + body, ec.ECDSA(SHA256()))
        return {
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
        }


def shown(key: ec.EllipticCurvePrivateKey) -> str:
    """Base64 of the DER encoding."""
    return base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def event(kind: str, message: object, store: object, *, event_id: str = "ev1", **fields: Any) -> dict[str, Any]:
    """One entry of an event request."""
    return {
        "email": "roya@example.com",
        "timestamp": int(time.time()),
        "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>",
        "event": kind,
        "category": ["dualcart", "recovery"],
        "sg_event_id": event_id,
        "sg_message_id": "sg_message_id.filter0001",
        "dualcart_message": str(message),
        "dualcart_store": str(store),
        **fields,
    }


def body_of(*events: Any) -> bytes:
    """The body of an event request, ended as SendGrid ends it."""
    return json.dumps(events, ensure_ascii=False, separators=(",", ":")).encode() + b"\r\n"


@contextmanager
def running() -> Iterator[SendGrid]:
    """The server, on a port of its own."""
    state = SendGrid()
    with serving(state, lambda asked: _answer(state, asked)):
        yield state


def _answer(state: SendGrid, asked: Asked) -> Reply:
    if asked.path != "/v3/mail/send":
        return 404, {}, _errors("no such endpoint", None)
    if asked.headers.get("authorization") != f"Bearer {KEY}":
        return 401, {}, _errors("The provided authorization grant is invalid, expired, or revoked", None)
    if asked.headers.get("content-type") != "application/json":
        return 415, {}, _errors("Content-Type should be application/json.", None)
    try:
        document = json.loads(asked.body)
        _check(document)
    except Wrong as wrong:
        return 400, {}, _errors(str(wrong), wrong.field)
    except (ValueError, KeyError, TypeError):
        return 400, {}, _errors("Bad Request", None)
    state.taken.append(document)
    return 202, {"X-Message-Id": f"sg-{next(state.numbers)}"}, b""


class Wrong(Exception):
    """What is wrong with a request, and in which field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def _check(document: dict[str, Any]) -> None:
    if set(document) - KNOWN:
        raise Wrong(min(set(document) - KNOWN), "unknown field")
    (personalization,) = document["personalizations"]
    (recipient,) = personalization["to"]
    for where, address in (
        ("personalizations.0.to.0.email", recipient["email"]),
        ("from.email", document["from"]["email"]),
    ):
        if not re.fullmatch(r"[^@\s]+@[a-z0-9-]+(\.[a-z0-9-]+)+", address) or "bounce-me" in address:
            raise Wrong(where, "Does not contain a valid address.")
    arguments = personalization["custom_args"]
    if any(not isinstance(value, str) for value in arguments.values()) or len(json.dumps(arguments)) > 10_000:
        raise Wrong("personalizations.0.custom_args", "must be strings under 10,000 bytes")
    if not document["subject"]:
        raise Wrong("subject", "The subject is required.")
    kinds = [part["type"] for part in document["content"]]
    if kinds != ["text/plain", "text/html"] or not all(part["value"] for part in document["content"]):
        raise Wrong("content", "text/plain must come first, then text/html; neither may be empty")
    for name, value in document.get("headers", {}).items():
        if name.lower() in RESERVED or not isinstance(value, str) or "\n" in value or not (name + value).isascii():
            raise Wrong(f"headers.{name}", "reserved or not text")
    if len(document["categories"]) > 10 or any(len(category) > 255 for category in document["categories"]):
        raise Wrong("categories", "too many")
    for attachment in document.get("attachments", []):
        base64.b64decode(attachment["content"], validate=True)
        if attachment["disposition"] == "inline" and not attachment["content_id"]:
            raise Wrong("attachments", "content_id is missing")


def _errors(message: str, name: str | None) -> bytes:
    return json.dumps({"errors": [{"message": message, "field": name, "help": None}]}).encode()
