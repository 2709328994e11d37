"""Products changed by staff: made, told about in words, shown or withdrawn, pictured. Each behind the product's own row."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, update

from app.catalog import drafts
from app.catalog.drafts import ImageDraft, ProductDraft, Texts
from app.catalog.errors import BadProduct, HandleTaken, ProductChanged, ProductNotFound
from app.catalog.importing import category_called, import_product, set_images
from app.catalog.models import Category, Product, ProductImage, Variant
from app.catalog.search import fold, product_text
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import after_commit, unit_of_work
from app.ids import ProductId, VariantId
from app.inventory.service import came_back
from app.web import live

SAID = ("title", "body", "vendor", "tags", "category_id", "minimum_quantity", "maximum_quantity")


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of a product, and how it may be bought.

    `category_slug` names a category that there is; `category` a new one by its name, and then counts alone.
    """

    title: Texts
    body: Texts
    vendor: str
    tags: tuple[str, ...]
    category_slug: str
    category: Texts | None
    minimum: int
    maximum: int | None


def check(words: Words, locale: str) -> None:
    """Raise BadProduct for words that no product can have. `locale` is the store's first language."""
    names = [*words.title.values(), words.vendor, *words.tags, *(words.category or {}).values()]
    if not words.title.get(locale):
        raise BadProduct(field="title")
    if any(len(name) > drafts.LONGEST_NAME for name in names) or len(words.tags) > drafts.MOST_TAGS:
        raise BadProduct(field="long")
    if any(len(body) > drafts.LONGEST_BODY for body in words.body.values()):
        raise BadProduct(field="long")
    if words.category and not drafts.slug(words.category.get(locale, "")):
        raise BadProduct(field="category")
    if not 1 <= words.minimum <= (words.maximum or drafts.LARGEST_ORDER_LIMIT) <= drafts.LARGEST_ORDER_LIMIT:
        raise BadProduct(field="limits")


def words_mark(row: Any) -> str:
    """A mark of what is said of a product, of its row: another one as soon as anything of it is another.

    Not the time of its last change: prices and stock change it, too, and are none of the words.
    """
    said = [getattr(row, name) for name in SAID]
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()[:32]


def check_picture(image: ImageDraft) -> None:
    """Raise BadProduct for what is no picture, or says too much about it."""
    if not drafts.allowed_source(image.source):
        raise BadProduct(field="image")
    if any(len(alt) > drafts.LONGEST_NAME for alt in image.alt.values()):
        raise BadProduct(field="long")


def handle_of(title: str) -> str:
    """The address that a product called `title` gets where nobody chose another."""
    return fold(title).replace(" ", "-")[: drafts.LONGEST_NAME]


@unit_of_work
def create(draft: ProductDraft, words: Words, *, locale: str, now: datetime, actor: str) -> ProductId:
    """A new product, written as if a file described it, at the end of the shop. Raises HandleTaken, BadProduct."""
    check(words, locale)
    if not draft.handle or not draft.handle.replace("-", "").replace("_", "").isalnum():
        raise BadProduct(field="handle")
    told = [*draft.option_names, *(option for variant in draft.variants for option in variant.options)]
    names = [draft.handle, *(one.sku for one in draft.variants), *(text for texts in told for text in texts.values())]
    if any(len(name) > drafts.LONGEST_NAME for name in names):
        raise BadProduct(field="long")
    of_handle = (Product.store_id == current_store_id(), Product.handle == draft.handle)
    if db.session.execute(select(Product.id).where(*of_handle)).first():
        raise HandleTaken(handle=draft.handle)
    last = select(Product.position).where(Product.store_id == current_store_id()).order_by(Product.position.desc())
    position = (db.session.execute(last.limit(1)).scalar() or 0) + 1
    taken = import_product(replace(draft, position=position), position=position, locale=locale, now=now, actor=actor)
    if taken.outcome != "created":  # somebody else's of this address was faster
        raise HandleTaken(handle=draft.handle)
    product_id = ProductId(db.session.execute(select(Product.id).where(*of_handle)).scalar_one())
    category_id = _category(words, locale)
    if category_id is not None:
        _write(product_id, now, category_id=category_id)
        index_words(product_id)
    return product_id


@unit_of_work
def say(product_id: ProductId, words: Words, seen: str, *, locale: str, now: datetime) -> dict[str, list[Any]]:
    """Change what is said of a product; `seen` is the mark of what the page said (words_mark).

    Returns what changed: name to before and after. Raises ProductChanged, BadProduct.
    """
    check(words, locale)
    row = _locked(product_id)
    if words_mark(row) != seen:
        raise ProductChanged()
    values: dict[str, Any] = {
        "title": words.title,
        "body": words.body,
        "vendor": words.vendor,
        "tags": list(words.tags),
        "category_id": _category(words, locale),
        "minimum_quantity": words.minimum,
        "maximum_quantity": words.maximum,
    }
    changed = {name: [getattr(row, name), value] for name, value in values.items() if getattr(row, name) != value}
    if changed:
        _write(product_id, now, **{name: after for name, (_before, after) in changed.items()})
        index_words(product_id)
    return changed


@unit_of_work
def show(product_id: ProductId, *, shown: bool, now: datetime) -> bool:
    """Have the product in the shop, or withdraw it: carts that hold it say so. Returns whether that changed anything."""
    row = _locked(product_id)
    if (row.status == "published") == shown:
        return False
    _write(product_id, now, status="published" if shown else "hidden")
    if shown:
        came_back(variants_of(product_id), now=now)
    return True


@unit_of_work
def picture(product_id: ProductId, images: Sequence[ImageDraft], seen: Sequence[str], *, now: datetime) -> bool:
    """Have the product show these pictures in this order; `seen` are the sources that the page had. Raises ProductChanged, BadProduct."""
    if len(images) > drafts.MOST_IMAGES:
        raise BadProduct(field="image")
    if len({image.source for image in images}) != len(images):
        raise BadProduct(field="image_twice")
    for image in images:
        check_picture(image)
    _locked(product_id)
    of_product = (ProductImage.store_id == current_store_id(), ProductImage.product_id == product_id)
    there = db.session.execute(select(ProductImage.source).where(*of_product).order_by(ProductImage.position)).scalars()
    if list(there) != list(seen):
        raise ProductChanged()
    changed = set_images(product_id, images)
    if changed:
        _write(product_id, now)
    return changed


def index_words(product_id: ProductId) -> None:
    """Have the search know what the product says by now: as the import writes it. In the caller's unit of work."""
    store_id = current_store_id()
    row = db.session.execute(
        select(Product.title, Product.body, Product.vendor, Product.tags, Category.title.label("category"))
        .outerjoin(Category, (Category.store_id == Product.store_id) & (Category.id == Product.category_id))
        .where(Product.store_id == store_id, Product.id == product_id)
    ).one()
    offered = (Variant.store_id == store_id, Variant.product_id == product_id, Variant.withdrawn_at.is_(None))
    found = db.session.execute(select(Variant.options).where(*offered).order_by(Variant.position, Variant.id)).scalars()
    options: list[Mapping[str, str]] = [option for variant in found for option in variant]
    words = product_text(row.title, row.body, [row.vendor, *row.tags], [row.category or {}, *options])
    db.session.execute(
        update(Product).where(Product.store_id == store_id, Product.id == product_id).values(search_text=words)
    )


def variants_of(product_id: ProductId) -> list[VariantId]:
    """The product's variants that are for sale."""
    of_product = (Variant.store_id == current_store_id(), Variant.product_id == product_id)
    return [
        VariantId(one)
        for one in db.session.scalars(select(Variant.id).where(*of_product, Variant.withdrawn_at.is_(None)))
    ]


def _category(words: Words, locale: str) -> UUID | None:
    if words.category:
        return category_called(words.category, locale)
    if not words.category_slug:
        return None
    of_slug = (Category.store_id == current_store_id(), Category.slug == words.category_slug)
    found: UUID | None = db.session.execute(select(Category.id).where(*of_slug)).scalar()
    if found is None:
        raise BadProduct(field="category")
    return found


def _locked(product_id: ProductId) -> Any:
    row = db.session.execute(
        select(Product.__table__)
        .where(Product.store_id == current_store_id(), Product.id == product_id)
        .with_for_update(key_share=True)
    ).first()
    if row is None:
        raise ProductNotFound()
    return row


def _write(product_id: ProductId, now: datetime, **values: Any) -> None:
    db.session.execute(
        update(Product)
        .where(Product.store_id == current_store_id(), Product.id == product_id)
        .values(updated_at=now, **values)
    )
    after_commit(partial(live.publish_catalogue, variants_of(product_id)))
