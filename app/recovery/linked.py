"""What a link is about: its message, the episode, whose it is, and what of the cart it may show."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text

from app.cart import history, repository
from app.cart.history import CartNotFound
from app.cart.salvaging import still_saved
from app.cart.state import Line, Pane
from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import CartId, CustomerId
from app.recovery import salvaged
from app.recovery.links import Purpose, token_hash
from app.recovery.salvaged import Salvaged
from app.recovery.values import Channel, EpisodeState, MessageKind, Trigger

FIND = text("""
    SELECT l.purpose, l.created_at, l.expires_at, l.revoked_at, m.id AS message_id, m.kind, m.channel, m.coupon_code, m.sent_at,
           m.address_hash, m.customer_id, coalesce(p.merged_into, p.id) AS holder_id, e.id AS episode_id, e.trigger, e.state, e.order_id,
           e.closed_at, e.cart_id, e.cart_version, e.currency, e.inactive_since
    FROM message_links l
    JOIN messages m ON m.store_id = l.store_id AND m.id = l.message_id
    JOIN customers p ON p.store_id = m.store_id AND p.id = m.customer_id
    JOIN episodes e ON e.store_id = m.store_id AND e.id = m.episode_id
    WHERE l.store_id = :store AND l.token_hash = :hash AND l.purpose = :purpose""")


class Standing(StrEnum):
    """What a link can still do."""

    OPEN = "open"
    SALVAGED = "salvaged"  # the things wait in next purchase
    EMPTY = "empty"  # nothing is left of what it was about
    USED = "used"  # the order was placed
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Linked:
    """A link with all that it is about. `holder_id` is whose cart it is now: the contact's own, or the account's they became.

    `salvage` is what the episode's salvage did, where it ended with one that was not taken back.
    """

    purpose: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    message_id: UUID
    kind: MessageKind
    channel: Channel
    coupon_code: str
    sent_at: datetime | None
    address_hash: str
    customer_id: CustomerId
    holder_id: CustomerId
    episode_id: UUID
    trigger: Trigger
    state: EpisodeState
    order_id: UUID | None
    closed_at: datetime | None
    cart_id: CartId
    cart_version: int
    currency: str
    inactive_since: datetime
    salvage: Salvaged | None = None

    def standing(self, lines: tuple[Line, ...], now: datetime) -> Standing:
        """What it can do, with these `lines` left of what it was about."""
        if self.revoked_at is not None or self.state is EpisodeState.ERASED:
            return Standing.REVOKED
        if self.state is EpisodeState.RECOVERED:
            return Standing.USED
        if now >= self.expires_at:
            return Standing.EXPIRED
        if not lines:
            return Standing.EMPTY
        return Standing.SALVAGED if self.salvage else Standing.OPEN


def find(token: str, purpose: Purpose) -> Linked | None:
    """The link of the current store with this token; None if there is none."""
    hashed = token_hash(token, purpose)
    if hashed is None:
        return None
    row = db.session.execute(FIND, {"store": current_store_id(), "hash": hashed, "purpose": purpose}).first()
    if row is None:
        return None
    known = dict(row._mapping)
    named = {
        "kind": MessageKind(row.kind),
        "channel": Channel(row.channel),
        "trigger": Trigger(row.trigger),
        "state": EpisodeState(row.state),
    }
    linked = Linked(**{**known, **named})
    if linked.state is not EpisodeState.SALVAGED:
        return linked
    done = salvaged.read(linked.episode_id, linked.cart_id, linked.holder_id)
    return linked if done.undone else replace(linked, salvage=done)


def lines_of(linked: Linked) -> tuple[Line, ...]:
    """What is still there of the things the message was about, as active lines where it was about a cart left behind.

    Never what came into the cart later: a link that was forwarded shows nobody what its owner is buying now.
    """
    saved = linked.trigger is not Trigger.CART_ABANDONED
    try:
        then = history.cart_at(linked.cart_id, version=linked.cart_version)
    except CartNotFound:
        return ()
    meant = {line.id for line in then.pane(Pane.NEXT_PURCHASE if saved else Pane.ACTIVE)}
    now = repository.list_stored([linked.cart_id])[linked.cart_id].cart
    if linked.salvage is not None:
        notice = linked.kind is MessageKind.SAVED_NOTICE
        return tuple(
            replace(line, pane=Pane.ACTIVE, quantity=min(line.quantity, move.line.quantity))
            for move, line in still_saved(now, linked.salvage.moves)
            if notice or move.line.id in meant
        )
    left = (line for line in now.pane(Pane.NEXT_PURCHASE if saved else Pane.ACTIVE) if line.id in meant)
    return tuple(line if saved else replace(line, pane=Pane.ACTIVE) for line in left)
