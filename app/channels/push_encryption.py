"""Message encryption for web push: RFC 8291 over the aes128gcm coding of RFC 8188, in a single record. Pure but for chance.

With the `cryptography` package, because pywebpush brings an HTTP client of its own beside the two we have.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD = 4096
SALT, AUTH, TAG, POINT = 16, 16, 16, 65
LONGEST = RECORD - (SALT + 4 + 1 + POINT) - TAG - 1  # bytes of plain text that fit (RFC 8291, 4)
LAST_RECORD = b"\x02"


class BadKeys(ValueError):
    """A subscription whose keys are none."""


def encrypt(
    text: bytes, p256dh: str, auth: str, *, salt: bytes | None = None, key: EllipticCurvePrivateKey | None = None
) -> bytes:
    """The body of a push request, for the browser with these keys (base64url). Raises BadKeys, ValueError if too long."""
    if len(text) > LONGEST:
        raise ValueError(f"more than {LONGEST} bytes")
    browser, secret = read_keys(p256dh, auth)
    salt, key = salt or os.urandom(SALT), key or generate_private_key(SECP256R1())
    theirs, ours = _point(browser), _point(key.public_key())
    material = _derive(key.exchange(ECDH(), browser), secret, b"WebPush: info\0" + theirs + ours, 32)
    content_key = _derive(material, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(material, salt, b"Content-Encoding: nonce\0", 12)
    head = salt + RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return head + AESGCM(content_key).encrypt(nonce, text + LAST_RECORD, None)


def read_keys(p256dh: str, auth: str) -> tuple[EllipticCurvePublicKey, bytes]:
    """A subscription's public key and its shared secret. Raises BadKeys."""
    try:
        secret = from_base64url(auth)
        browser = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), from_base64url(p256dh))
    except ValueError:
        raise BadKeys("not keys of a subscription") from None
    if len(secret) != AUTH:
        raise BadKeys("not keys of a subscription")
    return browser, secret


def from_base64url(text: str) -> bytes:
    """Base64 for URLs, with or without its padding. Raises ValueError."""
    return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))


def to_base64url(raw: bytes) -> str:
    """Base64 for URLs, without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _derive(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(material)


def _point(key: EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
