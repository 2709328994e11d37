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
from app.web.addresses import address


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category by its name in the reader's language."""

    slug: str
    title: str
    url: str


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
    fresh = tuple(_shelf(row.slug, row.title, key[1]) for row in rows)
    if len(_kept) > 10_000:
        _kept.clear()
    _kept[key] = (time.monotonic(), fresh)
    return fresh


def _shelf(slug: str, titles: dict[str, str], locale: str) -> Shelf:
    title = titles.get(locale) or next(iter(titles.values()), slug)
    return Shelf(slug, title, address("catalog.category", slug=slug))


def init_app(app: Flask) -> None:
    """Offer them to templates."""
    app.jinja_env.globals["shelves"] = shelves
