"""The demonstration's mailbox: what was sent, as its recipients see it. Never registered outside the demonstration."""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import cast

from flask import Blueprint, Response, g, make_response, render_template, request

from app.errors import NotFound
from app.stores.request import current_config

bp = Blueprint("mailbox", __name__)

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,120}\.eml")
NEWEST = 200
LARGEST = 5_000_000
DARK_QUERY = "(prefers-color-scheme: dark)"
LETTER_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: https: 'self'; frame-ancestors 'self'; sandbox"
)


@dataclass(frozen=True, slots=True)
class LetterView:
    """One message of the list. `channel` is there for the SMS and push messages to come."""

    name: str
    channel: str
    readable: bool
    subject: str = ""
    sender: str = ""
    recipient: str = ""
    sent_at: datetime | None = None


@bp.get("")
def index() -> Response:
    """All messages, newest first."""
    letters = [_view(path) for path in _files()[:NEWEST]]
    return make_response(render_template("demo/mailbox.html", letters=letters))


@bp.get("/<name>")
def show(name: str) -> Response:
    """One message: headers, the page it shows, its text."""
    path = _file(name)
    letter = _view(path)
    message = _parsed(path)
    if message is None or not letter.readable:
        return make_response(render_template("demo/letter.html", letter=letter, headers=[], text="", html=False))
    headers = [
        (key, str(value)) for key, value in message.items() if key.lower() not in ("mime-version", "content-type")
    ]
    html = message.get_body(("html",)) is not None
    return make_response(
        render_template("demo/letter.html", letter=letter, headers=headers, text=_content(message, "plain"), html=html)
    )


@bp.get("/<name>/html")
def html_part(name: str) -> Response:
    """The page inside a message, shut in: it may style itself and show pictures, nothing else."""
    message = _parsed(_file(name))
    html = _content(message, "html") if message else ""
    if message is None or not html:
        raise NotFound()
    g.content_security_policy = LETTER_CSP
    # The mail program's own theme, whatever this browser prefers.
    html = html.replace(DARK_QUERY, "all" if request.args.get("theme") == "dark" else "not all")
    return make_response(_with_pictures(html, message))


def _folder() -> Path | None:
    configured = current_config().mailbox
    return Path(configured) if configured else None


def _files() -> list[Path]:
    folder = _folder()
    if folder is None or not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if NAME.fullmatch(path.name) and path.is_file()]
    return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)


def _file(name: str) -> Path:
    folder = _folder()
    if folder is None or not NAME.fullmatch(name) or not (folder / name).is_file():
        raise NotFound()
    return folder / name


def _parsed(path: Path) -> EmailMessage | None:
    try:
        if path.stat().st_size > LARGEST:
            return None
        message = message_from_bytes(path.read_bytes(), policy=default)
        return message if message.keys() and (message["From"] or message["To"]) else None
    except Exception:
        return None


def _view(path: Path) -> LetterView:
    message = _parsed(path)
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


def _content(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    try:
        return str(part.get_content()) if part else ""
    except Exception:
        return ""


def _with_pictures(html: str, message: EmailMessage) -> str:
    """Pictures that travel inside the message, put where it names them: the frame has no other way to reach them."""
    for part in message.walk():
        cid = (part["Content-ID"] or "").strip("<>")
        if cid and part.get_content_maintype() == "image":
            data = base64.b64encode(cast(bytes, part.get_payload(decode=True))).decode()
            html = html.replace(f"cid:{cid}", f"data:{part.get_content_type()};base64,{data}")
    return html
