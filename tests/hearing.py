"""Webhooks in tests: an endpoint at a receiver on this machine, events told to it, and what the receiver can verify."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.database.base import db
from app.database.transaction import finish_reading, transaction
from app.ids import new_id
from app.webhooks import delivering, endpoints
from app.webhooks.catalogue import TYPES, Event
from app.webhooks.publishing import publish
from tests.conftest import NOW
from tests.faulty_server import Asked, Reply, Server, serving

KEY = "only for tests, not a secret at all"


@dataclass
class Receiver:
    """A server that hears of events. `secrets` are those it was given, the newest last."""

    server: Server
    endpoint_id: UUID
    secrets: list[str] = field(default_factory=list)

    @property
    def heard(self) -> list[dict[str, Any]]:
        """The bodies that came."""
        return [json.loads(asked.body) for asked in self.server.requests]

    @property
    def ids(self) -> list[str]:
        """The ids that came."""
        return [asked.headers["webhook-id"] for asked in self.server.requests]


def verified(asked: Asked, secret: str) -> bool:
    """Whether a receiver that has this secret believes the request."""
    signed = f"{asked.headers['webhook-id']}.{asked.headers['webhook-timestamp']}.".encode() + asked.body
    mine = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(mine).decode()}" in asked.headers["webhook-signature"].split(" ")


@contextmanager
def receiving(types: tuple[str, ...] = TYPES, *, personal: bool = False, status: int = 200) -> Iterator[Receiver]:
    """An endpoint of the current store, and the server behind it."""
    server = Server()

    def answer(_asked: Asked) -> Reply:
        return status, {}, b"thanks"

    with serving(server, answer):
        endpoint_id, secret = endpoints.create(
            f"{server.url}/hook", types, personal=personal, key=KEY, actor="staff:x", now=NOW
        )
        yield Receiver(server, endpoint_id, [secret])


def tell(type_: str = "order.placed", subject: UUID | None = None, **data: Any) -> UUID:
    """An event happens."""
    event = Event(new_id(), type_, subject or new_id(), NOW, data)
    with transaction():
        publish([event])
    return event.id


def deliver(now: datetime = NOW, *, public_only: bool = False) -> int:
    """The worker's turn."""
    finish_reading()
    return delivering.deliver(lambda: now, key=KEY, public_only=public_only)


def much_later() -> datetime:
    """After any pause."""
    return datetime.now(NOW.tzinfo) + timedelta(days=30)


def deliveries() -> list[Any]:
    """What became of them, the oldest first."""
    finish_reading()
    rows = list(db.session.execute(text("SELECT * FROM webhook_deliveries ORDER BY number")))
    finish_reading()
    return rows
