"""PostgreSQL and Valkey together: ours, unless somebody gives us the address of theirs."""

from dataclasses import dataclass
from pathlib import Path

import redis

from app.embedded import provision
from app.embedded.postgres import SUPERUSER, Postgres
from app.embedded.process import BadAddress, Child, ServerError
from app.embedded.valkey import Valkey

SQLALCHEMY = "postgresql+psycopg://"


@dataclass(frozen=True)
class Servers:
    """Where the data live. `postgres` and `valkey` are None when they are not ours."""

    database_url: str
    database_owner_url: str
    redis_url: str
    postgres: Postgres | None = None
    valkey: Valkey | None = None

    @property
    def children(self) -> list[Child]:
        """The server processes that are ours."""
        return [server.child for server in (self.postgres, self.valkey) if server and server.child]

    @property
    def superuser_url(self) -> str:
        """The administrator's address of our own PostgreSQL, for tests."""
        if self.postgres is None:
            raise ServerError("Only the embedded PostgreSQL is ours to administer.")
        return as_sqlalchemy(self.postgres.url(SUPERUSER, "postgres"))

    def stop(self) -> None:
        """End the servers that are ours."""
        for server in (self.valkey, self.postgres):
            if server:
                server.stop()


def start(
    instance: Path,
    *,
    database_url: str = "",
    database_owner_url: str = "",
    redis_url: str = "",
    role: str = provision.APPLICATION,
    durable: bool = True,
) -> Servers:
    """Start the servers whose addresses are not given, and prepare the database for migrations. Raises ServerError."""
    if redis_url:
        _check_redis(redis_url)
    if database_url:
        database_owner_url = database_owner_url or database_url
        provision.provision_outside(database_owner_url, database_url, role)
    valkey = None if redis_url else Valkey(instance, durable=durable)
    postgres = None if database_url else Postgres(instance, durable=durable)
    try:
        for server in (valkey, postgres):  # both launched before either is waited for: they start side by side
            if server:
                server.launch()
        if valkey:
            valkey.wait()
            redis_url = valkey.url()
        if postgres:
            postgres.wait()
            provision.provision(postgres)
            database_url = as_sqlalchemy(postgres.url(provision.APPLICATION, provision.DATABASE))
            database_owner_url = as_sqlalchemy(postgres.url(provision.OWNER, provision.DATABASE))
        return Servers(database_url, database_owner_url, redis_url, postgres, valkey)
    except BaseException:
        for server in (valkey, postgres):
            if server:
                server.stop()
        raise


def as_sqlalchemy(url: str) -> str:
    """`postgresql://…` with the driver named."""
    return url.replace("postgresql://", SQLALCHEMY, 1)


def _check_redis(url: str) -> None:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
            client.ping()
    except (redis.RedisError, ValueError, OSError) as error:
        reason = " ".join(str(error).split())[:300]
        raise BadAddress(f"REDIS_URL leads to no usable server: {reason}") from None
