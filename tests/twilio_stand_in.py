"""A server that keeps Twilio's contract for sending SMS as far as we rely on it, strictly, and signs its requests.

https://www.twilio.com/docs/messaging/api/message-resource, https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

import base64
import hashlib
import hmac
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from tests.faulty_server import Asked, Reply, Server, serving

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "stand-in-token"
NUMBER = "+14155550100"
TAKES = {"To", "Body", "From", "MessagingServiceSid", "StatusCallback"}
# Magic recipients and the error each gets: https://www.twilio.com/docs/api/errors
ERRORS = {
    "+14155550001": (400, 21211),  # not a number
    "+14155550002": (400, 21614),  # not a mobile one
    "+14155550003": (400, 21610),  # said STOP
    "+14155550004": (400, 21408),  # its region is not switched on
    "+14155550005": (429, 20429),
    "+14155550006": (400, 21611),  # too many wait
    "+14155550007": (400, 21612),  # no route
}


@dataclass
class Twilio(Server):
    """The other side: what it took, by SID."""

    taken: dict[str, dict[str, str]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))


def signature(url: str, parameters: Mapping[str, str], token: str = TOKEN) -> dict[str, str]:
    """The header of a request of Twilio's."""
    said = url + "".join(name + parameters[name] for name in sorted(parameters))
    return {"X-Twilio-Signature": base64.b64encode(hmac.digest(token.encode(), said.encode(), hashlib.sha1)).decode()}


@contextmanager
def running() -> Iterator[Twilio]:
    """The server, on a port of its own."""
    state = Twilio()
    with serving(state, lambda asked: _answer(state, asked)):
        yield state


def _answer(state: Twilio, asked: Asked) -> Reply:
    expected = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    if asked.headers.get("authorization") != expected:
        return _error(401, 20003)
    if asked.path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
        return _error(404, 20404)
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    form = dict(parse_qsl(asked.body.decode(), strict_parsing=True, keep_blank_values=True))
    if set(form) - TAKES:
        return _error(400, 20001)
    if form.get("To") in ERRORS:
        return _error(*ERRORS[form["To"]])
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", form.get("To", "")):
        return _error(400, 21211)
    if not form.get("Body"):
        return _error(400, 21602)
    if len(form["Body"]) > 1600:
        return _error(400, 21617)
    if not (form.get("From") == NUMBER or form.get("MessagingServiceSid", "").startswith("MG")):
        return _error(400, 21603)
    callback = urlsplit(form.get("StatusCallback", ""))
    if callback.scheme not in ("http", "https") or not callback.hostname:
        return _error(400, 21609)
    sid = f"SM{next(state.numbers):032x}"
    state.taken[sid] = form
    return 201, {"Content-Type": "application/json"}, json.dumps({"sid": sid, "status": "queued"}).encode()


def _error(status: int, code: int) -> Reply:
    body = {"code": code, "message": "no", "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}
    return status, {"Content-Type": "application/json"}, json.dumps(body).encode()
