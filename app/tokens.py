"""Unguessable values and signed ones: session ids, guest cart cookies, codes sent by mail."""

import hashlib
import hmac
import secrets
from uuid import UUID, uuid4

from itsdangerous import BadSignature, Signer


def random_token() -> str:
    """128 random bits, safe in URLs and cookies."""
    return secrets.token_urlsafe(16)


def random_uuid() -> UUID:
    """A version 4 UUID from the operating system's randomness: for ids that must not be guessed or dated."""
    return uuid4()


def random_digits(length: int = 6) -> str:
    """`length` random decimal digits, leading zeros kept."""
    return f"{secrets.randbelow(10**length):0{length}d}"


def keyed_hash(key: str, purpose: str, text: str) -> str:
    """HMAC-SHA-256 of `text`, bound to a purpose so that one use never stands in for another (RFC 2104)."""
    return hmac.new(key.encode(), f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Compare without telling by the time taken where the difference is."""
    return hmac.compare_digest(one.encode(), other.encode())


class CookieSigner:
    """Signs short cookie values for one purpose; what was altered or signed for something else reads as None."""

    def __init__(self, key: str, purpose: str) -> None:
        self._signer = Signer(key, salt=purpose, digest_method=hashlib.sha256)

    def sign(self, value: str) -> str:
        """`value` with its signature."""
        return self._signer.sign(value).decode()

    def read(self, signed: str | None) -> str | None:
        """The value, if the signature is ours."""
        if not signed or len(signed) > 512:
            return None
        try:
            return self._signer.unsign(signed).decode()
        except (BadSignature, UnicodeDecodeError):
            return None
