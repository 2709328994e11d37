"""The line to Stripe: the official library over a client of ours that keeps its time whatever the other side does.

The library's own client bounds the wait for each piece of an answer, so an answer that drips in holds a worker as long as
it likes. Here the whole conversation has one deadline, at which the connection is cut.
"""

import logging
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from socket import SHUT_RDWR, socket
from typing import Any
from urllib.parse import urlsplit

import stripe

LARGEST_ANSWER = 4 * 1024 * 1024

_deadline: ContextVar[float | None] = ContextVar("stripe_deadline", default=None)

stripe.enable_telemetry = False
logging.getLogger("stripe").setLevel(logging.ERROR)  # below, it logs what was sent: addresses of people among it


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """All requests made inside have this long together."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def seconds_left() -> float:
    """How long the requests of this `within` still have. Raises RuntimeError outside of one."""
    deadline = _deadline.get()
    if deadline is None:
        raise RuntimeError("requests to Stripe need a deadline: within()")
    return deadline - time.monotonic()


class PunctualClient(stripe.HTTPClient):
    """One connection for each request, cut at the deadline. Every failure is an APIConnectionError."""

    name = "punctual"

    def __init__(self) -> None:
        super().__init__()
        self._tls = ssl.create_default_context()
        self._tls.load_verify_locations(stripe.ca_bundle_path)  # a small system may bring no authorities of its own

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Body, status and headers (names in small letters) of the answer."""
        try:
            return self._converse(method.upper(), url, dict(headers or {}), post_data)
        except (OSError, HTTPException, UnicodeDecodeError) as error:
            raise stripe.APIConnectionError(f"no answer from Stripe: {type(error).__name__}") from None

    def close(self) -> None:
        """Nothing stays open between requests."""

    def _converse(
        self, method: str, url: str, headers: dict[str, str], body: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        address = urlsplit(url)
        left = seconds_left()
        if left <= 0:
            raise TimeoutError
        host = address.hostname or ""
        connection = (
            HTTPSConnection(host, address.port, timeout=left, context=self._tls)
            if address.scheme == "https"
            else HTTPConnection(host, address.port, timeout=left)
        )
        try:
            connection.connect()
            with _cut_after(seconds_left(), connection.sock):
                connection.request(method, address._replace(scheme="", netloc="").geturl(), body, headers)
                answer = connection.getresponse()
                content = answer.read(LARGEST_ANSWER + 1)
                if len(content) > LARGEST_ANSWER or answer.length or seconds_left() <= 0:
                    raise TimeoutError
        finally:
            connection.close()
        return content.decode(), answer.status, {name.lower(): value for name, value in answer.getheaders()}


@contextmanager
def _cut_after(seconds: float, connected: socket) -> Iterator[None]:
    def cut() -> None:
        with suppress(OSError):
            socket.shutdown(connected, SHUT_RDWR)  # the plain one: of TLS's state nobody else may let go meanwhile

    timer = threading.Timer(max(seconds, 0), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
