"""The files of the demonstration's mailbox: mails as a mail server took them, SMS and push messages as their sender kept them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from app.channels.folder import Kept
from app.errors import NotFound

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,120}\.(eml|sms|push)")
CHANNELS = {".eml": "email", ".sms": "sms", ".push": "push"}
LARGEST = 5_000_000


@dataclass(frozen=True, slots=True)
class LetterView:
    """One message of the list. `subject` is what stands for it there: an SMS has only its text. A push went to its service's host."""

    name: str
    channel: str
    readable: bool
    subject: str = ""
    sender: str = ""
    recipient: str = ""
    sent_at: datetime | None = None


def list_files(folder: Path | None) -> list[Path]:
    """All messages, newest first."""
    if folder is None or not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if NAME.fullmatch(path.name) and path.is_file()]
    return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)


def find_file(folder: Path | None, name: str) -> Path:
    """The message called `name`. Raises NotFound for anything else."""
    if folder is None or not NAME.fullmatch(name) or not (folder / name).is_file():
        raise NotFound()
    return folder / name


def channel_of(path: Path) -> str:
    """email, sms or push, by the ending."""
    return CHANNELS[path.suffix]


def read_mail(path: Path) -> EmailMessage | None:
    """A mail; None if it is none."""
    try:
        if path.stat().st_size > LARGEST:
            return None
        message = message_from_bytes(path.read_bytes(), policy=default)
        return message if message.keys() and (message["From"] or message["To"]) else None
    except Exception:
        return None


def read_kept(path: Path) -> Kept | None:
    """An SMS or a push message; None if it is none of the kind its ending says."""
    try:
        if path.stat().st_size > LARGEST:
            return None
        kept = msgspec.json.decode(path.read_bytes(), type=Kept)
    except (OSError, msgspec.MsgspecError):
        return None
    return kept if kept.channel == channel_of(path) else None


def view_of(path: Path) -> LetterView:
    """A message as the list shows it."""
    if channel_of(path) == "email":
        return _mail_view(path)
    kept = read_kept(path)
    if kept is None:
        return LetterView(name=path.name, channel=channel_of(path), readable=False)
    return LetterView(
        name=path.name,
        channel=kept.channel,
        readable=True,
        subject=kept.title or kept.text,
        recipient=_host(kept.to) if kept.channel == "push" else kept.to,
        sent_at=kept.sent_at.astimezone(UTC),
    )


def _host(endpoint: str) -> str:
    """The push service behind a browser's endpoint: the rest of the address says nothing to a person."""
    try:
        return urlsplit(endpoint).hostname or endpoint
    except ValueError:
        return endpoint


def _mail_view(path: Path) -> LetterView:
    message = read_mail(path)
    try:
        if message is None:
            raise ValueError
        sent = parsedate_to_datetime(message["Date"]).astimezone(UTC) if message["Date"] else None
        return LetterView(
            name=path.name,
            channel="email",
            readable=True,
            subject=str(message["Subject"] or ""),
            sender=str(message["From"] or ""),
            recipient=str(message["To"] or ""),
            sent_at=sent,
        )
    except Exception:
        return LetterView(name=path.name, channel="email", readable=False)
