"""How far the demo's made-up year has come: told by the process that makes it, shown in the console meanwhile."""

import contextlib

import redis

from app.cache.client import client, installation_key

KEY = installation_key("made-up-year")
FORGOTTEN_AFTER = 60  # seconds: should its process die, nobody waits for it


def tell(percent: int) -> None:
    """It has come so far."""
    with contextlib.suppress(redis.RedisError):
        client().set(KEY, percent, ex=FORGOTTEN_AFTER)


def finish() -> None:
    """It is made."""
    with contextlib.suppress(redis.RedisError):
        client().delete(KEY)


def percent() -> int | None:
    """How far it is; None when nothing is being made up."""
    with contextlib.suppress(redis.RedisError, ValueError, TypeError):
        return int(client().get(KEY))  # type: ignore[arg-type]  # None is the usual answer
    return None
