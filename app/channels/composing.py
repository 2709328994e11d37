"""A mail as MIME: headers, plain text, HTML with the shop's mark inside, files that travel with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import cast

from app.config import Config

MARK = "mark@dualcart"
MARK_FILE = Path(__file__).resolve().parents[2] / "templates" / "emails" / "mark.png"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels with a letter. `kind` is its media type."""

    name: str
    kind: str
    body: bytes


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
) -> EmailMessage:
    """The mail. `name` is the first part of its Message-ID: the same for a second sending, which so can be known as one."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = one_line(subject)
    message["From"] = Address(display_name=one_line(sender_name), addr_spec=config.mail_from)
    message["To"] = Address(addr_spec=to)
    if reply_to:
        message["Reply-To"] = Address(addr_spec=reply_to)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{name}@{domain(config)}>"
    message["Auto-Submitted"] = "auto-generated"
    for key, value in (headers or {}).items():
        message[key] = one_line(value)
    message.set_content(text.strip() + "\n")
    message.add_alternative(html, subtype="html")
    if f"cid:{MARK}" in html:
        page = cast(list[EmailMessage], message.get_payload())[1]
        page.add_related(mark(), "image", "png", cid=f"<{MARK}>", disposition="inline", filename="mark.png")
    for attachment in attachments:
        main, _slash, sub = attachment.kind.partition("/")
        message.add_attachment(attachment.body, main, sub, filename=attachment.name)
    message["Content-Language"] = locale  # last: making parts moves Content- headers into them
    return message


@cache
def mark() -> bytes:
    """The shop's mark as a picture."""
    return MARK_FILE.read_bytes()


def domain(config: Config) -> str:
    """Of the address that mails come from."""
    return config.mail_from.rpartition("@")[2]


def one_line(text: str) -> str:
    """Without line breaks and doubled spaces: what goes into a header (ASVS 1.3.11)."""
    return " ".join(text.split())
