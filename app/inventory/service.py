"""Writing stock: within the unit of work of whoever says what there is. Tells when something can be bought again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, after_commit, before_commit, took_lock
from app.events import outbox
from app.ids import VariantId
from app.inventory import ledger
from app.inventory.ledger import Kind, Movement
from app.inventory.models import Stock
from app.web import live

CAME_BACK = "inventory.came_back"


@dataclass(frozen=True, slots=True)
class StockLevel:
    """How much of a variant can be sold, and whether that limits anything. `least` is the smallest quantity sold at once."""

    variant_id: VariantId
    available: int
    tracked: bool
    oversell: bool
    least: int = 1


def set_levels(levels: Iterable[StockLevel], *, now: datetime, actor: str = "") -> None:
    """Set the stock of these variants of the current store, in the order of their ids as all who lock stock do.

    What was sold out and is not any more is told (`came_back`). `actor` is who brought the file that says so, if it is known.
    """
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
    before = locked([level.variant_id for level in ordered])
    statement = insert(Stock)
    told = {name: statement.excluded[name] for name in ("available", "tracked", "oversell")}
    db.session.execute(statement.on_conflict_do_update(index_elements=["store_id", "variant_id"], set_=told), rows)
    ledger.enter(
        [
            Movement(level.variant_id, Kind.FILE, known.available if known else 0, level.available, actor)
            for level in ordered
            if (known := before.get(level.variant_id)) is None or known.available != level.available
        ],
        now=now,
    )
    after_commit(partial(live.publish_catalogue, [level.variant_id for level in ordered]))
    came_back(
        [
            level.variant_id
            for level in ordered
            if sold_out(before.get(level.variant_id), level.least) and not sold_out(level, level.least)
        ],
        now=now,
    )


def came_back(variant_ids: Iterable[VariantId], *, now: datetime) -> None:
    """Say in this transaction that these could not be bought before and can be now.

    For everyone who gives units back, at whatever point: it is recorded as the last step, when all locks are taken. Whoever waits for them is written to after the commit (app/alerts), and only if
    they can still be bought then: saying it once too often does no harm.
    """
    told = [str(variant_id) for variant_id in variant_ids]
    if told:
        before_commit(partial(outbox.record, CAME_BACK, {"variants": told}, now=now))


def hold(variant_id: VariantId) -> None:
    """Have the stock of a variant stay as it is until this transaction ends: nobody can give units back meanwhile."""
    took_lock(Lock.STOCK)
    db.session.execute(_rows([variant_id]).with_for_update(read=True))


def locked(variant_ids: list[VariantId]) -> dict[VariantId, Any]:
    """The rows of these variants, locked in the order of their ids; whoever calls has said took_lock(Lock.STOCK)."""
    rows = db.session.execute(_rows(variant_ids).with_for_update(key_share=True))
    return {row.variant_id: row for row in rows}


def _rows(variant_ids: list[VariantId]) -> Any:
    return (
        select(Stock.variant_id, Stock.available, Stock.tracked, Stock.oversell)
        .where(Stock.store_id == current_store_id(), Stock.variant_id.in_(variant_ids))
        .order_by(Stock.variant_id)
    )


def sold_out(stock: Any, least: int) -> bool:
    """Whether fewer than `least` are there. Without a row nothing limits it."""
    return stock is not None and stock.tracked and not stock.oversell and stock.available < least
