"""Tables of the catalogue. Texts are documents by locale: {"en": …, "fa": …}."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class Category(Base):
    """A shelf of the shop."""

    __tablename__ = "categories"
    __table_args__ = (UniqueConstraint("store_id", "slug"),)

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str]
    title: Mapped[dict[str, Any]]
    position: Mapped[int]


class Product(Base):
    """Something sold, in one variant or more. `search_text` holds its words in all languages, folded (catalog/search.py)."""

    __tablename__ = "products"
    __table_args__ = (
        UniqueConstraint("store_id", "handle"),
        ForeignKeyConstraint(["store_id", "category_id"], ["categories.store_id", "categories.id"]),
        CheckConstraint("minimum_quantity >= 1", name="minimum"),
        CheckConstraint("maximum_quantity IS NULL OR maximum_quantity >= minimum_quantity", name="maximum"),
        CheckConstraint("status IN ('published', 'hidden')", name="status"),
        Index("ix_products_store_id_category_id_position", "store_id", "category_id", "position"),
        Index("ix_products_store_id_search_vector", "store_id", "search_vector", postgresql_using="gin"),
        Index(
            "ix_products_store_id_position_id",
            "store_id",
            "position",
            "id",
            postgresql_where=text("status = 'published'"),
        ),
    )

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    handle: Mapped[str]
    category_id: Mapped[UUID | None]
    title: Mapped[dict[str, Any]]
    body: Mapped[dict[str, Any]]
    vendor: Mapped[str] = mapped_column(server_default="")
    tags: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    option_names: Mapped[list[Any]]  # [{"en": "Colour", "fa": "رنگ"}, …], none for a product of one variant
    status: Mapped[str]
    minimum_quantity: Mapped[int] = mapped_column(server_default=text("1"))
    maximum_quantity: Mapped[int | None]
    tax_class: Mapped[str] = mapped_column(server_default="standard")  # stores/taxes.py
    search_text: Mapped[str]
    search_vector: Mapped[str] = mapped_column(
        TSVECTOR(), Computed("to_tsvector('simple', search_text)", persisted=True), nullable=True
    )
    position: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ProductImage(Base):
    """A picture of a product: below static/img/, or an https address."""

    __tablename__ = "product_images"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "product_id"], ["products.store_id", "products.id"], ondelete="CASCADE"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    alt: Mapped[dict[str, Any]]


class Variant(Base):
    """The thing with a SKU, a price and a stock level. Withdrawn ones stay for the carts and orders that name them."""

    __tablename__ = "variants"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "product_id"], ["products.store_id", "products.id"], ondelete="CASCADE"),
        CheckConstraint("price >= 0", name="price"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        Index(
            "ix_variants_store_id_product_id_options",
            "store_id",
            "product_id",
            "options",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_variants_store_id_product_id_position", "store_id", "product_id", "position"),
        Index("ix_variants_store_id_sku", "store_id", "sku"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID]
    sku: Mapped[str]
    options: Mapped[list[Any]]  # values in the order of the product's option_names: [{"en": "Sea salt", "fa": …}, …]
    price: Mapped[int] = mapped_column(BigInteger())  # minor units
    compare_at_price: Mapped[int | None] = mapped_column(BigInteger())
    currency: Mapped[str]
    image: Mapped[str | None]
    position: Mapped[int]
    withdrawn_at: Mapped[datetime | None]


class VariantPrice(Base):
    """What a variant costs in another currency than its own. None: it is not sold in that currency."""

    __tablename__ = "variant_prices"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "variant_id"], ["variants.store_id", "variants.id"], ondelete="CASCADE"),
        CheckConstraint("price >= 0", name="price"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    variant_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    price: Mapped[int] = mapped_column(BigInteger())  # minor units
    compare_at_price: Mapped[int | None] = mapped_column(BigInteger())


class PriceChange(Base):
    """A price that staff changed in the console, as it was and as it became: what an undo needs. None: not sold in that currency."""

    __tablename__ = "price_changes"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "variant_id"], ["variants.store_id", "variants.id"], ondelete="CASCADE"),
        Index("ix_price_changes_store_id_variant_id_changed_at", "store_id", "variant_id", "changed_at"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    variant_id: Mapped[UUID]
    currency: Mapped[str]
    before: Mapped[int | None] = mapped_column(BigInteger())  # minor units
    before_compare_at: Mapped[int | None] = mapped_column(BigInteger())
    after: Mapped[int | None] = mapped_column(BigInteger())
    after_compare_at: Mapped[int | None] = mapped_column(BigInteger())
    changed_at: Mapped[datetime]
    actor: Mapped[str]
    undone_at: Mapped[datetime | None]
