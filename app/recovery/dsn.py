"""Reports that mail servers send back: delivery status (RFC 3464) and complaints (ARF, RFC 5965). Pure.

A report belongs to the message whose Message-ID it returns (channels/smtp.py): that name is known to nobody but its
recipient and the servers it went through, and it says message and store.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from typing import cast
from uuid import UUID

from app.channels.smtp import address_bad
from app.channels.told import Told, words
from app.ids import parse_id

PROVIDER = "smtp"
NAME = re.compile(r"<([0-9a-f-]{36})\.([0-9a-f-]{36})@([^<>\s@]{1,255})>")
STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
MOST_PARTS = 50
ACTIONS = {"failed": "bounced", "delayed": "deferred", "delivered": "delivered"}
FEEDBACK = {
    "abuse": ("complained", "complained"),
    "fraud": ("complained", "complained"),
    "virus": ("complained", "complained"),
    "opt-out": ("unsubscribed", "unsubscribed"),
    "opt-out-list": ("unsubscribed", "unsubscribed"),
}


def read(raw: bytes, *, domain: str, now: datetime) -> list[Told]:
    """What the mail reports of messages sent from `domain`; nothing for any other mail."""
    report = message_from_bytes(raw, policy=compat32)
    if report.get_content_type() != "multipart/report" or not report.is_multipart():
        return []
    parts = [part for _number, part in zip(range(MOST_PARTS), report.walk(), strict=False)]
    named = _message_named(parts, domain)
    if named is None:
        return []
    message_id, store_id = named
    return [
        Told(
            provider=PROVIDER,
            dedupe=f"{message_id}:{kind}:{status}",
            store_id=store_id,
            message_id=message_id,
            kind=kind,
            occurred_at=now,
            suppress=suppress,
            evidence={name: value for name, value in {"status": status, "reason": reason}.items() if value},
        )
        for kind, suppress, status, reason in _findings(parts)
    ]


def _findings(parts: list[Message]) -> Iterator[tuple[str, str, str, str]]:
    """Kind, reason to suppress, status and the server's words, for each recipient (ours have one)."""
    for part in parts:
        match part.get_content_type():
            case "message/delivery-status":
                for block in _blocks(part):
                    yield from _delivery(block)
            case "message/feedback-report":
                for block in _blocks(part):
                    kind = _field(block, "Feedback-Type").lower()
                    if kind in FEEDBACK:
                        yield (*FEEDBACK[kind], "", words(kind))


def _delivery(block: Message) -> Iterator[tuple[str, str, str, str]]:
    kind = ACTIONS.get(_field(block, "Action").lower())
    if kind is None:  # the block about the message as a whole, or "relayed", "expanded"
        return
    diagnosis = _field(block, "Diagnostic-Code").partition(";")[2]
    found = STATUS.search(_field(block, "Status"))
    precise = STATUS.search(diagnosis)
    if precise and (found is None or found[0].endswith(".0.0")):
        found = precise
    status = found[0] if found else ""
    if kind == "bounced" and status.startswith("2"):
        return  # contradicts itself
    yield kind, "bounced" if kind == "bounced" and address_bad(status) else "", status, words(diagnosis)


def _message_named(parts: list[Message], domain: str) -> tuple[UUID, UUID] | None:
    for part in parts:
        texts = [_field(part, "Message-ID"), _field(part, "X-Original-Message-ID")]
        if part.get_content_type() == "text/rfc822-headers":
            texts += re.findall(r"(?im)^(?:message-id):\s*(<[^>]*>)", str(part.get_payload()))
        for text in texts:
            found = NAME.search(text)
            if found and found[3].lower() == domain.lower():
                message_id, store_id = parse_id(found[1]), parse_id(found[2])
                if message_id and store_id:
                    return message_id, store_id
    return None


def _blocks(part: Message) -> list[Message]:
    payload = part.get_payload()
    return (
        [block for block in cast(list[Message], payload) if isinstance(block, Message)]
        if isinstance(payload, list)
        else []
    )


def _field(message: Message, name: str) -> str:
    return " ".join(str(message.get(name, "")).split())
