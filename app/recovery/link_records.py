"""Links back to carts as staff see them: when each was made, until when it works, whether it was used. Never the token."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from app.audit import log as audit
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, unit_of_work
from app.errors import Conflict, NotFound
from app.ids import CartId
from app.recovery import links

OF_MESSAGES = text("""
    SELECT message_id, created_at, expires_at, revoked_at, used_at, generation FROM message_links
    WHERE store_id = :store AND message_id = ANY(:messages) AND purpose = 'recover' ORDER BY created_at, message_id""")

OF_ONE = text("""
    SELECT l.message_id, l.created_at, l.expires_at, l.revoked_at, l.used_at, l.generation
    FROM message_links l
    JOIN messages m ON m.store_id = l.store_id AND m.id = l.message_id
    JOIN episodes e ON e.store_id = m.store_id AND e.id = m.episode_id
    WHERE l.store_id = :store AND l.message_id = :message AND l.purpose = 'recover' AND e.cart_id = :cart
    FOR NO KEY UPDATE OF l""")


class LinkNotFound(NotFound):
    """No message about this cart carries such a link."""

    code = "link_not_found"


class LinkDead(Conflict):
    """The link was revoked or has expired: it opens nothing any more."""

    code = "link_dead"


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """A message's link back to its cart. `used_at` is when it first brought the cart back."""

    message_id: UUID
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None
    generation: int

    def works(self, now: datetime) -> bool:
        """Whether it still opens anything."""
        return self.revoked_at is None and now < self.expires_at


def list_links(message_ids: Collection[UUID]) -> list[LinkRecord]:
    """The links of these messages, the oldest first."""
    rows = db.session.execute(OF_MESSAGES, {"store": current_store_id(), "messages": list(message_ids)})
    return [LinkRecord(*row) for row in rows]


@unit_of_work
def hand_out(cart_id: CartId, message_id: UUID, *, actor: str, now: datetime) -> str:
    """The link's address, for staff to pass on: kept in the audit log, without the address.

    Raises LinkNotFound, LinkDead.
    """
    if not _locked(cart_id, message_id).works(now):
        raise LinkDead()
    audit.record("link_copied", actor=actor, subject=("cart", cart_id), now=now, details={"message": str(message_id)})
    return links.make_links(message_id, now).recover


@unit_of_work
def take_away(cart_id: CartId, message_id: UUID, *, actor: str, now: datetime) -> None:
    """The link opens nothing from now on. Raises LinkNotFound, LinkDead."""
    if not _locked(cart_id, message_id).works(now):
        raise LinkDead()
    links.revoke([message_id], now)
    audit.record("link_revoked", actor=actor, subject=("cart", cart_id), now=now, details={"message": str(message_id)})


def _locked(cart_id: CartId, message_id: UUID) -> LinkRecord:
    took_lock(Lock.MESSAGE)
    row = db.session.execute(OF_ONE, {"store": current_store_id(), "cart": cart_id, "message": message_id}).first()
    if row is None:
        raise LinkNotFound()
    return LinkRecord(*row)
