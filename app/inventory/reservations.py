"""Units held for an order: taken off the shelf in one place, in the order of their ids, and put back or handed out whole.

What is on the shelf, held and handed out always adds up to what the store had. Both are entered in the ledger by the
statement that moves the units (inventory/ledger.py), so that no movement is without its entry.
"""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, after_commit, took_lock
from app.ids import VariantId
from app.inventory.service import came_back
from app.web import live

LOCK = text("""
    SELECT variant_id, available, tracked, oversell FROM stock
    WHERE store_id = :store AND variant_id = ANY(:variants) ORDER BY variant_id FOR NO KEY UPDATE""")

TAKE = text("""
    WITH wanted AS (SELECT * FROM jsonb_to_recordset(:wanted) AS w(variant_id uuid, quantity int)),
    taken AS (UPDATE stock s SET available = s.available - w.quantity FROM wanted w
              WHERE s.store_id = :store AND s.variant_id = w.variant_id
              RETURNING s.variant_id, s.available, w.quantity),
    moved AS (INSERT INTO stock_movements (store_id, variant_id, recorded_at, kind, before, after, holder_id)
              SELECT :store, variant_id, :now, 'order', available + quantity, available, :holder FROM taken)
    INSERT INTO reservations (store_id, holder_id, variant_id, quantity)
    SELECT :store, :holder, variant_id, quantity FROM wanted""")

HELD = text("SELECT variant_id FROM reservations WHERE store_id = :store AND holder_id = :holder")

PUT_BACK = text("""
    WITH held AS (DELETE FROM reservations WHERE store_id = :store AND holder_id = :holder
                  RETURNING variant_id, quantity),
    returned AS (UPDATE stock s SET available = s.available + h.quantity FROM held h
                 WHERE s.store_id = :store AND s.variant_id = h.variant_id
                 RETURNING s.variant_id, s.available, h.quantity),
    moved AS (INSERT INTO stock_movements (store_id, variant_id, recorded_at, kind, before, after, holder_id)
              SELECT :store, variant_id, :now, 'put_back', available - quantity, available, :holder FROM returned)
    SELECT variant_id FROM returned""")

HAND_OUT = text("DELETE FROM reservations WHERE store_id = :store AND holder_id = :holder")


def reserve(holder_id: UUID, wanted: Mapping[VariantId, int], *, check: bool, now: datetime) -> dict[VariantId, int]:
    """Hold these units for `holder_id`. When some are short nothing is held, and how many there are is returned.

    `check` false: the store sells on when the shelf is empty; what is there is held all the same.
    """
    took_lock(Lock.STOCK)
    rows = _locked(wanted.keys())
    short = {
        VariantId(row.variant_id): int(row.available)
        for row in rows
        if check and row.tracked and not row.oversell and row.available < wanted[row.variant_id]
    }
    if short:
        return short
    taken = [
        {"variant_id": row.variant_id, "quantity": min(row.available, wanted[row.variant_id])}
        for row in rows
        if row.tracked and row.available > 0
    ]
    if taken:
        names = {"store": current_store_id(), "holder": holder_id, "wanted": msgspec.json.encode(taken).decode()}
        db.session.execute(TAKE, {**names, "now": now})
        after_commit(partial(live.publish_catalogue, [row["variant_id"] for row in taken]))
    return {}


def put_back(holder_id: UUID, *, now: datetime) -> None:
    """Put what is held for `holder_id` back on the shelf, and tell so; nothing the second time."""
    names = {"store": current_store_id(), "holder": holder_id}
    held = list(db.session.execute(HELD, names).scalars())
    if not held:
        return
    took_lock(Lock.STOCK)
    _locked(set(held))
    returned = list(db.session.execute(PUT_BACK, {**names, "now": now}).scalars())
    after_commit(partial(live.publish_catalogue, returned))
    came_back(
        returned, now=now
    )  # whether they were sold out before is for the catalogue to say, which knows the minimum


def hand_out(holder_id: UUID) -> None:
    """What was held has left the house."""
    took_lock(Lock.STOCK)
    db.session.execute(HAND_OUT, {"store": current_store_id(), "holder": holder_id})


def _locked(variants: Set[VariantId]) -> Sequence[Any]:
    return db.session.execute(LOCK, {"store": current_store_id(), "variants": sorted(variants)}).all()
