"""Writing products that a file describes: one transaction each; importing the same again changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.catalog import drafts
from app.catalog.drafts import ImageDraft, ProductDraft, Texts, VariantDraft
from app.catalog.further_prices import set_further_prices
from app.catalog.models import Category, Product, ProductImage, Variant
from app.catalog.search import product_text
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import after_commit, unit_of_work
from app.ids import CategoryId, ProductId, VariantId, new_id
from app.inventory.models import Stock
from app.inventory.service import StockLevel, came_back, set_levels
from app.web import live

Outcome = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class Taken:
    """A product that was written, or needed no writing."""

    line: int
    handle: str
    outcome: Outcome
    variants: int
    withdrawn: int


@unit_of_work
def import_product(draft: ProductDraft, *, position: int, locale: str, now: datetime, actor: str = "") -> Taken:
    """Make the current store's product of this handle what the draft says. Ids stay; variants no longer named are withdrawn.

    `locale` is the language the file is written in: variants are recognised by their options in it. `position` is the
    product's place in the file, which counts where the file names none.
    """
    category_id = category_called(draft.category, locale) if draft.category else None
    product_id, outcome, republished = _product(draft, category_id, draft.position or position, now)
    changed, withdrawn, offered_again = _variants(product_id, draft, locale, now, actor)
    if set_images(product_id, draft.images) or changed:
        outcome = "updated" if outcome == "unchanged" else outcome
    if outcome == "updated":
        db.session.execute(
            update(Product)
            .where(Product.store_id == current_store_id(), Product.id == product_id)
            .values(updated_at=now)
        )
        of_product = (Variant.store_id == current_store_id(), Variant.product_id == product_id)
        variant_ids = [VariantId(found) for found in db.session.scalars(select(Variant.id).where(*of_product))]
        after_commit(partial(live.publish_catalogue, variant_ids))
        came_back(variant_ids if republished else offered_again, now=now)
    return Taken(draft.line, draft.handle, outcome, len(draft.variants), withdrawn)


def category_called(title: Texts, locale: str) -> CategoryId:
    """The category of this name, made or renamed where necessary."""
    store_id, slug = current_store_id(), drafts.slug(title[locale])
    known = select(Category.id, Category.title).where(Category.store_id == store_id, Category.slug == slug)
    row = db.session.execute(known).first()
    if row is None:
        last = select(func.coalesce(func.max(Category.position), 0)).where(Category.store_id == store_id)
        db.session.execute(
            upsert(Category)
            .values(store_id=store_id, id=new_id(), slug=slug, title=title, position=last.scalar_subquery() + 1)
            .on_conflict_do_nothing(index_elements=["store_id", "slug"])
        )
        row = db.session.execute(known).one()
    merged = {**row.title, **title}
    if merged != row.title:
        db.session.execute(
            update(Category).where(Category.store_id == store_id, Category.id == row.id).values(title=merged)
        )
    return CategoryId(row.id)


def _product(
    draft: ProductDraft, category_id: CategoryId | None, position: int, now: datetime
) -> tuple[ProductId, Outcome, bool]:
    """Write the product's own row and lock it: a second import of the same product waits here.

    The last of what is returned says whether it was hidden and is shown again.
    """
    store_id = current_store_id()
    values: dict[str, Any] = {
        "category_id": category_id,
        "title": draft.title,
        "body": draft.body,
        "vendor": draft.vendor,
        "tags": list(draft.tags),
        "option_names": list(draft.option_names),
        "status": "published" if draft.published else "hidden",
        "minimum_quantity": draft.minimum,
        "maximum_quantity": draft.maximum,
        "search_text": _search_text(draft),
        "position": position,
    }
    columns = [Product.__table__.c[name] for name in values]
    known = (
        select(Product.id, *columns)
        .where(Product.store_id == store_id, Product.handle == draft.handle)
        .with_for_update()
    )
    row = db.session.execute(known).first()
    if row is None:
        fresh = db.session.execute(
            upsert(Product)
            .values(store_id=store_id, id=new_id(), handle=draft.handle, created_at=now, updated_at=now, **values)
            .on_conflict_do_nothing(index_elements=["store_id", "handle"])
            .returning(Product.id)
        ).scalar()
        if fresh:
            return ProductId(fresh), "created", False
        row = db.session.execute(known).one()
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    if differing:
        db.session.execute(
            update(Product).where(Product.store_id == store_id, Product.id == row.id).values(**differing)
        )
    return ProductId(row.id), "updated" if differing else "unchanged", differing.get("status") == "published"


def _search_text(draft: ProductDraft) -> str:
    options = [option for variant in draft.variants for option in variant.options]
    return product_text(draft.title, draft.body, [draft.vendor, *draft.tags], [draft.category or {}, *options])


def _variants(
    product_id: ProductId, product: ProductDraft, locale: str, now: datetime, actor: str
) -> tuple[bool, int, list[VariantId]]:
    """Write variants and their stock. Returns whether anything changed, how many were withdrawn, which are made again."""
    wanted = product.variants
    store_id = current_store_id()
    known = known_variants(product_id, locale)
    named = {option_key(draft.options, locale) for draft in wanted}
    gone = [row.id for key, row in known.items() if key not in named and row.withdrawn_at is None]
    if gone:  # first, so that no two variants with the same options are for sale at any moment
        db.session.execute(
            update(Variant).where(Variant.store_id == store_id, Variant.id.in_(gone)).values(withdrawn_at=now)
        )
    fresh, levels, further, again, changed = [], [], [], [], bool(gone)
    for position, draft in enumerate(wanted, start=1):
        row = known.get(option_key(draft.options, locale))
        variant_id = VariantId(row.id if row else new_id())
        values = _variant_values(draft, position)
        if row is None:
            fresh.append({"store_id": store_id, "id": variant_id, "product_id": product_id, **values})
        elif any(getattr(row, name) != value for name, value in values.items()):
            changed = True
            db.session.execute(
                update(Variant).where(Variant.store_id == store_id, Variant.id == variant_id).values(**values)
            )
        further += [(variant_id, price) for price in draft.further]
        if row is not None and row.withdrawn_at is not None:
            again.append(variant_id)
        level = StockLevel(variant_id, draft.quantity, draft.tracked, draft.oversell, product.minimum)
        if row is None or (row.available, row.tracked, row.oversell) != (
            level.available,
            level.tracked,
            level.oversell,
        ):
            levels.append(level)
    if fresh:
        db.session.execute(insert(Variant), fresh)
    set_levels(levels, now=now, actor=actor)
    repriced = set_further_prices(further)
    return changed or repriced or bool(fresh or levels), len(gone), again


def _variant_values(draft: VariantDraft, position: int) -> dict[str, Any]:
    return {
        "sku": draft.sku,
        "options": list(draft.options),
        "price": draft.price.amount,
        "compare_at_price": draft.compare_at.amount if draft.compare_at else None,
        "currency": draft.price.currency,
        "image": draft.image,
        "position": position,
        "withdrawn_at": None,
    }


def known_variants(product_id: UUID, locale: str) -> dict[tuple[str, ...], Row[Any]]:
    """The product's variants by their options; where several had the same, the one for sale, else the last withdrawn."""
    rows = db.session.execute(
        select(Variant.__table__, Stock.available, Stock.tracked, Stock.oversell)
        .outerjoin(Stock, (Stock.store_id == Variant.store_id) & (Stock.variant_id == Variant.id))
        .where(Variant.store_id == current_store_id(), Variant.product_id == product_id)
        .order_by(Variant.withdrawn_at.asc().nulls_last(), Variant.id)
    )
    return {option_key(row.options, locale): row for row in rows}


def option_key(options: Sequence[Texts], locale: str) -> tuple[str, ...]:
    """What a variant is recognised by among those of its product."""
    return tuple(option.get(locale) or next(iter(option.values()), "") for option in options)


def set_images(product_id: ProductId, images: Sequence[ImageDraft]) -> bool:
    """Make the product's pictures these, in this order. Returns whether they were others before."""
    of_product = (ProductImage.store_id == current_store_id(), ProductImage.product_id == product_id)
    rows = db.session.execute(
        select(ProductImage.source, ProductImage.alt).where(*of_product).order_by(ProductImage.position)
    )
    wanted = [(image.source, image.alt) for image in images]
    if [(row.source, row.alt) for row in rows] == wanted:
        return False
    db.session.execute(delete(ProductImage).where(*of_product))
    if wanted:
        values = [
            {"store_id": current_store_id(), "product_id": product_id, "position": n, "source": source, "alt": alt}
            for n, (source, alt) in enumerate(wanted, start=1)
        ]
        db.session.execute(insert(ProductImage), values)
    return True
