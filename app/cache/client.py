"""The Redis client of this process, and the one way to name a key."""

from typing import Any, cast

import redis
from flask import Flask, current_app
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.config import Config
from app.database.tenancy import current_store_id


def init_app(app: Flask, config: Config) -> None:
    """Make the client of this configuration; it connects when first used.

    A command that fails is tried once more and at once: so nobody is told of a server that was begun anew, and nobody waits
    for one that is away. Should its answer alone have been lost, it is carried out twice: carts know what was done by its
    operation, and what counts (rates, failures, guesses) counts one too many.
    """
    app.extensions["redis"] = redis.Redis.from_url(
        config.redis_url,
        socket_timeout=2,
        socket_connect_timeout=1,
        health_check_interval=30,
        retry=Retry(NoBackoff(), 1),
    )


def client() -> "redis.Redis":
    """The application's Redis client. Commands raise redis.RedisError when the server is away."""
    return cast("redis.Redis", cast(Any, current_app).extensions["redis"])


def store_key(kind: str, *parts: object) -> str:
    """The key of something that belongs to the current store: no key of business data is made any other way."""
    return ":".join(("dc", str(current_store_id()), kind, *map(str, parts)))


def installation_key(kind: str, *parts: object) -> str:
    """The key of something that belongs to the whole installation (the clock, heartbeats)."""
    return ":".join(("dc", kind, *map(str, parts)))
