"""The figures of the console's home: counts of the current store, no rows, nothing about a person."""

from dataclasses import dataclass

from sqlalchemy import and_, exists, func, select

from app.cart.models import CartLineRow, CartRow
from app.catalog.models import Product, Variant
from app.database.base import db
from app.events.models import OutboxRow
from app.inventory.models import Stock


@dataclass(frozen=True, slots=True)
class CatalogFigures:
    """How the shelves stand."""

    published: int
    sold_out: int


@dataclass(frozen=True, slots=True)
class CartFigures:
    """How carts and letters stand."""

    open_carts: int
    letters_waiting: int
    letters_failed: int


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


def cart_figures() -> CartFigures:
    """Customers' open carts with something in the order (guests' live in Redis and are not counted), and the outbox."""
    filled = exists().where(
        CartLineRow.store_id == CartRow.store_id, CartLineRow.cart_id == CartRow.id, CartLineRow.pane == "active"
    )
    carts = select(func.count()).select_from(CartRow).where(CartRow.status == "open", filled).scalar_subquery()
    undone = select(func.count()).select_from(OutboxRow).where(OutboxRow.done_at.is_(None))
    waiting = undone.where(OutboxRow.failed_at.is_(None)).scalar_subquery()
    failed = undone.where(OutboxRow.failed_at.is_not(None)).scalar_subquery()
    row = db.session.execute(select(carts.label("carts"), waiting.label("waiting"), failed.label("failed"))).one()
    return CartFigures(row.carts, row.waiting, row.failed)
