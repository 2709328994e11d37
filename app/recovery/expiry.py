"""Carts that nobody has touched for the store's days are archived, with their history. A later visit opens a fresh cart.

Guests' carts need nobody: Redis forgets them by itself, as long after their last change.
"""

from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, after_commit, took_lock, unit_of_work
from app.recovery import episodes
from app.recovery.salvage import UNDER_WAY
from app.recovery.values import EpisodeState
from app.stores.directory import StoreView
from app.web import live

BATCH = 500
AT_MOST = 100_000  # carts of one store in one tick

# Each by the index of its kind (abandonment has been looked for, or not yet). Who is being changed is passed over.
_TAKE = f"""
    SELECT c.id FROM carts c
    WHERE c.store_id = :store AND c.status = 'open' AND {{which}} AND c.active_slot <= :until AND c.updated_at <= :until
      AND NOT {UNDER_WAY.format(cart="c.id")}
    ORDER BY c.active_slot LIMIT :batch FOR NO KEY UPDATE SKIP LOCKED"""  # noqa: S608  constants of this package
TAKE = [text(_TAKE.format(which=which)) for which in ("c.examined", "NOT c.examined")]

# Behind the locks: an order may have been placed between the snapshot of the first statement and its lock.
ARCHIVE = text(f"""
    UPDATE carts c SET status = 'archived'
    WHERE c.store_id = :store AND c.id = ANY(:carts) AND NOT {UNDER_WAY.format(cart="c.id")}
    RETURNING c.id, c.customer_id""")  # noqa: S608  constants of this package


def expire(store: StoreView, now: datetime, *, batch: int = BATCH, at_most: int = AT_MOST) -> int:
    """Archive what is due in the current store; how many carts."""
    until, done = now - timedelta(days=store.settings.cart_expiry_days), 0
    for which in range(len(TAKE)):
        archived = batch
        while archived == batch and done < at_most:
            archived = _expire_batch(which, until, now, batch)
            done += archived
    return done


@unit_of_work
def _expire_batch(which: int, until: datetime, now: datetime, batch: int) -> int:
    names = {"store": current_store_id()}
    took_lock(Lock.CART)
    taken = list(db.session.execute(TAKE[which], {**names, "until": until, "batch": batch}).scalars())
    if not taken:
        return 0
    archived = db.session.execute(ARCHIVE, {**names, "carts": taken}).all()
    cart_ids = [row.id for row in archived]
    episodes.close(episodes.lock_of_carts(cart_ids), EpisodeState.EXPIRED, now=now)
    for row in archived:
        after_commit(partial(live.publish_cart, f"customer:{row.customer_id}", 0))
    return len(archived)
