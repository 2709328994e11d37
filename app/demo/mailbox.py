"""The demonstration's mailbox: what was sent, as its recipients see it. Never registered outside the demonstration."""

import base64
from collections import Counter
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import cast

from flask import Blueprint, Response, current_app, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.cache import clock_offset
from app.demo import mail_files
from app.errors import NotFound
from app.recovery import segments
from app.stores.request import current_config

bp = Blueprint("mailbox", __name__)

NEWEST = 200
STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
DARK_QUERY = "(prefers-color-scheme: dark)"
LETTER_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: https: 'self'; frame-ancestors 'self'; sandbox"
)


@bp.get("")
def index() -> Response:
    """All messages, or those of one channel; newest first."""
    files = mail_files.list_files(_folder())
    counts = Counter(mail_files.channel_of(path) for path in files)
    wanted = request.args.get("channel", "")
    chosen = wanted if wanted in mail_files.CHANNELS.values() else ""
    shown = [path for path in files if not chosen or mail_files.channel_of(path) == chosen]
    letters = [mail_files.view_of(path) for path in shown[:NEWEST]]
    page = render_template("demo/mailbox.html", letters=letters, counts=counts, channel=chosen, **_clock())
    return make_response(page)


@bp.post("/clock")
def move_clock() -> AnyResponse:
    """Move the demonstration's clock on, or back to the true time: what becomes due is done within a minute."""
    config, by = current_config(), request.form.get("by", "")
    if by == "back":
        clock_offset.reset(config)
    elif by in STEPS:
        clock_offset.advance(config, STEPS[by])
    return redirect(url_for("mailbox.index"), 303)


@bp.get("/<name>")
def show(name: str) -> Response:
    """One message: a mail with its headers, the page it shows and its text; an SMS or a push as it would come up."""
    path = mail_files.find_file(_folder(), name)
    letter = mail_files.view_of(path)
    if letter.readable and letter.channel != "email":
        kept = mail_files.read_kept(path)
        size = segments.measure(kept.text) if kept and letter.channel == "sms" else None
        return make_response(render_template("demo/short.html", letter=letter, kept=kept, size=size))
    message = mail_files.read_mail(path) if letter.readable else None
    if message is None:
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
    path = mail_files.find_file(_folder(), name)
    message = mail_files.read_mail(path) if mail_files.channel_of(path) == "email" else None
    html = _content(message, "html") if message else ""
    if message is None or not html:
        raise NotFound()
    g.content_security_policy = LETTER_CSP
    # The mail program's own theme, whatever this browser prefers.
    html = html.replace(DARK_QUERY, "all" if request.args.get("theme") == "dark" else "not all")
    return make_response(_with_pictures(html, message))


def _clock() -> dict[str, object]:
    """What the demonstration's clock shows, and whether it was moved."""
    ahead = clock_offset.current(current_config())
    return {"clock": current_app.config["CLOCK"].now(), "moved": bool(ahead), "steps": tuple(STEPS)}


def _folder() -> Path | None:
    configured = current_config().mailbox
    return Path(configured) if configured else None


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
