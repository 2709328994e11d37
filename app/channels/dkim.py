"""DKIM: signing mails with the sender's key (RFC 6376, RFC 8463), relaxed/relaxed, by RSA or Ed25519 as the key is.

With the `cryptography` package, because dkimpy comes without a wheel and set-up installs nothing else.
"""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from app.config import BadConfiguration, Config

Key = RSAPrivateKey | Ed25519PrivateKey

# Named once more than they occur ("oversigned"), so that nobody can add a second one.
SIGNED = (
    "from", "to", "subject", "date", "message-id", "content-type", "mime-version", "content-language",
    "list-unsubscribe", "list-unsubscribe-post",
)  # fmt: skip
LEAST_RSA_BITS = 1024
LINE = 70


def check(config: Config) -> None:
    """Read the key once at the start, so that a bad one is said then. Raises BadConfiguration."""
    if config.dkim_private_key_file:
        load_key(config.dkim_private_key_file)


def sign(message: bytes, config: Config) -> bytes:
    """The message (lines ending in CRLF) with its signature in front; as it is where no key is configured."""
    if not config.dkim_private_key_file:
        return message
    key = load_key(config.dkim_private_key_file)
    domain = config.dkim_domain or config.mail_from.rpartition("@")[2]
    return signature(message, key, domain=domain, selector=config.dkim_selector) + message


def signature(message: bytes, key: Key, *, domain: str, selector: str) -> bytes:
    """The DKIM-Signature header of a message, folded, with its line end."""
    head, _blank, body = message.partition(b"\r\n\r\n")
    fields = _fields(head + b"\r\n")
    present = [name for name, _ in fields]
    names = [name for name in SIGNED for _ in range(present.count(name) + 1)]
    algorithm = "rsa-sha256" if isinstance(key, RSAPrivateKey) else "ed25519-sha256"
    tags = (
        f"v=1; a={algorithm}; c=relaxed/relaxed; d={domain}; s={selector};\r\n"
        f" h={_folded(':'.join(names), after=':')};\r\n bh={_text(sha256(relaxed_body(body)).digest())};\r\n b="
    )
    header = f"DKIM-Signature: {tags}"
    said = signed_headers(fields, names) + relaxed_field(header.encode()).removesuffix(b"\r\n")
    raw = key.sign(said, PKCS1v15(), SHA256()) if isinstance(key, RSAPrivateKey) else key.sign(sha256(said).digest())
    return f"{header}{_folded(_text(raw))}\r\n".encode()


def signed_headers(fields: list[tuple[str, bytes]], names: list[str]) -> bytes:
    """The named fields, each time from the last one up; a name with nothing left stands for nothing."""
    left = list(fields)
    chosen = []
    for name in names:
        at = next((at for at in range(len(left) - 1, -1, -1) if left[at][0] == name), None)
        if at is not None:
            chosen.append(relaxed_field(left.pop(at)[1]))
    return b"".join(chosen)


def relaxed_field(field: bytes) -> bytes:
    """RFC 6376, 3.4.2: name in small letters, unfolded, white space as one space."""
    name, _colon, value = field.partition(b":")
    value = re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip()
    return name.strip().lower() + b":" + value + b"\r\n"


def relaxed_body(body: bytes) -> bytes:
    """RFC 6376, 3.4.4: white space as one space, none at the end of lines, no empty lines at the end."""
    said = re.sub(rb"[ \t]{2,}|\t", b" ", body).replace(b" \r\n", b"\r\n").rstrip(b" ")
    said = re.sub(rb"(?:\r\n)+\Z", b"", said)
    return said + b"\r\n" if said else b""


@cache
def load_key(path: str) -> Key:
    """The private key in a PEM file. Raises BadConfiguration."""
    try:
        key = load_pem_private_key(Path(path).read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        raise BadConfiguration("DKIM_PRIVATE_KEY_FILE must name a readable PEM file with a private key.") from None
    if isinstance(key, RSAPrivateKey) and key.key_size < LEAST_RSA_BITS:
        raise BadConfiguration(
            f"DKIM_PRIVATE_KEY_FILE: RSA keys under {LEAST_RSA_BITS} bits are not accepted by anyone."
        )
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise BadConfiguration("DKIM_PRIVATE_KEY_FILE must hold an RSA or an Ed25519 key.")
    return key


def _fields(head: bytes) -> list[tuple[str, bytes]]:
    found = re.findall(rb"[^\r\n]+\r\n(?:[ \t][^\r\n]*\r\n)*", head)
    return [(field.partition(b":")[0].strip().lower().decode("ascii", "replace"), field) for field in found]


def _folded(text: str, after: str = "") -> str:
    """Broken into lines; with `after` only behind that letter."""
    if not after:
        return "\r\n ".join(text[at : at + LINE] for at in range(0, len(text), LINE))
    lines = [""]
    for part in text.split(after):
        if len(lines[-1]) + len(part) > LINE:
            lines.append("")
        lines[-1] += part + after
    return "\r\n ".join(lines).removesuffix(after)


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()
