"""Sending by hand: what has ended once more, and an event for trying an endpoint out."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, after_commit, took_lock, unit_of_work
from app.ids import new_id
from app.webhooks import endpoints, publishing
from app.webhooks.errors import EndpointOff, NothingToSendAgain

# What waits for its next try goes at once; what somebody has in hand stays in that hand.
AGAIN = text("""
    UPDATE webhook_deliveries SET state = 'waiting', attempts = 0, due_at = now(), ended_at = NULL
    WHERE store_id = :store AND endpoint_id = :endpoint AND lease_token IS NULL
      AND (id = ANY(:ids) OR (CAST(:error AS text) <> '' AND error = :error AND state <> 'delivered')) RETURNING id""")


@unit_of_work
def send_again(endpoint_id: UUID, ids: Collection[UUID], *, error: str = "") -> int:
    """Have these sent once more under the same ids, or all that failed by `error`; how many.

    Raises EndpointNotFound, EndpointOff, NothingToSendAgain.
    """
    if not endpoints.get(endpoint_id).on:
        raise EndpointOff()
    took_lock(Lock.MESSAGE)
    names = {"store": current_store_id(), "endpoint": endpoint_id, "ids": list(ids), "error": error}
    found = db.session.execute(AGAIN, names).all()
    if not found:
        raise NothingToSendAgain()
    after_commit(publishing.wake)
    return len(found)


@unit_of_work
def try_out(endpoint_id: UUID, *, now: datetime) -> UUID:
    """Write an event for this endpoint alone, also while it is off; which delivery that is. Raises EndpointNotFound."""
    endpoints.get(endpoint_id)
    delivery_id = new_id()
    publishing.publish_test(endpoint_id, delivery_id, now)
    return delivery_id
