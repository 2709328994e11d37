"""What an attempt came to, and when the next one is. Pure."""

from dataclasses import dataclass

# Seconds until the next attempt, as Standard Webhooks recommends: about three days in all, then it is given up.
WAITS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
ATTEMPTS = len(WAITS) + 1
LONGEST_ANSWER = 2_000  # characters that are kept
GONE = 410


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back. `error` is "" for success, else a code: status_500, redirected, not_reached, private_address, no_answer.

    `asked` are the seconds that the other side asked to be left alone for.
    """

    error: str
    status: int | None = None
    answer: str = ""
    took_ms: int = 0
    asked: int | None = None

    @property
    def gone(self) -> bool:
        """The receiver says that nobody is there any more."""
        return self.status == GONE


def error_of(status: int) -> str:
    """What an answer's status means; "" for taken."""
    if 200 <= status < 300:
        return ""
    return "redirected" if 300 <= status < 400 else f"status_{status}"


def next_wait(attempts: int, asked: int | None, jitter: float) -> int | None:
    """Seconds until the next attempt after so many; None: it is given up. `jitter` is between 0 and 1."""
    if attempts >= ATTEMPTS:
        return None
    wait = WAITS[attempts - 1] * (0.9 + 0.2 * jitter)
    return max(round(wait), asked or 0)
