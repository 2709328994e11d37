"""SMS by Twilio's Messages API. It knows no idempotency keys: what may have been taken is not sent again.

Sources: https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource, https://www.twilio.com/docs/api/errors
"""

from base64 import b64encode
from urllib.parse import urlencode

import msgspec

from app.channels import handing_over
from app.channels.outgoing import Accepted, OutcomeUnknown, OutgoingSms, Refused, SendFailure, TryLater
from app.config import Config
from app.database.tenancy import current_store_id
from app.outbound import Answer

PATH = "/2010-04-01/Accounts/{account}/Messages.json"
STATUS_PATH = "/channels/twilio/status"
CREATED = 201

# No number, none in this form, not one that takes SMS; the person said STOP to our number (21610).
OPTED_OUT = 21610
ADDRESS_BAD = frozenset({21211, 21214, 21217, 21401, 21610, 21614})
# Too many requests or messages waiting; the account, not the message.
LATER = frozenset({14107, 20003, 20005, 20429, 21611, 21606, 21603, 21703, 30001, 30002})


class _Made(msgspec.Struct, frozen=True):
    sid: str


class _Problem(msgspec.Struct, frozen=True):
    code: int


class Twilio:
    """The account of TWILIO_ACCOUNT_SID."""

    name = "twilio"
    honours_keys = False

    def __init__(self, config: Config, *, seconds: float = handing_over.TIMEOUT_SECONDS) -> None:
        self._url = config.twilio_api_url + PATH.format(account=config.twilio_account_sid)
        token = config.twilio_auth_token.split(",")[0]
        self._authorization = "Basic " + b64encode(f"{config.twilio_account_sid}:{token}".encode()).decode()
        self._from = (
            {"MessagingServiceSid": config.twilio_messaging_service_sid}
            if config.twilio_messaging_service_sid
            else {"From": config.twilio_from}
        )
        self._callback = config.callbacks_at + STATUS_PATH
        self._seconds = seconds

    def __repr__(self) -> str:
        return "Twilio()"

    def send(self, message: OutgoingSms) -> Accepted:
        """Hand it over. Raises Refused, TryLater, OutcomeUnknown."""
        marks = urlencode({"store": str(current_store_id()), "message": str(message.id)})
        form = {
            "To": message.to,
            "Body": message.text,
            "StatusCallback": f"{self._callback}?{marks}",
            **self._from,
        }
        headers = {"Authorization": self._authorization, "Content-Type": "application/x-www-form-urlencoded"}
        answer = handing_over.post(self._url, urlencode(form).encode(), headers, seconds=self._seconds)
        if answer.status == CREATED:
            try:
                return Accepted(msgspec.json.decode(answer.body, type=_Made).sid)
            except msgspec.MsgspecError:
                raise OutcomeUnknown("answer_not_understood") from None
        if 200 <= answer.status < 300:  # not what Twilio says: something in between
            raise OutcomeUnknown("answer_not_understood")
        raise _failure(answer)


def _failure(answer: Answer) -> SendFailure:
    failure = handing_over.failure(answer)
    try:
        code = msgspec.json.decode(answer.body, type=_Problem).code
    except msgspec.MsgspecError:
        return failure
    if isinstance(failure, OutcomeUnknown):
        return failure
    if code in LATER or isinstance(failure, TryLater):
        return TryLater(f"twilio_{code}", seconds=handing_over.wait_asked_for(answer.headers))
    return Refused(f"twilio_{code}", address_bad=code in ADDRESS_BAD)
