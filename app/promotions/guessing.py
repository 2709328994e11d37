"""Guessing codes is slowed down and seen: tries are counted in Redis, and beyond the limit every answer is "not valid".

Whoever is over the limit is looked up a code that nobody knows, on the same way as any other: what comes back, and how
long it takes, says nothing about the code they typed.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import redis
import structlog
from flask import current_app, request, session
from prometheus_client import Counter

from app import tokens
from app.cache.client import client, store_key
from app.errors import Refusal
from app.promotions.domain import code_key
from app.promotions.errors import CodesUnavailable, NoCode, UnknownCode

R = TypeVar("R")

TRIES = 10  # of one session at one address, within SECONDS
TRIES_OF_ADDRESS = 50  # whoever throws the session away is still at the same address; others may be there, too
SECONDS = 600

# KEYS: counters. ARGV: seconds. Their values with this try.
COUNT = """
local counts = {}
for at, key in ipairs(KEYS) do
  counts[at] = redis.call('INCR', key)
  if counts[at] == 1 then redis.call('EXPIRE', key, ARGV[1]) end
end
return counts
"""

OUTCOMES = Counter("dualcart_coupon_tries_total", "Discount codes tried", ["outcome"])

log = structlog.get_logger(__name__)


def guarded(code: str, act: Callable[[str], R]) -> R:
    """Do `act` with the code that was typed, or with one that is surely wrong when this caller has tried too many.

    Raises NoCode for nothing, CodesUnavailable when tries cannot be counted, and whatever `act` raises.
    """
    if not code_key(code):
        raise NoCode()
    limited = _over_limit()
    try:
        answer = act(tokens.random_token() if limited else code)
    except Refusal as refusal:
        _note(code, "limited" if limited else "unknown" if isinstance(refusal, UnknownCode) else "refused")
        raise
    _note(code, "added")
    return answer


def _over_limit() -> bool:
    if not current_app.config["DUALCART"].rate_limits:
        return False
    address = request.remote_addr or "unknown"
    callers = (f"{cast(Any, session).sid} {address}", address)
    keys = [store_key("coupon-tries", _hash(caller)) for caller in callers]
    try:
        counts = cast(list[int], client().eval(COUNT, len(keys), *keys, SECONDS))
    except redis.RedisError:
        OUTCOMES.labels("unavailable").inc()
        raise CodesUnavailable() from None
    return counts[0] > TRIES or counts[1] > TRIES_OF_ADDRESS


def _note(code: str, outcome: str) -> None:
    """Seen by whoever watches; the code itself is a secret of whoever has it."""
    OUTCOMES.labels(outcome).inc()
    write = log.info if outcome == "added" else log.warning
    write("coupon_try", outcome=outcome, code=_hash(code_key(code)))


def _hash(text: str) -> str:
    return tokens.keyed_hash(current_app.config["SECRET_KEY"], "coupon-try", text)[:16]
