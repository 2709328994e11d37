"""Secrets kept in the database, readable only with the installation's key: AES-256-GCM (NIST SP 800-38D)."""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = "v1."
NONCE_BYTES = 12


class Unreadable(Exception):
    """The text was sealed with another key, for another place, or was changed."""


def seal(key: str, plain: str, about: str) -> str:
    """`plain` sealed for one place: `about` names store, table, column and row, so that it cannot be put elsewhere."""
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + urlsafe_b64encode(nonce + _cipher(key).encrypt(nonce, plain.encode(), about.encode())).decode()


def unseal(key: str, sealed: str, about: str) -> str:
    """What was sealed. Raises Unreadable."""
    try:
        raw = urlsafe_b64decode(sealed.removeprefix(VERSION).encode())
        return _cipher(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], about.encode()).decode()
    except (InvalidTag, ValueError):
        raise Unreadable() from None


@lru_cache(maxsize=8)
def _cipher(key: str) -> AESGCM:
    """The cipher under a key derived from the installation's for this use alone (RFC 5869)."""
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"dualcart sealing v1").derive(key.encode()))
