"""A mail as bytes: headers, plain text, HTML with the shop's mark inside, files that travel with it (RFC 5322, 2045–2047).

Written here because the standard library's EmailMessage takes 7 ms for one such mail, most of what sending it costs.
"""

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr
from functools import cache
from pathlib import Path
from urllib.parse import quote

from app.config import Config

MARK = "mark@dualcart"
MARK_FILE = Path(__file__).resolve().parents[2] / "templates" / "emails" / "mark.png"
LONGEST_LINE = 998  # RFC 5322, 2.1.1
FOLDED = 76  # RFC 2047, 2
ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f-\U0010ffff<>(),;:\"\[\]\\@]+@[A-Za-z0-9.-]+")
HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
CONTROL = dict.fromkeys([*range(32), 127])
# "=_" is in no text that is quoted-printable or base64, so no part can hold the line that ends it (RFC 2045, 6.7).
BOUNDARY = "=_%s_"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels with a letter. `kind` is its media type."""

    name: str
    kind: str
    body: bytes


@dataclass(frozen=True, slots=True)
class _Part:
    headers: tuple[str, ...]
    body: bytes

    def __bytes__(self) -> bytes:
        return "".join(f"{line}\r\n" for line in self.headers).encode() + b"\r\n" + self.body


def compose(
    *,
    name: str,
    sender_name: str,
    to: str,
    subject: str,
    text: str,
    html: str,
    locale: str,
    config: Config,
    now: datetime,
    reply_to: str = "",
    headers: Mapping[str, str] | None = None,
    attachments: Sequence[Attachment] = (),
) -> bytes:
    """The mail, lines ending in CRLF. Raises ValueError for an address that is none.

    `name` is the first part of its Message-ID: the same for a second sending, which so can be known as one.
    """
    body = _content(text, html, attachments)
    said = (
        _header("Subject", subject),
        f"From: {_mailbox(sender_name, config.mail_from)}",
        f"To: {_address(to)}",
        *([f"Reply-To: {_address(reply_to)}"] if reply_to else []),
        f"Date: {format_datetime(now)}",
        f"Message-ID: <{name}@{domain(config)}>",
        "Auto-Submitted: auto-generated",
        *(_header(key, value) for key, value in (headers or {}).items()),
        "MIME-Version: 1.0",
        _header("Content-Language", locale),
    )
    return bytes(_Part((*said, *body.headers), body.body))


@cache
def mark() -> bytes:
    """The shop's mark as a picture."""
    return MARK_FILE.read_bytes()


def domain(config: Config) -> str:
    """Of the address that mails come from."""
    return config.mail_from.rpartition("@")[2]


def one_line(text: str) -> str:
    """Without line breaks, doubled spaces and control characters: what goes into a header (ASVS 1.3.11)."""
    return " ".join(text.split()).translate(CONTROL)


def _content(text: str, html: str, attachments: Sequence[Attachment]) -> _Part:
    page = _words("html", html)
    if f"cid:{MARK}" in html:
        page = _together("related", (page, _mark_part()))
    whole = _together("alternative", (_words("plain", text.strip() + "\n"), page))
    return _together("mixed", (whole, *map(_file, attachments))) if attachments else whole


def _together(how: str, parts: Sequence[_Part]) -> _Part:
    boundary = BOUNDARY % how
    line = f"--{boundary}\r\n".encode()
    body = b"".join(line + bytes(part) + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
    return _Part((f'Content-Type: multipart/{how}; boundary="{boundary}"',), body)


def _words(kind: str, text: str) -> _Part:
    """Readable as it is where that is possible, else in whichever encoding is the shorter one."""
    lines = text.splitlines()
    raw = "\n".join(lines).encode() + b"\n"
    foreign = 0 if raw.isascii() else len(raw) - len(raw.decode("ascii", "ignore"))
    if not foreign and max(map(len, lines), default=0) < LONGEST_LINE - 1 and b"--=_" not in raw:
        encoding, body = "7bit", raw
    elif foreign * 6 < len(raw):
        encoding, body = "quoted-printable", b2a_qp(raw, istext=True)
    else:
        encoding, body = "base64", encodebytes(raw)
    headers = (f"Content-Type: text/{kind}; charset=utf-8", f"Content-Transfer-Encoding: {encoding}")
    return _Part(headers, body.replace(b"\n", b"\r\n"))


@cache
def _mark_part() -> _Part:
    return _encoded("image/png", mark(), f"Content-ID: <{MARK}>", 'Content-Disposition: inline; filename="mark.png"')


def _file(attachment: Attachment) -> _Part:
    name = one_line(attachment.name)
    plain = name.isascii() and not set('"\\') & set(name)
    said = f'filename="{name}"' if plain else f"filename*=utf-8''{quote(name, safe='')}"  # RFC 2231, 4
    return _encoded(one_line(attachment.kind), attachment.body, f"Content-Disposition: attachment; {said}")


def _encoded(kind: str, body: bytes, *headers: str) -> _Part:
    said = (f"Content-Type: {kind}", "Content-Transfer-Encoding: base64", *headers)
    return _Part(said, encodebytes(body).replace(b"\n", b"\r\n"))


def _header(name: str, text: str) -> str:
    if not HEADER_NAME.fullmatch(name):
        raise ValueError("no name of a header")
    return f"{name}: {_said(name, text)}"


def _said(name: str, text: str) -> str:
    line = one_line(text)
    if line.isascii() and "=?" not in line and len(name) + len(line) + 2 <= LONGEST_LINE:
        return line
    return Header(line, "utf-8", maxlinelen=FOLDED, header_name=name).encode(linesep="\r\n")


def _mailbox(name: str, address: str) -> str:
    line = one_line(name)
    if line.isascii() and "=?" not in line:
        return formataddr((line, _address(address)))
    return f"{_said('From', line)} <{_address(address)}>"


def _address(text: str) -> str:
    if not ADDRESS.fullmatch(text):
        raise ValueError("an address with CR, LF or other letters that none has")
    return text
