"""Letters as mail: rendered in the reader's language from MJML with a plain-text twin, signed, sent by SMTP."""

import contextlib
import smtplib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import structlog
from flask import current_app
from jinja2 import Template
from mjml import mjml2html

from app.channels import composing, dkim, mail_server
from app.channels.composing import MARK, Attachment
from app.config import Config
from app.events.failures import PermanentFailure
from app.web.language import direction, speaking

log = structlog.get_logger(__name__)


Resolver = Callable[[Mapping[str, Any]], Attachment | None]
_resolvers: dict[str, Resolver] = {}


def attach(source: str, resolver: Resolver) -> None:
    """Let `resolver` fetch the files that letters name under `source`, when they are sent; None: goes without."""
    _resolvers[source] = resolver


def deliver_letter(payload: Mapping[str, Any], letter_id: UUID) -> None:
    """Render and send one letter. Raises PermanentFailure if the other side will never take it; else trying again may help."""
    config = cast(Config, cast(Any, current_app).config["DUALCART"])
    message = compose(payload, letter_id, config, cast(Any, current_app).config["CLOCK"].now())
    signed = dkim.sign(message, config)
    server = mail_server.connect(config)
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


def compose(payload: Mapping[str, Any], letter_id: UUID, config: Config, now: datetime) -> bytes:
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
        head, _blank, text = letter_template(f"{payload['template']}.txt").render(values).partition("\n\n")
        subject = composing.one_line(head.removeprefix("Subject:"))
        source = letter_template(f"{payload['template']}.mjml").render(values, subject=subject)
    return composing.compose(
        name=str(letter_id),
        sender_name=payload["store"],
        to=payload["to"],
        subject=subject,
        text=text,
        html=mjml2html(source),
        locale=locale,
        config=config,
        now=now,
        headers=payload.get("headers", {}),
        attachments=attachments,
    )


def _attachments(payload: Mapping[str, Any]) -> list[Attachment]:
    found = (_resolvers[reference["source"]](reference) for reference in payload.get("attachments", ()))
    return [attachment for attachment in found if attachment is not None]


def letter_template(name: str) -> Template:
    """One of the letters' templates; .mjml is escaped like HTML (Flask's own rule does not know the ending)."""
    environment = cast(Any, current_app).extensions.get("letters")
    if environment is None:
        environment = current_app.jinja_env.overlay(autoescape=lambda name: not (name or "").endswith(".txt"))
        cast(Any, current_app).extensions["letters"] = environment
    template: Template = environment.get_template(f"emails/{name}")
    if not isinstance(template.globals, dict):  # a chain of them, which is slow to copy, as each rendering does
        template.globals = dict(template.globals)
    return template


def _give_up_if_final(code: int, letter_id: UUID) -> None:
    if 500 <= code < 600:
        log.warning("letter_refused", id=str(letter_id), code=code)
        raise PermanentFailure(f"smtp_{code}") from None
