"""The line to Stripe: the official library over a client of ours that keeps its time whatever the other side does.

The library's own client bounds the wait for each piece of an answer, so an answer that drips in holds a worker as long as
it likes. Here the whole conversation has one deadline, at which the connection is cut.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import stripe

from app import outbound

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
        left = seconds_left()
        if left <= 0:
            raise stripe.APIConnectionError("no time left to ask Stripe")
        try:
            answer = outbound.ask(
                method.upper(), url, headers=headers, body=post_data, seconds=left, largest=LARGEST_ANSWER
            )
            return answer.body.decode(), answer.status, answer.headers
        except (OSError, UnicodeDecodeError) as error:
            raise stripe.APIConnectionError(f"no answer from Stripe: {type(error).__name__}") from None

    def close(self) -> None:
        """Nothing stays open between requests."""
