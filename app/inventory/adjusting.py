"""Stock moved by hand: units that came or went, or were counted; each with its reason, once per form that was sent."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, after_commit, took_lock, unit_of_work
from app.ids import VariantId
from app.inventory import ledger
from app.inventory.errors import BadMovement, NotCounted, StockMoved, TooFewThere
from app.inventory.ledger import Kind, Movement
from app.inventory.models import Stock
from app.inventory.service import StockLevel, came_back, locked, sold_out
from app.web import live

LARGEST = 1_000_000_000
LONGEST_NOTE = 200
BY_HAND = (Kind.DELIVERY, Kind.RETURNED, Kind.LOSS, Kind.COUNT)

DONE = text("SELECT before, after, variant_id, kind FROM stock_movements WHERE store_id = :store AND op_id = :op")


@unit_of_work
def move(
    variant_id: VariantId,
    kind: Kind,
    units: int,
    *,
    seen: int | None,
    least: int,
    note: str,
    actor: str,
    op_id: UUID,
    now: datetime,
) -> Movement:
    """Units came (delivery, returned), went (loss), or were counted: then `units` is what there is, not what came.

    A count is of what the counter saw: if it was not `seen` any more when it is entered, StockMoved. What comes or goes is
    added to whatever is there. `least` is the smallest quantity sold at once. The same `op_id` again changes nothing.
    Raises BadMovement, NotCounted, StockMoved, TooFewThere.
    """
    note = " ".join(note.split())
    if (
        kind not in BY_HAND
        or not 0 <= units <= LARGEST
        or len(note) > LONGEST_NOTE
        or (kind is not Kind.COUNT and not units)
    ):
        raise BadMovement()
    row = _locked(variant_id)
    done = db.session.execute(DONE, {"store": current_store_id(), "op": op_id}).first()
    if done is not None:
        return Movement(VariantId(done.variant_id), Kind(done.kind), done.before, done.after, actor, note, op_id=op_id)
    if not row.tracked:
        raise NotCounted()
    after = replace(row, available=_after(kind, row.available, units, seen))
    movement = Movement(variant_id, kind, row.available, after.available, actor, note, op_id=op_id)
    ledger.enter([movement], now=now)
    _write(row, after, least, now)
    return movement


@unit_of_work
def limit(variant_id: VariantId, *, tracked: bool, oversell: bool, least: int, now: datetime) -> tuple[bool, bool]:
    """Whether units are counted, and whether it is sold on when none are left. Returns how it was."""
    row = _locked(variant_id)
    if (row.tracked, row.oversell) != (tracked, oversell):
        _write(row, replace(row, tracked=tracked, oversell=oversell), least, now)
    return row.tracked, row.oversell


def _after(kind: Kind, available: int, units: int, seen: int | None) -> int:
    match kind:
        case Kind.COUNT:
            if seen is not None and seen != available:
                raise StockMoved(available=available, seen=seen)
            return units
        case Kind.LOSS:
            if units > available:
                raise TooFewThere(available=available)
            return available - units
        case _:
            if available + units > LARGEST:
                raise BadMovement()
            return available + units


def _locked(variant_id: VariantId) -> StockLevel:
    took_lock(Lock.STOCK)
    row = locked([variant_id]).get(variant_id)
    if row is None:  # nothing has ever limited it
        return StockLevel(variant_id, 0, tracked=False, oversell=False)
    return StockLevel(variant_id, row.available, row.tracked, row.oversell)


def _write(before: StockLevel, level: StockLevel, least: int, now: datetime) -> None:
    values = {"available": level.available, "tracked": level.tracked, "oversell": level.oversell}
    statement = insert(Stock).values(store_id=current_store_id(), variant_id=level.variant_id, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["store_id", "variant_id"], set_=values))
    after_commit(partial(live.publish_catalogue, [level.variant_id]))
    if sold_out(before, least) and not sold_out(level, least):
        came_back([level.variant_id], now=now)
