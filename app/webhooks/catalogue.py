"""What can be heard of, and the shape of what is told. Pure.

A body is {"type", "timestamp", "version", "data"}: `data` holds ids and plain facts of the event, never a name or an address
unless the endpoint asks for them (`data.customer`). Fields may be added; whatever else changes is another VERSION.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

VERSION = 1
TEST = "webhook.test"

# In the order in which they are offered.
TYPES = (
    "cart.abandoned",
    "cart.recovered",
    "cart.salvaged",
    "order.placed",
    "order.released",
    "order.cancelled",
    "order.refunded",
    "message.sent",
    "message.bounced",
    "message.complained",
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `id` names it for good; events of one `subject` (a cart) are told in their order."""

    id: UUID
    type: str
    subject: UUID
    occurred_at: datetime
    data: Mapping[str, Any]


def body(
    type_: str, occurred_at: datetime, data: Mapping[str, Any], customer: Mapping[str, str] | None = None
) -> bytes:
    """The bytes that are sent, which are those that are signed."""
    told = {**data, "customer": dict(customer)} if customer else dict(data)
    moment = occurred_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return msgspec.json.encode({"type": type_, "timestamp": moment, "version": VERSION, "data": told})
