"""Frozen weeks as they are read: one vendor at a time, never several added up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.sellers.disclosure import NOTHING, Published
from app.sellers.weeks import AT_MOST

WEEKS = text("""
    SELECT monday, frozen_at FROM seller_weeks WHERE store_id = :store ORDER BY monday DESC LIMIT :at_most""")

FIGURES = text("""
    SELECT monday, vendor, published FROM seller_figures
    WHERE store_id = :store AND monday = ANY(:mondays) AND vendor = ANY(:vendors)""")

TITLES = text("SELECT id::text, title FROM products WHERE store_id = :store AND id = ANY(CAST(:ids AS uuid[]))")


@dataclass(frozen=True, slots=True)
class FrozenWeek:
    """A week by its Monday, and since when nothing of it changes."""

    monday: date
    frozen_at: datetime


def list_weeks() -> list[FrozenWeek]:
    """The current store's, the newest first."""
    rows = db.session.execute(WEEKS, {"store": current_store_id(), "at_most": AT_MOST})
    return [FrozenWeek(row.monday, row.frozen_at) for row in rows]


def list_published(mondays: Iterable[date], vendors: Iterable[str]) -> dict[tuple[date, str], Published]:
    """What is told of each of these weeks of each of these vendors (keys)."""
    mondays, vendors = list(mondays), list(vendors)
    names = {"store": current_store_id(), "mondays": mondays, "vendors": vendors}
    rows: Any = db.session.execute(FIGURES, names)
    found = {(row.monday, row.vendor): msgspec.convert(row.published, Published) for row in rows}
    return {(monday, vendor): found.get((monday, vendor), NOTHING) for monday in mondays for vendor in vendors}


def list_titles(product_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """The titles of products by language; of those that are still there."""
    ids = list(product_ids)
    if not ids:
        return {}
    rows = db.session.execute(TITLES, {"store": current_store_id(), "ids": ids})
    return {row.id: row.title for row in rows}
