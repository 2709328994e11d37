"""What all processes know together about a provider: small scripts in Redis, by Redis's own clock.

With Redis gone nobody waits for it at every message: for some seconds it is not asked at all, and each process goes by
what it has seen itself.
"""

import time
from typing import cast

import redis
import structlog
from redis.commands.core import Script

from app.cache.client import client

LEFT_ALONE_SECONDS = 30.0  # a refused connection is tried some times over, which takes the client seconds

# The milliseconds of Redis's clock, as each script begins.
CLOCK = "local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"

log = structlog.get_logger(__name__)
_away = {"until": 0.0}


def ask(script: str, keys: list[str], *arguments: object) -> list[int] | None:
    """What `script` (after CLOCK) answers; None while Redis is gone."""
    if time.monotonic() < _away["until"]:
        return None
    try:
        answer = Script(client(), CLOCK + script)(keys=keys, args=list(map(str, arguments)))
    except redis.RedisError as error:
        _away["until"] = time.monotonic() + LEFT_ALONE_SECONDS
        log.warning("providers_not_shared", error=type(error).__name__)
        return None
    return cast(list[int], answer)


def ask_again() -> None:
    """Ask Redis at once, even if it was just found gone."""
    _away["until"] = 0.0
