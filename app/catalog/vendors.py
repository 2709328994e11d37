"""Vendors: the names that products bear, compared without spaces around them and whatever their case."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id

NAMES = text("SELECT DISTINCT vendor FROM products WHERE store_id = :store AND vendor <> '' ORDER BY vendor")
OF_PRODUCTS = text("SELECT id, vendor FROM products WHERE store_id = :store AND vendor <> '' ORDER BY position, id")


def key(name: str) -> str:
    """What is the same for all spellings of a vendor; "" is none."""
    return name.strip().casefold()


def list_vendors() -> dict[str, str]:
    """The current store's, by key, each in its first spelling; in the order of the names."""
    rows = db.session.execute(NAMES, {"store": current_store_id()}).scalars()
    return _by_key(rows)


def list_vendors_of_products() -> dict[UUID, str]:
    """The key of each product's vendor, hidden products too, in the order of the catalogue."""
    rows = db.session.execute(OF_PRODUCTS, {"store": current_store_id()})
    return {row.id: key(row.vendor) for row in rows if key(row.vendor)}


def _by_key(names: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        if key(name):
            found.setdefault(key(name), name.strip())
    return dict(sorted(found.items()))
