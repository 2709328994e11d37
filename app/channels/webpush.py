"""Web push (RFC 8030): encrypted for one browser, signed by VAPID.

A doubled push replaces itself: by its Topic while it waits at the push service, by its tag once it is shown.
"""

import msgspec

from app.channels import handing_over, push_encryption, push_services, vapid
from app.channels.outgoing import Accepted, OutcomeUnknown, OutgoingPush, Refused, SendFailure
from app.channels.push_encryption import BadKeys
from app.config import Config
from app.outbound import Answer

KEPT_SECONDS = 12 * 3600  # for a browser that is not running: later, a reminder of today is of no use
TAKEN = (201, 202)  # RFC 8030, 5 and 5.1
GONE = (404, 410)  # RFC 8030, 7.3: the subscription has ended


class WebPush:
    """All push services, as the holder of VAPID_PRIVATE_KEY_FILE."""

    name = "webpush"
    honours_keys = True

    def __init__(self, config: Config, *, seconds: float = handing_over.TIMEOUT_SECONDS) -> None:
        self._config = config
        self._seconds = seconds

    def __repr__(self) -> str:
        return "WebPush()"

    def send(self, message: OutgoingPush) -> Accepted:
        """Hand it over. Raises Refused, TryLater, OutcomeUnknown."""
        if not push_services.known(message.endpoint, self._config):
            raise Refused("endpoint_not_allowed", address_bad=True)
        try:
            body = push_encryption.encrypt(content(message), message.p256dh, message.auth)
        except BadKeys:
            raise Refused("bad_keys", address_bad=True) from None
        except ValueError:
            raise Refused("too_long") from None
        headers = {
            "Authorization": vapid.authorization(message.endpoint, self._config),
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(KEPT_SECONDS),
            "Urgency": "normal",
            "Topic": message.id.hex,  # 32 letters, as many as are allowed
        }
        inside = push_services.public_only(message.endpoint, self._config)
        answer = handing_over.post(message.endpoint, body, headers, seconds=self._seconds, public_only=inside)
        if answer.status in TAKEN:
            return Accepted(answer.headers.get("location", "")[:500] or str(message.id))
        if 200 <= answer.status < 300:  # not what a push service says: something in between
            raise OutcomeUnknown("answer_not_understood")
        raise _failure(answer)


def content(message: OutgoingPush) -> bytes:
    """What the service worker reads (static/js/push-worker.js)."""
    return msgspec.json.encode(
        {
            "title": message.title,
            "text": message.text,
            "url": message.url,
            "tag": str(message.id),
            "locale": message.locale,
        }
    )


def _failure(answer: Answer) -> SendFailure:
    if answer.status in GONE:
        return Refused(f"http_{answer.status}", address_bad=True)
    return handing_over.failure(answer)
