"""Letters as mail: rendered in the reader's language from MJML with a plain-text twin, signed, sent by SMTP."""

import contextlib
import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import structlog
from flask import current_app
from jinja2 import Environment
from mjml import mjml2html

from app.channels import dkim
from app.config import Config
from app.events.failures import PermanentFailure
from app.web.language import direction, speaking

TIMEOUT_SECONDS = 10
MARK = "mark@dualcart"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels with a letter. `kind` is its media type."""

    name: str
    kind: str
    body: bytes


Resolver = Callable[[Mapping[str, Any]], Attachment | None]
_resolvers: dict[str, Resolver] = {}


def attach(source: str, resolver: Resolver) -> None:
    """Let `resolver` fetch the files that letters name under `source`, when they are sent; None: goes without."""
    _resolvers[source] = resolver


def deliver_letter(payload: Mapping[str, Any], letter_id: UUID) -> None:
    """Render and send one letter. Raises PermanentFailure if the other side will never take it; else trying again may help."""
    config = cast(Config, cast(Any, current_app).config["DUALCART"])
    message = compose(payload, letter_id, config, cast(Any, current_app).config["CLOCK"].now())
    signed = dkim.sign(bytes(message), config)
    server = _connection(config)
    try:
        server.sendmail(config.mail_from, [payload["to"]], signed)
    except smtplib.SMTPRecipientsRefused as refused:
        code = next(iter(refused.recipients.values()))[0]
        _give_up_if_final(code, letter_id)
        raise
    except smtplib.SMTPDataError as refused:
        _give_up_if_final(refused.smtp_code, letter_id)
        raise
    finally:
        with contextlib.suppress(smtplib.SMTPException, OSError):
            server.quit()  # taken is taken: a server that stumbles over the goodbye must not cause a second letter


def compose(payload: Mapping[str, Any], letter_id: UUID, config: Config, now: datetime) -> EmailMessage:
    """The mail. Its Message-ID follows from the outbox row, so that a second sending can be known as one."""
    locale = str(payload["locale"])
    attachments = _attachments(payload)
    values = {
        **payload["params"],
        "store_name": payload["store"],
        "origin": payload["origin"],
        "locale": locale,
        "dir": direction(locale),
        "mark": f"cid:{MARK}",
        "attached": bool(attachments),
    }
    with speaking(locale):
        templates = letter_templates()
        head, _blank, text = (
            templates.get_template(f"emails/{payload['template']}.txt").render(values).partition("\n\n")
        )
        subject = _one_line(head.removeprefix("Subject:"))
        source = templates.get_template(f"emails/{payload['template']}.mjml").render(values, subject=subject)
    message = EmailMessage(policy=SMTP)
    message["Subject"] = subject
    message["From"] = Address(display_name=_one_line(payload["store"]), addr_spec=config.mail_from)
    message["To"] = Address(addr_spec=payload["to"])
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{letter_id}@{_domain(config)}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text.strip() + "\n")
    message.add_alternative(mjml2html(source), subtype="html")
    html = cast(list[EmailMessage], message.get_payload())[1]
    html.add_related(_mark(), "image", "png", cid=f"<{MARK}>", disposition="inline", filename="mark.png")
    for attachment in attachments:
        main, _slash, sub = attachment.kind.partition("/")
        message.add_attachment(attachment.body, main, sub, filename=attachment.name)
    message["Content-Language"] = locale  # last: making parts moves Content- headers into them
    return message


def _attachments(payload: Mapping[str, Any]) -> list[Attachment]:
    found = (_resolvers[reference["source"]](reference) for reference in payload.get("attachments", ()))
    return [attachment for attachment in found if attachment is not None]


def letter_templates() -> Environment:
    """The application's templates, with .mjml escaped like HTML (Flask's own rule does not know the ending)."""
    environment = cast(Any, current_app).extensions.get("letters")
    if environment is None:
        environment = current_app.jinja_env.overlay(autoescape=lambda name: not (name or "").endswith(".txt"))
        cast(Any, current_app).extensions["letters"] = environment
    return cast(Environment, environment)


def _connection(config: Config) -> smtplib.SMTP:
    url = urlsplit(config.smtp_url)
    options = parse_qs(url.query)
    host, name = url.hostname or "127.0.0.1", _domain(config)  # our name is given: looking it up can take seconds
    server: smtplib.SMTP
    if url.scheme == "smtps":
        context = ssl.create_default_context()
        server = smtplib.SMTP_SSL(host, url.port or 465, local_hostname=name, timeout=TIMEOUT_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, url.port or 25, local_hostname=name, timeout=TIMEOUT_SECONDS)
    try:
        if options.get("starttls") == ["1"]:
            server.starttls(context=ssl.create_default_context())
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def _give_up_if_final(code: int, letter_id: UUID) -> None:
    if 500 <= code < 600:
        log.warning("letter_refused", id=str(letter_id), code=code)
        raise PermanentFailure(f"smtp_{code}") from None


def _mark() -> bytes:
    return Path(current_app.root_path, "templates", "emails", "mark.png").read_bytes()


def _domain(config: Config) -> str:
    return config.mail_from.rpartition("@")[2]


def _one_line(text: str) -> str:
    return " ".join(text.split())
