"""How the shelves stand: counts of the current store, no rows, nothing about a person."""

from dataclasses import dataclass

from sqlalchemy import and_, func, select

from app.catalog.models import Product, Variant
from app.database.base import db
from app.inventory.models import Stock


@dataclass(frozen=True, slots=True)
class CatalogFigures:
    """How the shelves stand."""

    published: int
    sold_out: int


def catalog_figures() -> CatalogFigures:
    """Products on sale, and variants of them that nobody can buy right now."""
    published = select(func.count()).select_from(Product).where(Product.status == "published").scalar_subquery()
    sold_out = (
        select(func.count())
        .select_from(Variant)
        .join(Product, and_(Product.store_id == Variant.store_id, Product.id == Variant.product_id))
        .join(Stock, and_(Stock.store_id == Variant.store_id, Stock.variant_id == Variant.id))
        .where(
            Product.status == "published",
            Variant.withdrawn_at.is_(None),
            Stock.tracked.is_(True),
            Stock.oversell.is_(False),
            Stock.available == 0,
        )
        .scalar_subquery()
    )
    row = db.session.execute(select(published.label("published"), sold_out.label("sold_out"))).one()
    return CatalogFigures(row.published, row.sold_out)
