"""A push service (RFC 8030) and the browsers behind it: it verifies VAPID, and a browser decrypts what came for it.

Written from the standards (RFC 8188, 8291, 8292), without the code under test.
"""

import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.faulty_server import Asked, Reply, Server, serving


@dataclass
class Browser:
    """A subscription, with the private key that only the browser has."""

    path: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: os.urandom(16))
    gone: int = 0

    @property
    def p256dh(self) -> str:
        """As PushSubscription.getKey says it."""
        return _text(self._point())

    @property
    def auth(self) -> str:
        """The shared secret."""
        return _text(self.secret)

    def read(self, body: bytes) -> dict[str, Any]:
        """Decrypt a message. Raises InvalidTag and others for what is not meant for this browser."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        theirs = body[21 : 21 + length]
        record = body[21 + length :]
        assert length == 65, "the sender's key goes into keyid"
        assert size >= len(record) > 17, "one record"
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
        material = _expand(_hmac(self.secret, shared), b"WebPush: info\0" + self._point() + theirs, 32)
        extracted = _hmac(salt, material)
        key = _expand(extracted, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _expand(extracted, b"Content-Encoding: nonce\0", 12)
        plain = AESGCM(key).decrypt(nonce, record, None).rstrip(b"\0")
        assert plain[-1:] == b"\x02", "the last record's delimiter"
        return json.loads(plain[:-1])  # type: ignore[no-any-return]

    def _point(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@dataclass
class PushService(Server):
    """The other side: its browsers, and what waits for them by topic."""

    browsers: dict[str, Browser] = field(default_factory=dict)
    waiting: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    public_key: str = ""  # of the application server that subscribed

    def subscribe(self) -> Browser:
        """A new browser."""
        made = Browser(f"/push/{len(self.browsers) + 1}")
        self.browsers[made.path] = made
        return made


@contextmanager
def running() -> Iterator[PushService]:
    """The server, on a port of its own."""
    state = PushService()
    with serving(state, lambda asked: _answer(state, asked)):
        yield state


def _answer(state: PushService, asked: Asked) -> Reply:
    browser = state.browsers.get(asked.path)
    if browser is None:
        return 404, {}, b""
    if browser.gone:
        return browser.gone, {}, b""
    try:
        _check_vapid(asked.headers.get("authorization", ""), state)
    except (AssertionError, ValueError, KeyError, InvalidSignature) as problem:
        return 403, {}, str(problem).encode()
    ttl, topic = asked.headers.get("ttl", ""), asked.headers.get("topic", "")
    if not ttl.isdigit() or asked.headers.get("content-encoding") != "aes128gcm":
        return 400, {}, b"TTL and Content-Encoding are required"
    if not 0 < len(topic) <= 32 or not all(letter.isalnum() or letter in "-_" for letter in topic):
        return 400, {}, b"Topic"
    if asked.headers.get("urgency") not in ("very-low", "low", "normal", "high"):
        return 400, {}, b"Urgency"
    if len(asked.body) > 4096:
        return 413, {}, b""
    state.waiting[browser.path, topic] = browser.read(asked.body)
    return 201, {"Location": f"{state.url}/message/{topic}"}, b""


def _check_vapid(header: str, state: PushService) -> None:
    scheme, _, rest = header.partition(" ")
    assert scheme == "vapid", "no VAPID"
    said = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert said["k"] == state.public_key, "another application server subscribed"
    head, claims, signature = said["t"].split(".")
    raw = _raw(signature)
    assert len(raw) == 64
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _raw(said["k"]))
    both = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.verify(both, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
    assert json.loads(_raw(head)) == {"typ": "JWT", "alg": "ES256"}
    claimed = json.loads(_raw(claims))
    assert claimed["aud"] == state.url, "for another service"
    assert time.time() < claimed["exp"] <= time.time() + 86_400, "expired, or valid for too long"
    assert claimed["sub"].startswith(("mailto:", "https://"))


def _hmac(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, hashlib.sha256)


def _expand(key: bytes, info: bytes, length: int) -> bytes:
    return _hmac(key, info + b"\x01")[:length]


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
