"""VAPID: who pushes, said to the push service by a signed token (RFC 8292), ES256 with the key of VAPID_PRIVATE_KEY_FILE."""

import time
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from app.channels.push_encryption import to_base64url
from app.config import BadConfiguration, Config

VALID_SECONDS = 12 * 3600  # 24 hours at most (RFC 8292, 2)
RENEWED_SECONDS = 3600
NUMBER = 32  # bytes of each half of a signature (RFC 7518, 3.4)


def check(config: Config) -> None:
    """Read the key once at the start, so that a bad one is said then. Raises BadConfiguration."""
    if config.vapid_private_key_file:
        load_key(config.vapid_private_key_file)


def public_key(config: Config) -> str:
    """What browsers subscribe with (base64url of the point); empty where no key is configured."""
    return _public(load_key(config.vapid_private_key_file)) if config.vapid_private_key_file else ""


def authorization(endpoint: str, config: Config) -> str:
    """The Authorization header for a push to `endpoint`. The same for an hour: services may keep what they verified."""
    parts = urlsplit(endpoint)
    hour = int(time.time()) // RENEWED_SECONDS
    return _signed(f"{parts.scheme}://{parts.netloc}", hour, config.vapid_private_key_file, subject(config))


def subject(config: Config) -> str:
    """Whom a push service may write to."""
    return config.vapid_subject or f"mailto:{config.mail_from}"


@cache
def load_key(path: str) -> EllipticCurvePrivateKey:
    """The private key in a PEM file. Raises BadConfiguration."""
    try:
        key = load_pem_private_key(Path(path).read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        raise BadConfiguration("VAPID_PRIVATE_KEY_FILE must name a readable PEM file with a private key.") from None
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise BadConfiguration("VAPID_PRIVATE_KEY_FILE must hold a key on the curve P-256.")
    return key


_tokens: dict[tuple[str, int, str, str], str] = {}


def _signed(audience: str, hour: int, path: str, said_subject: str) -> str:
    known = (audience, hour, path, said_subject)
    if known not in _tokens:
        if len(_tokens) > 1_000:
            _tokens.clear()
        key = load_key(path)
        _tokens[known] = f"vapid t={_token(key, audience, hour, said_subject)}, k={_public(key)}"
    return _tokens[known]


def _token(key: EllipticCurvePrivateKey, audience: str, hour: int, said_subject: str) -> str:
    claims = {"aud": audience, "exp": hour * RENEWED_SECONDS + VALID_SECONDS, "sub": said_subject}
    said = ".".join(to_base64url(msgspec.json.encode(part)) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
    one, other = decode_dss_signature(key.sign(said.encode(), ECDSA(SHA256())))
    return f"{said}.{to_base64url(one.to_bytes(NUMBER, 'big') + other.to_bytes(NUMBER, 'big'))}"


def _public(key: EllipticCurvePrivateKey) -> str:
    return to_base64url(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
