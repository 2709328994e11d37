"""Units held for an order: taken off the shelf in one place, in the order of their ids, and put back or handed out whole.

What is on the shelf, held and handed out always adds up to what the store had.
"""

from collections.abc import Mapping, Sequence, Set
from functools import partial
from typing import Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, after_commit, took_lock
from app.ids import VariantId
from app.web import live

LOCK = text("""
    SELECT variant_id, available, tracked, oversell FROM stock
    WHERE store_id = :store AND variant_id = ANY(:variants) ORDER BY variant_id FOR NO KEY UPDATE""")

TAKE = text("""
    WITH wanted AS (SELECT * FROM jsonb_to_recordset(:wanted) AS w(variant_id uuid, quantity int)),
    taken AS (UPDATE stock s SET available = s.available - w.quantity FROM wanted w
              WHERE s.store_id = :store AND s.variant_id = w.variant_id)
    INSERT INTO reservations (store_id, holder_id, variant_id, quantity)
    SELECT :store, :holder, variant_id, quantity FROM wanted""")

HELD = text("SELECT variant_id, quantity FROM reservations WHERE store_id = :store AND holder_id = :holder")

PUT_BACK = text("""
    WITH held AS (DELETE FROM reservations WHERE store_id = :store AND holder_id = :holder
                  RETURNING variant_id, quantity)
    UPDATE stock s SET available = s.available + h.quantity FROM held h
    WHERE s.store_id = :store AND s.variant_id = h.variant_id RETURNING s.variant_id""")

HAND_OUT = text("DELETE FROM reservations WHERE store_id = :store AND holder_id = :holder")


def reserve(
    holder_id: UUID, wanted: Mapping[VariantId, int], *, check: bool, instead_of: UUID | None = None
) -> dict[VariantId, int]:
    """Hold these units for `holder_id`. When some are short nothing is held, and how many there are is returned.

    `check` false: the store sells on when the shelf is empty; what is there is held all the same. What is held for
    `instead_of` goes back first: all rows are locked in one order, whichever of the two they belong to.
    """
    took_lock(Lock.STOCK)
    freed = _held(instead_of) if instead_of else {}
    rows = _locked(wanted.keys() | freed.keys())
    there = {row.variant_id: row.available + freed.get(row.variant_id, 0) for row in rows}
    short = {
        row.variant_id: there[row.variant_id]
        for row in rows
        if check and row.tracked and not row.oversell and there[row.variant_id] < wanted.get(row.variant_id, 0)
    }
    if short:
        return short
    if freed:
        _return(cast(UUID, instead_of))
    taken = [
        {"variant_id": row.variant_id, "quantity": min(there[row.variant_id], wanted[row.variant_id])}
        for row in rows
        if row.tracked and row.variant_id in wanted and there[row.variant_id] > 0
    ]
    if taken:
        names = {"store": current_store_id(), "holder": holder_id, "wanted": msgspec.json.encode(taken).decode()}
        db.session.execute(TAKE, names)
        after_commit(partial(live.publish_catalogue, [row["variant_id"] for row in taken]))
    return {}


def put_back(holder_id: UUID) -> None:
    """Put what is held for `holder_id` back on the shelf; nothing the second time."""
    held = _held(holder_id)
    if held:
        took_lock(Lock.STOCK)
        _locked(held.keys())
        _return(holder_id)


def hand_out(holder_id: UUID) -> None:
    """What was held has left the house."""
    took_lock(Lock.STOCK)
    db.session.execute(HAND_OUT, {"store": current_store_id(), "holder": holder_id})


def _held(holder_id: UUID) -> dict[VariantId, int]:
    rows = db.session.execute(HELD, {"store": current_store_id(), "holder": holder_id})
    return {VariantId(row.variant_id): row.quantity for row in rows}


def _locked(variants: Set[VariantId]) -> Sequence[Any]:
    return db.session.execute(LOCK, {"store": current_store_id(), "variants": sorted(variants)}).all()


def _return(holder_id: UUID) -> None:
    returned = list(db.session.execute(PUT_BACK, {"store": current_store_id(), "holder": holder_id}).scalars())
    after_commit(partial(live.publish_catalogue, returned))
