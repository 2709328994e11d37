"""The ledger of stock: what moved a variant from how many to how many, why, and by whom. Written where units move, never changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import insert, text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import VariantId
from app.inventory.models import StockMovement

PAGE = 30

LIST = text("""
    SELECT variant_id, kind, before, after, actor, note, holder_id, op_id, recorded_at, number FROM stock_movements
    WHERE store_id = :store AND variant_id = :variant AND number < :before_number
    ORDER BY number DESC LIMIT :limit""")


class Kind(StrEnum):
    """Why units moved."""

    DELIVERY = "delivery"
    RETURNED = "returned"  # by a customer, and fit to be sold again
    LOSS = "loss"
    COUNT = "count"
    FILE = "file"
    ORDER = "order"
    PUT_BACK = "put_back"


@dataclass(frozen=True, slots=True)
class Movement:
    """From `before` units to `after`. `holder_id` is the order, `op_id` the form that was sent, for movements by hand."""

    variant_id: VariantId
    kind: Kind
    before: int
    after: int
    actor: str = ""
    note: str = ""
    holder_id: UUID | None = None
    op_id: UUID | None = None
    recorded_at: datetime | None = None
    number: int = 0

    @property
    def change(self) -> int:
        """How many came (or, below nothing, went)."""
        return self.after - self.before


def enter(movements: Iterable[Movement], *, now: datetime) -> None:
    """Enter these in the unit of work that moves the units, behind the lock of their stock."""
    rows = [
        {
            "store_id": current_store_id(),
            "variant_id": one.variant_id,
            "recorded_at": now,
            "kind": one.kind.value,
            "before": one.before,
            "after": one.after,
            "actor": one.actor,
            "note": one.note,
            "holder_id": one.holder_id,
            "op_id": one.op_id,
        }
        for one in movements
    ]
    if rows:
        db.session.execute(insert(StockMovement), rows)


def list_movements(variant_id: VariantId, before_number: int | None = None) -> list[Movement]:
    """The newest first, a page at a time and one more if there is one; `before_number` is the last number of the page before."""
    names = {"store": current_store_id(), "variant": variant_id, "before_number": before_number or 2**62}
    return [
        Movement(
            VariantId(row.variant_id), Kind(row.kind), row.before, row.after, row.actor, row.note, row.holder_id,
            row.op_id, row.recorded_at, row.number,
        )
        for row in db.session.execute(LIST, {**names, "limit": PAGE + 1})
    ]  # fmt: skip
