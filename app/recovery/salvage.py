"""Salvage (PRODUCT, rule 8): what did not come back for the store's days is saved for the next purchase, and it is said.

The due are found in one statement without a lock. Each cart then has a transaction of its own, which passes over a cart
that somebody else has, and looks again behind its locks.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text

from app.cart import codec, repository
from app.cart.commands import Salvage
from app.cart.domain import decide
from app.cart.policy import Policy
from app.cart.state import Pane
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, after_commit, before_commit, finish_reading, took_lock, unit_of_work
from app.ids import CartId
from app.recovery import episodes
from app.recovery.episodes import Episode
from app.recovery.values import Arm, Channel, EpisodeState, MessageKind, Trigger
from app.stores.directory import StoreView
from app.web import live

ACTOR = "recovery:salvage"
BATCH = 100
AT_MOST = 5_000  # carts of one store in one tick: the next is a minute away
START = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))

UNDER_WAY = "EXISTS (SELECT 1 FROM orders o WHERE o.store_id = :store AND o.cart_id = {cart} AND o.state = 'pending')"

# A shopper who came back since is left in peace until their own last change is as old.
DUE = text(f"""
    SELECT e.id, e.cart_id, e.inactive_since FROM episodes e
    CROSS JOIN LATERAL (
        SELECT 1 FROM carts c WHERE c.store_id = :store AND c.id = e.cart_id AND c.status = 'open'
        AND c.updated_at <= :until OFFSET 0) idle
    WHERE e.store_id = :store AND e.state = 'open' AND e.trigger = 'cart_abandoned' AND e.inactive_since <= :until
      AND (e.inactive_since, e.id) > (:since, :after) AND NOT {UNDER_WAY.format(cart="e.cart_id")}
    ORDER BY e.inactive_since, e.id LIMIT :batch""")  # noqa: S608  constants of this file

LOCK = text("""
    SELECT customer_id FROM carts WHERE store_id = :store AND id = :cart AND status = 'open' AND updated_at <= :until
    FOR NO KEY UPDATE SKIP LOCKED""")

PAYING = text(f"SELECT {UNDER_WAY.format(cart=':cart')}")

NOTICE = text("""
    INSERT INTO messages (store_id, id, episode_id, customer_id, kind, step, channel, due_at, created_at)
    VALUES (:store, uuidv7(), :episode, :customer, :kind, 0, :channel, :now, :now)""")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Due:
    """An episode that is old enough."""

    id: UUID
    cart_id: CartId
    inactive_since: datetime


def salvage(store: StoreView, now: datetime, *, batch: int = BATCH, at_most: int = AT_MOST) -> int:
    """Salvage what is due in the current store; how many carts. Nothing while the store's recovery is off.

    A cart that fails is told to the log and does not keep the others waiting.
    """
    if not store.settings.recovery:
        return 0
    until, place, looked, done = now - timedelta(days=store.settings.salvage_days), START, 0, 0
    while looked < at_most:
        due = _list_due(until, place, batch)
        for one in due:
            try:
                done += salvage_cart(store, one.id, one.cart_id, until, now)
            except Exception:
                log.exception("salvage_failed", cart=str(one.cart_id))
        looked += len(due)
        if len(due) < batch:
            break
        place = (due[-1].inactive_since, due[-1].id)
    return done


def _list_due(until: datetime, place: tuple[datetime, UUID], batch: int) -> list[_Due]:
    names: dict[str, Any] = {"until": until, "since": place[0], "after": place[1], "batch": batch}
    rows = db.session.execute(DUE, {"store": current_store_id(), **names}).all()
    finish_reading()
    return [_Due(row.id, CartId(row.cart_id), row.inactive_since) for row in rows]


@unit_of_work
def salvage_cart(store: StoreView, episode_id: UUID, cart_id: CartId, until: datetime, now: datetime) -> bool:
    """Salvage one cart if its episode is still open, its shopper idle since `until` and no payment under way."""
    names = {"store": current_store_id(), "cart": cart_id}
    took_lock(Lock.CART)
    customer_id = db.session.execute(LOCK, {**names, "until": until}).scalar_one_or_none()
    if customer_id is None or db.session.execute(PAYING, names).scalar_one():
        return False
    locked = episodes.lock_of_cart(cart_id, [Trigger.CART_ABANDONED])
    episode = episodes.find_open(cart_id)
    if episode is None or episode.id != episode_id:
        return False
    before = repository.list_stored([cart_id])[cart_id]
    command = Salvage()
    events = decide(before.cart, command, {}, Policy(), now)
    state = EpisodeState.SALVAGED if before.cart.pane(Pane.ACTIVE) else EpisodeState.EMPTIED
    episodes.close(locked, state, now=now)
    if not events:
        return False
    asked = codec.fingerprint(command)
    after = repository.save(before, events, op_id=episode.id, fingerprint=asked, actor=ACTOR, now=now, active=False)
    if episode.arm is not Arm.HOLDOUT and store.settings.email_reminders:
        _tell(episode, now)
    after_commit(partial(live.publish_cart, f"customer:{customer_id}", after.cart.version))
    return True


def _tell(episode: Episode, now: datetime) -> None:
    """One notice: as the last step, after the messages that wait have been cancelled."""
    about = {"store": current_store_id(), "episode": episode.id, "customer": episode.customer_id, "now": now}
    before_commit(
        partial(db.session.execute, NOTICE, {**about, "kind": MessageKind.SAVED_NOTICE, "channel": Channel.EMAIL})
    )
