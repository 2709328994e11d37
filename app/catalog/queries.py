"""Reading the catalogue: facts for cart and checkout, categories, a product; columns into frozen values, never entities."""

from functools import lru_cache
from typing import Any

from sqlalchemy import Select, Text, Uuid, bindparam, case, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.catalog.errors import ProductNotFound
from app.catalog.models import Category, Product, ProductImage, Variant
from app.catalog.prices import Prices
from app.catalog.values import CategoryView, ImageView, ProductView, VariantView
from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import VariantId
from app.inventory.models import Stock
from app.money import Money


def _first_image() -> Any:
    return (
        select(ProductImage.source)
        .where(ProductImage.store_id == Product.store_id, ProductImage.product_id == Product.id)
        .order_by(ProductImage.position)
        .limit(1)
        .correlate(Product)
        .scalar_subquery()
    )


def list_categories() -> tuple[CategoryView, ...]:
    """The current store's categories in order, also those with nothing to show. One statement."""
    rows = db.session.execute(_CATEGORIES, {"store_id": current_store_id()})
    return tuple(CategoryView(row.slug, row.title, row.products, row.image) for row in rows)


def _categories() -> Select[Any]:
    shown = (Product.store_id == Category.store_id, Product.category_id == Category.id, Product.status == "published")
    products = select(func.count()).where(*shown).correlate(Category).scalar_subquery()
    first = (
        select(ProductImage.source)
        .join(Product, (Product.store_id == ProductImage.store_id) & (Product.id == ProductImage.product_id))
        .where(*shown)
        .order_by(Product.position, ProductImage.position)
        .limit(1)
        .correlate(Category)
        .scalar_subquery()
    )
    return (
        select(Category.slug, Category.title, products.label("products"), first.label("image"))
        .where(Category.store_id == bindparam("store_id", type_=Uuid()))
        .order_by(Category.position)
    )


# Put together once: for each page it would cost as much as asking.
_CATEGORIES = _categories()


def get_product(handle: str, currency: str | None = None) -> ProductView:
    """A product that is shown, with its variants for sale and its pictures. Two statements. Raises ProductNotFound.

    Prices are in `currency`, without it in each variant's own.
    """
    row = db.session.execute(_PRODUCT, {"store_id": current_store_id(), "handle": handle}).first()
    if row is None:
        raise ProductNotFound()
    of_product = {"store_id": current_store_id(), "product_id": row.id}
    variants = db.session.execute(_variants(currency), of_product).all()
    if not variants:
        raise ProductNotFound()
    return ProductView(
        id=row.id,
        handle=row.handle,
        title=row.title,
        body=row.body,
        vendor=row.vendor,
        category_slug=row.category_slug,
        category_title=row.category_title,
        option_names=tuple(row.option_names),
        images=tuple(ImageView(image["source"], image["alt"]) for image in row.images or ()),
        minimum=row.minimum_quantity,
        maximum=row.maximum_quantity,
        variants=tuple(_variant(variant, row.minimum_quantity) for variant in variants),
    )


_PRODUCT: Select[Any] = (
    select(
        Product.id,
        Product.handle,
        Product.title,
        Product.body,
        Product.vendor,
        Product.option_names,
        Product.minimum_quantity,
        Product.maximum_quantity,
        Category.slug.label("category_slug"),
        Category.title.label("category_title"),
        select(
            func.jsonb_agg(
                aggregate_order_by(
                    func.jsonb_build_object("source", ProductImage.source, "alt", ProductImage.alt),
                    ProductImage.position,
                )
            )
        )
        .where(ProductImage.store_id == Product.store_id, ProductImage.product_id == Product.id)
        .correlate(Product)
        .scalar_subquery()
        .label("images"),
    )
    .outerjoin(Category, (Category.store_id == Product.store_id) & (Category.id == Product.category_id))
    .where(
        Product.store_id == bindparam("store_id", type_=Uuid()),
        Product.handle == bindparam("handle", type_=Text()),
        Product.status == "published",
    )
)


@lru_cache(maxsize=64)
def _variants(currency: str | None) -> Select[Any]:
    prices = Prices(currency)
    variants: Select[Any] = (
        select(
            Variant.id,
            Variant.options,
            prices.price.label("price"),
            prices.compare_at.label("compare_at_price"),
            prices.name.label("currency"),
            Variant.image,
            case((Stock.tracked & ~Stock.oversell, Stock.available)).label("available"),
        )
        .select_from(Variant)
        .outerjoin(Stock, (Stock.store_id == Variant.store_id) & (Stock.variant_id == Variant.id))
        .where(
            Variant.store_id == bindparam("store_id", type_=Uuid()),
            Variant.product_id == bindparam("product_id", type_=Uuid()),
            Variant.withdrawn_at.is_(None),
        )
        .order_by(Variant.position, Variant.id)
    )
    return prices.joined(variants)


def _variant(row: Any, minimum: int) -> VariantView:
    return VariantView(
        id=VariantId(row.id),
        options=tuple(row.options),
        price=None if row.price is None else Money(row.price, row.currency),
        compare_at=None if row.compare_at_price is None else Money(row.compare_at_price, row.currency),
        available=row.available,
        image=row.image,
        sold_out=row.available is not None and row.available < minimum,
    )
