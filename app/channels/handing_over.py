"""What all providers with an HTTP API have in common: the request within its time, and what an answer's status means.

What the provider itself says it failed to do is tried again later. What something between us and it says (502, 504), or
what never came, leaves open whether the message was taken.
"""

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from app import outbound
from app.channels.outgoing import OutcomeUnknown, Refused, SendFailure, TryLater
from app.outbound import Answer, NoAnswer, NotReached

TIMEOUT_SECONDS = 10.0  # a third of a message's lease at most (docs/locking.md)
LONGEST_WAIT = 86_400

# Not the message's fault: our key, our address for the provider, or how often we come. All would fail alike.
OURS = {401: "not_authorised", 402: "not_authorised", 403: "not_authorised", 404: "wrong_address", 405: "wrong_address"}


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, seconds: float = TIMEOUT_SECONDS, public_only: bool = False
) -> Answer:
    """The provider's answer, whatever it says. Raises TryLater if it was not reached, OutcomeUnknown if it kept silent."""
    try:
        return outbound.ask("POST", url, headers=headers, body=body, seconds=seconds, public_only=public_only)
    except NotReached:
        raise TryLater("not_reached") from None
    except NoAnswer:
        raise OutcomeUnknown("no_answer") from None


def failure(answer: Answer) -> SendFailure:
    """What an answer other than success means, as far as its status tells."""
    status = answer.status
    if status in (408, 429, 500, 503):
        return TryLater(f"http_{status}", seconds=wait_asked_for(answer.headers))
    if status in OURS:
        return TryLater(OURS[status])
    if 300 <= status < 400:
        return TryLater("wrong_address")
    if 400 <= status < 500:
        return Refused(f"http_{status}")
    return OutcomeUnknown(f"http_{status}")


def wait_asked_for(headers: Mapping[str, str]) -> int | None:
    """Seconds in Retry-After (RFC 9110, 10.2.3: a number or a date), as far as it makes sense."""
    said = headers.get("retry-after", "").strip()
    if not said:
        return None
    try:
        seconds = (
            int(said) if said.isascii() and said.isdigit() else parsedate_to_datetime(said).timestamp() - time.time()
        )
    except (ValueError, TypeError, OverflowError):
        return None
    return int(min(max(seconds, 0), LONGEST_WAIT))
