"""Email by SendGrid's API (v3 mail/send). It knows no idempotency keys: what may have been taken is not sent again.

Its events name message and store by `custom_args`, which hold no personal data. Links are not rewritten: they are ours.
Sources: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send, …/api-reference/how-to-use-the-sendgrid-v3-api/errors
"""

from base64 import b64encode
from typing import Any

import msgspec

from app.channels import handing_over
from app.channels.composing import MARK, mark, one_line
from app.channels.outgoing import Accepted, OutcomeUnknown, OutgoingEmail, Refused, SendFailure
from app.config import Config
from app.database.tenancy import current_store_id
from app.outbound import Answer

PATH = "/v3/mail/send"
ACCEPTED = 202
MESSAGE, STORE = "dualcart_message", "dualcart_store"
CATEGORIES = ["dualcart", "recovery"]
RECIPIENT = "personalizations.0.to"  # how an error names the address


class _Problem(msgspec.Struct, frozen=True):
    field: str | None = None


class _Problems(msgspec.Struct, frozen=True):
    errors: list[_Problem] = []


class SendGrid:
    """The account that SENDGRID_KEY opens."""

    name = "sendgrid"
    honours_keys = False

    def __init__(self, config: Config, *, seconds: float = handing_over.TIMEOUT_SECONDS) -> None:
        self._url = config.sendgrid_api_url + PATH
        self._key = config.sendgrid_key
        self._from = config.mail_from
        self._seconds = seconds

    def __repr__(self) -> str:
        return "SendGrid()"

    def send(self, message: OutgoingEmail) -> Accepted:
        """Hand it over. Raises Refused, TryLater, OutcomeUnknown."""
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        body = msgspec.json.encode(self._document(message))
        answer = handing_over.post(self._url, body, headers, seconds=self._seconds)
        reference = answer.headers.get("x-message-id", "")
        if answer.status == ACCEPTED and reference:
            return Accepted(reference)
        if 200 <= answer.status < 300:  # not what SendGrid says: something in between
            raise OutcomeUnknown("answer_not_understood")
        raise _failure(answer)

    def _document(self, message: OutgoingEmail) -> dict[str, Any]:
        headers = {name: one_line(value) for name, value in message.headers.items()}
        document: dict[str, Any] = {
            "personalizations": [
                {
                    "to": [{"email": message.to}],
                    "custom_args": {MESSAGE: str(message.id), STORE: str(current_store_id())},
                }
            ],
            "from": {"email": self._from, "name": one_line(message.sender_name)},
            "subject": one_line(message.subject),
            "content": [
                {"type": "text/plain", "value": message.text.strip() + "\n"},
                {"type": "text/html", "value": message.html},
            ],
            "headers": {"Content-Language": message.locale, "Auto-Submitted": "auto-generated", **headers},
            "categories": CATEGORIES,
            "tracking_settings": {
                "click_tracking": {"enable": False, "enable_text": False},
                "open_tracking": {"enable": True},
                "subscription_tracking": {"enable": False},
            },
        }
        if message.reply_to:
            document["reply_to"] = {"email": message.reply_to}
        if f"cid:{MARK}" in message.html:
            document["attachments"] = [
                {
                    "content": b64encode(mark()).decode(),
                    "type": "image/png",
                    "filename": "mark.png",
                    "disposition": "inline",
                    "content_id": MARK,
                }
            ]
        return document


def _failure(answer: Answer) -> SendFailure:
    failure = handing_over.failure(answer)
    if isinstance(failure, Refused):
        try:
            problems = msgspec.json.decode(answer.body, type=_Problems).errors
        except msgspec.MsgspecError:
            return failure
        if any((problem.field or "").startswith(RECIPIENT) for problem in problems):
            return Refused(failure.reason, address_bad=True)
    return failure
