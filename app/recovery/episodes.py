"""Episodes that are open: locked, found, closed. All inside the caller's unit of work; the rows are locked by id (rank 4)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, before_commit, took_lock
from app.ids import CartId, CustomerId
from app.recovery import news
from app.recovery.values import Arm, EpisodeState, Trigger


@dataclass(frozen=True, slots=True)
class Episode:
    """An episode as those need it who act on it."""

    id: UUID
    trigger: Trigger
    cart_id: CartId
    customer_id: CustomerId
    inactive_since: datetime
    opened_at: datetime
    state: EpisodeState
    arm: Arm
    campaign_id: UUID | None
    campaign_version: int | None


_EPISODE = """
    SELECT id, trigger, cart_id, customer_id, inactive_since, opened_at, state, arm, campaign_id, campaign_version
    FROM episodes WHERE store_id = :store"""

FIND_OPEN = text(f"{_EPISODE} AND cart_id = :cart AND trigger = :trigger AND state = 'open'")

_LOCK = "SELECT id FROM episodes WHERE store_id = :store AND state = 'open' AND {of} ORDER BY id FOR NO KEY UPDATE"
LOCK_OF_PERSON = text(_LOCK.format(of="(customer_id = ANY(:customers) OR id = ANY(:others))"))
LOCK_OF_CART = text(_LOCK.format(of="cart_id = :cart AND trigger = ANY(:triggers)"))
LOCK_OF_CARTS = text(_LOCK.format(of="cart_id = ANY(:carts)"))

CLOSE = text("""
    UPDATE episodes SET state = :state, closed_at = :now, order_id = :order
    WHERE store_id = :store AND id = ANY(:ids) AND state = 'open' RETURNING id""")

# A message that somebody has locked is skipped: whoever has it is about to look at the episode behind its lock.
CANCEL = text("""
    WITH waiting AS MATERIALIZED (
        SELECT id FROM messages WHERE store_id = :store AND episode_id = ANY(:ids) AND state IN ('scheduled', 'claimed')
        ORDER BY id FOR NO KEY UPDATE SKIP LOCKED),
    cancelled AS (
        UPDATE messages SET state = 'cancelled', reason = :reason, ended_at = :now, lease_token = NULL, lease_until = NULL
        FROM waiting WHERE messages.store_id = :store AND messages.id = waiting.id RETURNING messages.id)
    INSERT INTO message_evaluations (store_id, id, message_id, evaluated_at, verdict, reason, inputs)
    SELECT :store, uuidv7(), id, :now, 'end', :reason, jsonb_build_object('episode', CAST(:state AS text)) FROM cancelled""")


def lock_of_person(customer_ids: Collection[CustomerId], others: Collection[UUID] = ()) -> list[UUID]:
    """The open episodes of these customers, and these `others`, locked until the transaction ends: all by id at once."""
    return _lock(LOCK_OF_PERSON, customers=list(customer_ids), others=list(others))


def lock_of_cart(cart_id: UUID, triggers: Sequence[Trigger] = tuple(Trigger)) -> list[UUID]:
    """The open episodes of a cart, locked until the transaction ends."""
    return _lock(LOCK_OF_CART, cart=cart_id, triggers=[trigger.value for trigger in triggers])


def lock_of_carts(cart_ids: Collection[UUID]) -> list[UUID]:
    """The open episodes of several carts, locked until the transaction ends: all by id at once."""
    return _lock(LOCK_OF_CARTS, carts=list(cart_ids))


def close(
    episode_ids: Collection[UUID], state: EpisodeState, *, now: datetime, order_id: UUID | None = None
) -> list[UUID]:
    """Close those of the locked episodes that are still open, at once; which were. Their waiting messages go with them.

    The messages are cancelled as the last step of the unit of work, which waits for nobody (docs/locking.md).
    """
    if not episode_ids:
        return []
    names = {"store": current_store_id(), "ids": list(episode_ids), "state": state, "now": now}
    closed = list(db.session.execute(CLOSE, {**names, "order": order_id}).scalars())
    if closed:
        words = {**names, "ids": closed, "reason": f"episode_{state}"}
        before_commit(partial(db.session.execute, CANCEL, words))
        news.closed(closed, state, order_id, now)
    return closed


def find_open(cart_id: UUID, trigger: Trigger = Trigger.CART_ABANDONED) -> Episode | None:
    """The open episode of a cart, if it has one."""
    row = db.session.execute(FIND_OPEN, {"store": current_store_id(), "cart": cart_id, "trigger": trigger}).first()
    return _episode(row) if row else None


def _lock(statement: Any, **of: object) -> list[UUID]:
    took_lock(Lock.EPISODE)
    return list(db.session.execute(statement, {"store": current_store_id(), **of}).scalars())


def _episode(row: Any) -> Episode:
    return Episode(
        id=row.id,
        trigger=Trigger(row.trigger),
        cart_id=CartId(row.cart_id),
        customer_id=CustomerId(row.customer_id),
        inactive_since=row.inactive_since,
        opened_at=row.opened_at,
        state=EpisodeState(row.state),
        arm=Arm(row.arm),
        campaign_id=row.campaign_id,
        campaign_version=row.campaign_version,
    )
