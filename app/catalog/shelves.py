"""The categories that stand in the header of every page: read once, kept for some seconds per store and language."""

import time
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import select

from app.catalog.models import Category
from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import StoreId
from app.stores.request import current_config, current_locale


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category by its name in the reader's language."""

    slug: str
    title: str


_kept: dict[tuple[StoreId, str], tuple[float, tuple[Shelf, ...]]] = {}


def shelves() -> tuple[Shelf, ...]:
    """The current store's categories, in order."""
    key = (current_store_id(), current_locale())
    known = _kept.get(key)
    if known and time.monotonic() - known[0] < current_config().store_cache_seconds:
        return known[1]
    rows = db.session.execute(
        select(Category.slug, Category.title).where(Category.store_id == key[0]).order_by(Category.position)
    )
    fresh = tuple(Shelf(row.slug, row.title.get(key[1]) or next(iter(row.title.values()), row.slug)) for row in rows)
    if len(_kept) > 10_000:
        _kept.clear()
    _kept[key] = (time.monotonic(), fresh)
    return fresh


def init_app(app: Flask) -> None:
    """Offer them to templates."""
    app.jinja_env.globals["shelves"] = shelves
