"""Products as staff look for them: in views, found by words, SKU or address, a page at a time; and one with all there is of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.catalog.editing import words_mark
from app.catalog.errors import ProductNotFound, VariantNotFound
from app.catalog.search import query_words, ts_query
from app.catalog.values import LOW_STOCK, ImageView, Texts
from app.catalog.variants import Price
from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import ProductId, VariantId
from app.money import Money

PAGE = 50
LAST = UUID(int=2**128 - 1)

VIEWS: dict[str, str] = {
    "": "true",
    "sold_out": "p.status = 'published' AND s.variants > 0 AND s.sold_out",
    "low": "p.status = 'published' AND s.low",
    "no_picture": "NOT EXISTS (SELECT 1 FROM product_images i WHERE i.store_id = p.store_id AND i.product_id = p.id)",
    "withdrawn": "(p.status <> 'published' OR s.variants = 0)",
}

_FOUND = """p.id = ANY(ARRAY(
    SELECT matching_products(CAST(:words AS text)) WHERE CAST(:words AS text) <> ''
    UNION SELECT v.product_id FROM variants v WHERE v.store_id = :store AND v.sku = :typed
    UNION SELECT x.id FROM products x WHERE x.store_id = :store AND x.handle = :typed))"""

# Put together from constants of this file; values travel as parameters.
_LIST = """
    SELECT p.id, p.handle, p.title, p.status, c.title AS category, s.*,
        (SELECT i.source FROM product_images i WHERE i.store_id = p.store_id AND i.product_id = p.id
         ORDER BY i.position LIMIT 1) AS image
    FROM products p LEFT JOIN categories c ON c.store_id = p.store_id AND c.id = p.category_id
    CROSS JOIN LATERAL (
        SELECT count(*)::int AS variants, min(v.price) AS lowest, max(v.price) AS highest, min(v.currency) AS currency,
            coalesce(bool_or(k.variant_id IS NULL OR NOT k.tracked OR k.oversell), false) AS unlimited,
            coalesce(sum(k.available) FILTER (WHERE k.tracked), 0)::bigint AS stock,
            coalesce(bool_and(coalesce(k.tracked AND NOT k.oversell AND k.available < p.minimum_quantity, false)), false)
                AS sold_out,
            coalesce(bool_or(k.tracked AND NOT k.oversell AND k.available BETWEEN p.minimum_quantity AND :low), false)
                AS low
        FROM variants v LEFT JOIN stock k ON k.store_id = v.store_id AND k.variant_id = v.id
        WHERE v.store_id = p.store_id AND v.product_id = p.id AND v.withdrawn_at IS NULL) s
    WHERE p.store_id = :store AND p.id < :before AND {view} AND {found} AND (:category = '' OR c.slug = :category)
    ORDER BY p.id DESC LIMIT :limit"""

_PRODUCT = text("""
    SELECT p.id, p.handle, p.title, p.body, p.vendor, p.tags, p.option_names, p.status, p.minimum_quantity,
           p.maximum_quantity, p.updated_at, p.category_id, c.slug AS category_slug, c.title AS category
    FROM products p LEFT JOIN categories c ON c.store_id = p.store_id AND c.id = p.category_id
    WHERE p.store_id = :store AND p.id = :product""")
_IMAGES = text("""
    SELECT source, alt FROM product_images WHERE store_id = :store AND product_id = :product ORDER BY position""")
_VARIANTS = text("""
    SELECT v.id, v.sku, v.options, v.price, v.compare_at_price, v.currency, v.image, v.withdrawn_at,
           k.available, k.tracked, k.oversell,
           (SELECT jsonb_object_agg(f.currency, jsonb_build_array(f.price, f.compare_at_price)) FROM variant_prices f
            WHERE f.store_id = v.store_id AND f.variant_id = v.id) AS further,
           (SELECT coalesce(sum(r.quantity), 0)::int FROM reservations r
            WHERE r.store_id = v.store_id AND r.variant_id = v.id) AS held
    FROM variants v LEFT JOIN stock k ON k.store_id = v.store_id AND k.variant_id = v.id
    WHERE v.store_id = :store AND v.product_id = :product
    ORDER BY v.withdrawn_at IS NOT NULL, v.position, v.id""")


@dataclass(frozen=True, slots=True)
class FoundProduct:
    """A product in the staff's list. `stock` None: it never runs out. `variants` are those for sale."""

    id: ProductId
    handle: str
    title: Texts
    category: Texts | None
    image: str | None
    shown: bool
    variants: int
    lowest: Money | None
    highest: Money | None
    stock: int | None
    sold_out: bool
    low: bool


@dataclass(frozen=True, slots=True)
class StaffVariant:
    """A variant with everything about it. `held` units are taken off `available` for orders that are not handed over."""

    id: VariantId
    sku: str
    options: tuple[Texts, ...]
    prices: dict[str, Price]
    currency: str
    image: str | None
    withdrawn_at: datetime | None
    available: int
    tracked: bool
    oversell: bool
    held: int

    @property
    def own(self) -> Price:
        """The price in the variant's own currency."""
        return self.prices[self.currency]


@dataclass(frozen=True, slots=True)
class StaffProduct:
    """A product with everything about it; variants for sale first. `mark` is what an editor has seen of its words."""

    id: ProductId
    handle: str
    title: Texts
    body: Texts
    vendor: str
    tags: tuple[str, ...]
    category_slug: str
    category: Texts | None
    option_names: tuple[Texts, ...]
    shown: bool
    minimum: int
    maximum: int | None
    updated_at: datetime
    mark: str
    images: tuple[ImageView, ...]
    variants: tuple[StaffVariant, ...]

    def variant(self, variant_id: VariantId) -> StaffVariant:
        """One of its variants. Raises VariantNotFound."""
        found = next((one for one in self.variants if one.id == variant_id), None)
        if found is None:
            raise VariantNotFound()
        return found


def list_for_staff(
    *, view: str = "", typed: str = "", category: str = "", before: UUID | None = None
) -> list[FoundProduct]:
    """The newest products first, a page at a time and one more if there is one; `before` is the last id of the page before."""
    words = query_words(typed)
    statement = text(_LIST.format(view=VIEWS[view], found=_FOUND if typed else "true"))
    names: dict[str, Any] = {
        "store": current_store_id(),
        "before": before or LAST,
        "category": category,
        "low": LOW_STOCK,
    }
    if typed:
        names |= {"words": ts_query(words) if words else "", "typed": typed}
    return [_found(row) for row in db.session.execute(statement, {**names, "limit": PAGE + 1})]


def get_for_staff(product_id: ProductId) -> StaffProduct:
    """The product, shown or not. Raises ProductNotFound."""
    names = {"store": current_store_id(), "product": product_id}
    row = db.session.execute(_PRODUCT, names).first()
    if row is None:
        raise ProductNotFound()
    return StaffProduct(
        id=ProductId(row.id),
        handle=row.handle,
        title=row.title,
        body=row.body,
        vendor=row.vendor,
        tags=tuple(row.tags),
        category_slug=row.category_slug or "",
        category=row.category,
        option_names=tuple(row.option_names),
        shown=row.status == "published",
        minimum=row.minimum_quantity,
        maximum=row.maximum_quantity,
        updated_at=row.updated_at,
        mark=words_mark(row),
        images=tuple(ImageView(image.source, image.alt) for image in db.session.execute(_IMAGES, names)),
        variants=tuple(_variant(variant) for variant in db.session.execute(_VARIANTS, names)),
    )


def _variant(row: Any) -> StaffVariant:
    amounts = {row.currency: (row.price, row.compare_at_price), **(row.further or {})}
    return StaffVariant(
        id=VariantId(row.id),
        sku=row.sku,
        options=tuple(row.options),
        prices={
            code: Price(code, Money(price, code), None if compare_at is None else Money(compare_at, code))
            for code, (price, compare_at) in amounts.items()
        },
        currency=row.currency,
        image=row.image,
        withdrawn_at=row.withdrawn_at,
        available=row.available or 0,
        tracked=bool(row.tracked),
        oversell=bool(row.oversell),
        held=row.held,
    )


def _found(row: Any) -> FoundProduct:
    return FoundProduct(
        id=ProductId(row.id),
        handle=row.handle,
        title=row.title,
        category=row.category,
        image=row.image,
        shown=row.status == "published",
        variants=row.variants,
        lowest=Money(row.lowest, row.currency) if row.variants else None,
        highest=Money(row.highest, row.currency) if row.variants else None,
        stock=None if row.unlimited else row.stock,
        sold_out=row.sold_out,
        low=row.low,
    )
