"""Requests of Twilio's to us: how a message fared, and what people answer; signed over their URL and parameters.

Sources: https://www.twilio.com/docs/usage/webhooks/webhooks-security, …/docs/messaging/guides/track-outbound-message-status,
…/docs/messaging/tutorials/advanced-opt-out
"""

import hmac
import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha1
from urllib.parse import parse_qsl, urlsplit

from app.channels.told import ForgedCallback, Told, words
from app.channels.twilio import OPTED_OUT
from app.config import Config
from app.ids import parse_id

PROVIDER = "twilio"
MOST_PARAMETERS = 200
LONGEST_TEXT = 1_600
SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")
NUMBER = re.compile(r"\+[1-9]\d{6,14}")
HAPPENED = {"delivered": "delivered", "read": "delivered", "undelivered": "bounced", "failed": "failed"}
# Nobody has this number, or it takes no SMS. Switched off (30003), blocked (30004) or filtered (30007) may pass.
ADDRESS_BAD = frozenset({"30005", "30006", "21211", "21614"})


@dataclass(frozen=True, slots=True)
class Answered:
    """What somebody wrote back. `handled`: Twilio took it for STOP, START or HELP by itself, and has answered it."""

    sid: str
    sender: str
    text: str
    handled: str


def parameters(body: bytes, query: str, path: str, signature: str, config: Config) -> dict[str, str]:
    """The form in `body`, whose URL at our origin has `path` and `query`. Raises ForgedCallback."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_PARAMETERS, errors="strict")
    except ValueError:  # not UTF-8 is one, too
        raise ForgedCallback() from None
    said = "".join(name + value for name, value in sorted(set(pairs)))
    url = config.callbacks_at + path + (f"?{query}" if query else "")
    expected = [
        b64encode(hmac.digest(token.encode(), (spelled + said).encode(), sha1))
        for token in filter(None, config.twilio_auth_token.split(","))
        for spelled in _spellings(url)
    ]
    given = signature.encode("ascii", "replace")
    if not any(hmac.compare_digest(given, one) for one in expected):
        raise ForgedCallback()
    return dict(pairs)


def status(form: dict[str, str], query: str, now: datetime) -> Told | None:
    """How a message fared; None for what says nothing new. The URL, which is signed, names message and store."""
    marks = dict(parse_qsl(query))
    store_id, message_id = parse_id(marks.get("store")), parse_id(marks.get("message"))
    sid, state = form.get("MessageSid", ""), form.get("MessageStatus", "").lower()
    kind = HAPPENED.get(state)
    if store_id is None or message_id is None or kind is None or not SID.fullmatch(sid):
        return None
    code = form.get("ErrorCode", "")
    suppress = "stop" if code == str(OPTED_OUT) else "bounced" if code in ADDRESS_BAD else ""
    return Told(
        provider=PROVIDER,
        dedupe=f"{sid}:{state}",
        store_id=store_id,
        message_id=message_id,
        kind=kind,
        occurred_at=now,
        suppress=suppress,
        evidence={"code": words(code)} if code else {},
    )


def answered(form: dict[str, str]) -> Answered | None:
    """What somebody wrote to our number; None for what is no SMS."""
    sid, sender = form.get("MessageSid", ""), form.get("From", "")
    if not SID.fullmatch(sid) or not NUMBER.fullmatch(sender):
        return None
    text = form.get("Body", "")[:LONGEST_TEXT].replace("\0", "")
    return Answered(sid, sender, text, form.get("OptOutType", "").upper())


def _spellings(url: str) -> list[str]:
    """Twilio names the port or leaves it out, whichever kind of request it is; both are the same place."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    without = parts._replace(netloc=host).geturl()
    return list(dict.fromkeys((url, without, parts._replace(netloc=f"{host}:{port}").geturl())))
