"""Moving the application's clock, for the demo and tests: an offset in Redis that all processes follow within a quarter second."""

import contextlib
import time
from collections.abc import Callable
from datetime import timedelta

import redis

from app.cache.client import installation_key
from app.config import Config

KEY = installation_key("clock-offset")
FRESH_SECONDS = 0.25


def reader(config: Config) -> Callable[[], timedelta]:
    """A function that tells the offset in force."""
    client = redis.Redis.from_url(config.redis_url, socket_timeout=1, socket_connect_timeout=1)
    known = [0.0, 0.0]

    def offset() -> timedelta:
        if time.monotonic() - known[0] > FRESH_SECONDS:
            known[0] = time.monotonic()
            with contextlib.suppress(redis.RedisError, ValueError):  # time must not jump because Redis is away
                known[1] = float(client.get(KEY) or 0)
        return timedelta(seconds=known[1])

    return offset


def advance(config: Config, by: timedelta) -> timedelta:
    """Move the clock of all processes; returns the whole offset."""
    client = redis.Redis.from_url(config.redis_url)
    return timedelta(seconds=float(client.incrbyfloat(KEY, by.total_seconds())))


def current(config: Config) -> timedelta:
    """How far ahead the clock is."""
    return timedelta(seconds=float(redis.Redis.from_url(config.redis_url).get(KEY) or 0))


def reset(config: Config) -> None:
    """Back to the true time."""
    redis.Redis.from_url(config.redis_url).delete(KEY)
