"""Writing stock: within the unit of work of whoever says what there is."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from sqlalchemy.dialects.postgresql import insert

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, after_commit, took_lock
from app.ids import VariantId
from app.inventory.models import Stock
from app.web import live


@dataclass(frozen=True, slots=True)
class StockLevel:
    """How much of a variant can be sold, and whether that limits anything."""

    variant_id: VariantId
    available: int
    tracked: bool
    oversell: bool


def set_levels(levels: Iterable[StockLevel]) -> None:
    """Set the stock of these variants of the current store, in the order of their ids as all who lock stock do."""
    store_id, ordered = current_store_id(), sorted(levels, key=lambda level: level.variant_id)
    rows = [
        {
            "store_id": store_id,
            "variant_id": level.variant_id,
            "available": level.available,
            "tracked": level.tracked,
            "oversell": level.oversell,
        }
        for level in ordered
    ]
    if not rows:
        return
    took_lock(Lock.STOCK)
    statement = insert(Stock)
    told = {name: statement.excluded[name] for name in ("available", "tracked", "oversell")}
    db.session.execute(statement.on_conflict_do_update(index_elements=["store_id", "variant_id"], set_=told), rows)
    after_commit(partial(live.publish_catalogue, [level.variant_id for level in ordered]))
