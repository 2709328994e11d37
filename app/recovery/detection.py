"""Finding abandoned carts: by what is due, not by what exists, in batches, by any number of workers at once.

A batch is two statements of one transaction. The first locks carts that are due (those somebody else has locked are
passed over) and marks them examined, so that they are not looked at again before their shopper does something. The
second opens episodes, with a snapshot taken behind the locks: what it reads of a cart is what the lock guards.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, ran_out_of_time, took_lock, unit_of_work
from app.recovery import campaigns, opening, starting
from app.recovery.lanes import Lanes
from app.recovery.values import Trigger
from app.stores.directory import StoreView
from app.stores.segments import rules

FIRST, SMALLEST, BATCH = 250, 25, 2_000  # larger ones are no faster
SECONDS = 0.15  # that a batch may take, for that is how long a shopper may wait for their own cart
AT_MOST = 1_000_000  # carts of one store in one tick: the next is a minute away

# Found again by its place, which saves an index a look at each. Nobody can move it away from there, for it is locked; one that
# moved between the statement's snapshot and the lock is not marked, and is somebody's in the next turn.
TAKE = text("""
    WITH due AS MATERIALIZED (
        SELECT ctid AS place FROM carts
        WHERE store_id = :store AND status = 'open' AND NOT examined AND active_slot <= :until AND updated_at <= :until
        ORDER BY active_slot LIMIT :batch FOR NO KEY UPDATE SKIP LOCKED),
    marked AS (
        UPDATE carts SET examined = true FROM due WHERE carts.store_id = :store AND carts.ctid = due.place RETURNING carts.id)
    SELECT count(*) AS taken, CAST(array_agg(id) AS text) AS carts FROM marked""")

# Where segments wait for longer or shorter: those are due that have been left for as long as holds for their shopper.
# Who is meant is told as the gate tells it (facts_query.py), but for orders placed under another address.
TAKE_BY_SEGMENT = text("""
    WITH due AS MATERIALIZED (
        SELECT c.ctid AS place FROM carts c
        JOIN customers h ON h.store_id = c.store_id AND h.id = c.customer_id
        JOIN customers k ON k.store_id = h.store_id AND k.id = coalesce(h.merged_into, h.id)
        WHERE c.store_id = :store AND c.status = 'open' AND NOT c.examined
          AND c.active_slot <= :until AND c.updated_at <= :until
          AND c.updated_at <= CAST(:now AS timestamptz) - make_interval(mins => coalesce((
            SELECT r.value FROM jsonb_to_recordset(CAST(:rules AS jsonb))
                AS r(place int, member bool, languages jsonb, currencies jsonb, buyer bool, value int)
            WHERE (r.member IS NULL OR r.member = (k.password_hash IS NOT NULL))
              AND (r.languages IS NULL OR r.languages ? k.locale) AND (r.currencies IS NULL OR r.currencies ? c.currency)
              AND (r.buyer IS NULL OR r.buyer = EXISTS (
                SELECT 1 FROM orders o JOIN customers p ON p.store_id = o.store_id AND p.id = o.customer_id
                WHERE o.store_id = :store AND (p.id = k.id OR p.merged_into = k.id)
                  AND o.state IN ('placed', 'fulfilled')))
            ORDER BY r.place LIMIT 1), :minutes))
        ORDER BY c.active_slot LIMIT :batch FOR NO KEY UPDATE OF c SKIP LOCKED),
    marked AS (
        UPDATE carts SET examined = true FROM due WHERE carts.store_id = :store AND carts.ctid = due.place RETURNING carts.id)
    SELECT count(*) AS taken, CAST(array_agg(id) AS text) AS carts FROM marked""")

# A table that is not analysed yet counts as empty, and an empty one is read whole for every cart; a plan that is kept from
# then is as bad. So: by index, planned anew for each batch. Compiling a plan takes longer than carrying it out.
BY_INDEX = text("""
    SELECT set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true),
           set_config('jit', 'off', true)""")


@dataclass(frozen=True, slots=True)
class Detected:
    """How many carts were looked at, how many of them count as abandoned, how many messages follow."""

    examined: int = 0
    episodes: int = 0
    messages: int = 0

    def __add__(self, other: "Detected") -> "Detected":
        return Detected(self.examined + other.examined, self.episodes + other.episodes, self.messages + other.messages)


def detect(store: StoreView, now: datetime, *, batch: int = FIRST, at_most: int = AT_MOST, lanes: int = 1) -> Detected:
    """Open episodes for the carts of the current store that have been left for its threshold.

    Batches grow and shrink with the time that the one before took. Of several `lanes` the first goes alone until it has
    met a full batch. Raises what a lane failed with once all have ended: its last batch is as it was before.
    """
    since = starting.looking_since(store.settings, now)
    if since is None:
        return Detected()
    work = partial(_detect, store, since, now, batch, at_most // lanes)
    others = Lanes(lanes - 1, partial(work, lambda: None))
    try:
        found = work(others.begin)
    finally:
        beside = others.end()
    return sum(beside, start=found)


def _detect(
    store: StoreView, since: datetime, now: datetime, batch: int, at_most: int, going: Callable[[], object]
) -> Detected:
    """Batch after batch until nothing more is due; says that it is `going` as soon as there is more to do."""
    found = Detected()
    while found.examined < at_most:
        began = time.monotonic()
        try:
            examined, episodes, messages = _detect_batch(store, since, now, batch)
        except DBAPIError as error:
            if not ran_out_of_time(error) or batch < SMALLEST:
                raise
            batch //= 4  # on a machine as busy as this one
            continue
        found += Detected(examined, episodes, messages)
        if examined < batch:
            break
        going()
        batch = next_batch(batch, time.monotonic() - began)
    return found


def next_batch(batch: int, seconds: float) -> int:
    """How many carts to take next, if a batch of so many took this long: about SECONDS' worth, at most twice as many."""
    return max(SMALLEST, min(BATCH, 2 * batch, int(batch * SECONDS / max(seconds, 0.001))))


@unit_of_work
def _detect_batch(store: StoreView, since: datetime, now: datetime, batch: int) -> tuple[int, int, int]:
    took_lock(Lock.CART)
    db.session.execute(BY_INDEX)
    taken = _take(store, now, batch)
    if not taken.taken:
        return 0, 0, 0
    campaign = campaigns.live(Trigger.CART_ABANDONED)
    took_lock(Lock.EPISODE)
    opened = opening.open_for(taken.carts, store, campaign, since=since, now=now)
    return taken.taken, opened.episodes, opened.messages


def _take(store: StoreView, now: datetime, batch: int) -> Any:
    minutes, own = store.settings.abandonment_minutes, store.in_force.setting("abandonment_minutes")
    shortest = min([minutes, *(value for _segment, value in own)])
    names = {"store": current_store_id(), "until": now - timedelta(minutes=shortest), "batch": batch}
    if not own:
        return db.session.execute(TAKE, names).one()
    encoded = msgspec.json.encode(rules(own)).decode()
    return db.session.execute(TAKE_BY_SEGMENT, {**names, "now": now, "minutes": minutes, "rules": encoded}).one()
