"""The first tables: stores, accounts, catalogue, stock, carts, outbox; row level security on all that belongs to a store."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app
from sqlalchemy.dialects import postgresql

from app.database.tenancy import grant, protect

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


TENANT_TABLES = {
    "store_settings": "SELECT, INSERT, UPDATE, DELETE",
    "customers": "SELECT, INSERT, UPDATE, DELETE",
    "staff_members": "SELECT, INSERT, UPDATE, DELETE",
    "categories": "SELECT, INSERT, UPDATE, DELETE",
    "products": "SELECT, INSERT, UPDATE, DELETE",
    "product_images": "SELECT, INSERT, UPDATE, DELETE",
    "variants": "SELECT, INSERT, UPDATE, DELETE",
    "stock": "SELECT, INSERT, UPDATE, DELETE",
    "carts": "SELECT, INSERT, UPDATE",
    "cart_lines": "SELECT, INSERT, UPDATE, DELETE",
    "cart_events": "SELECT, INSERT",
    "guest_merges": "SELECT, INSERT",
    "outbox": "SELECT, INSERT, UPDATE, DELETE",
}
DIRECTORY_TABLES = ("organizations", "stores", "store_hosts", "alembic_version")


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gin")
    _create_tables()
    role = current_app.config["DUALCART"].database_role
    op.execute(f'GRANT USAGE ON SCHEMA public TO "{role}"')
    for table, rights in TENANT_TABLES.items():
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table, role, rights))
    op.execute("CREATE POLICY relay ON outbox USING (current_setting('app.relay', true) = 'on')")
    for table in DIRECTORY_TABLES:
        op.execute(grant(table, role, "SELECT"))


def _create_tables() -> None:
    op.create_table(
        "organizations",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
    )
    op.create_table(
        "stores",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("locales", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_stores_currency")),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_stores_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stores")),
        sa.UniqueConstraint("slug", name=op.f("uq_stores_slug")),
    )
    op.create_index(op.f("ix_stores_organization_id"), "stores", ["organization_id"], unique=False)
    op.create_table(
        "categories",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_categories_store_id")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_categories")),
        sa.UniqueConstraint("store_id", "slug", name=op.f("uq_categories_store_id_slug")),
    )
    op.create_table(
        "customers",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_customers_store_id")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_customers")),
        sa.UniqueConstraint("store_id", "email", name=op.f("uq_customers_store_id_email")),
    )
    op.create_table(
        "outbox",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_token", sa.UUID(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_outbox_store_id")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
    )
    op.create_table(
        "staff_members",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('seller', 'analyst', 'admin', 'owner')", name=op.f("ck_staff_members_role")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_staff_members_store_id")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_staff_members")),
        sa.UniqueConstraint("store_id", "email", name=op.f("uq_staff_members_store_id_email")),
    )
    op.create_table(
        "store_hosts",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_store_hosts_store_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_store_hosts")),
    )
    op.create_index(op.f("ix_store_hosts_store_id"), "store_hosts", ["store_id"], unique=False)
    op.create_table(
        "store_settings",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_by", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_store_settings_store_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("store_id", "key", name=op.f("pk_store_settings")),
    )
    op.create_table(
        "carts",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("activation", sa.Integer(), nullable=False),
        sa.Column("auto_activation", sa.Boolean(), nullable=False),
        sa.Column("note", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("last", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('open', 'archived')", name=op.f("ck_carts_status")),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"],
            ["customers.store_id", "customers.id"],
            name=op.f("fk_carts_store_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_carts")),
    )
    op.create_index(
        "uq_carts_store_id_customer_id_open",
        "carts",
        ["store_id", "customer_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "products",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("category_id", sa.UUID(), nullable=True),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("vendor", sa.Text(), server_default="", nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("option_names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("minimum_quantity", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("maximum_quantity", sa.Integer(), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column(
            "search_vector",
            postgresql.TSVECTOR(),
            sa.Computed("to_tsvector('simple', search_text)", persisted=True),
            nullable=True,
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('published', 'hidden')", name=op.f("ck_products_status")),
        sa.CheckConstraint(
            "maximum_quantity IS NULL OR maximum_quantity >= minimum_quantity", name=op.f("ck_products_maximum")
        ),
        sa.CheckConstraint("minimum_quantity >= 1", name=op.f("ck_products_minimum")),
        sa.ForeignKeyConstraint(
            ["store_id", "category_id"],
            ["categories.store_id", "categories.id"],
            name=op.f("fk_products_store_id_category_id"),
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_products_store_id")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_products")),
        sa.UniqueConstraint("store_id", "handle", name=op.f("uq_products_store_id_handle")),
    )
    op.create_index(
        "ix_products_store_id_category_id_position", "products", ["store_id", "category_id", "position"], unique=False
    )
    op.create_index(
        "ix_products_store_id_search_text",
        "products",
        ["store_id", "search_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.create_index(
        "ix_products_store_id_search_vector",
        "products",
        ["store_id", "search_vector"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "cart_events",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("cart_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("op_id", sa.UUID(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "cart_id"], ["carts.store_id", "carts.id"], name=op.f("fk_cart_events_store_id_cart_id")
        ),
        sa.PrimaryKeyConstraint("store_id", "cart_id", "version", name=op.f("pk_cart_events")),
    )
    op.create_index(
        "ix_cart_events_store_id_cart_id_op_id", "cart_events", ["store_id", "cart_id", "op_id"], unique=False
    )
    op.create_table(
        "cart_lines",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("cart_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("pane", sa.Text(), nullable=False),
        sa.Column("variant_id", sa.UUID(), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("options_hash", sa.Text(), nullable=False),
        sa.Column("quantity", sa.SmallInteger(), nullable=False),
        sa.Column("snapshot", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("brought_back", sa.Boolean(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("pane IN ('active', 'next_purchase')", name=op.f("ck_cart_lines_pane")),
        sa.CheckConstraint("quantity BETWEEN 1 AND 999", name=op.f("ck_cart_lines_quantity")),
        sa.ForeignKeyConstraint(
            ["store_id", "cart_id"],
            ["carts.store_id", "carts.id"],
            name=op.f("fk_cart_lines_store_id_cart_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("store_id", "cart_id", "id", name=op.f("pk_cart_lines")),
        sa.UniqueConstraint(
            "store_id",
            "cart_id",
            "pane",
            "variant_id",
            "options_hash",
            deferrable=True,
            initially="DEFERRED",
            name="uq_cart_lines_twin",
        ),
    )
    op.create_table(
        "guest_merges",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("guest_cart_id", sa.UUID(), nullable=False),
        sa.Column("cart_id", sa.UUID(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "cart_id"], ["carts.store_id", "carts.id"], name=op.f("fk_guest_merges_store_id_cart_id")
        ),
        sa.PrimaryKeyConstraint("store_id", "guest_cart_id", name=op.f("pk_guest_merges")),
    )
    op.create_index("ix_guest_merges_store_id_cart_id", "guest_merges", ["store_id", "cart_id"], unique=False)
    op.create_table(
        "product_images",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("product_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("alt", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "product_id"],
            ["products.store_id", "products.id"],
            name=op.f("fk_product_images_store_id_product_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("store_id", "product_id", "position", name=op.f("pk_product_images")),
    )
    op.create_table(
        "variants",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("product_id", sa.UUID(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("compare_at_price", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("image", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_variants_currency")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_variants_price")),
        sa.ForeignKeyConstraint(
            ["store_id", "product_id"],
            ["products.store_id", "products.id"],
            name=op.f("fk_variants_store_id_product_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_variants")),
    )
    op.create_index(
        "ix_variants_store_id_product_id_options",
        "variants",
        ["store_id", "product_id", "options"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index(
        "ix_variants_store_id_product_id_position", "variants", ["store_id", "product_id", "position"], unique=False
    )
    op.create_index("ix_variants_store_id_sku", "variants", ["store_id", "sku"], unique=False)
    op.create_table(
        "stock",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("variant_id", sa.UUID(), nullable=False),
        sa.Column("available", sa.Integer(), nullable=False),
        sa.Column("tracked", sa.Boolean(), nullable=False),
        sa.Column("oversell", sa.Boolean(), nullable=False),
        sa.CheckConstraint("available >= 0", name=op.f("ck_stock_available")),
        sa.ForeignKeyConstraint(
            ["store_id", "variant_id"],
            ["variants.store_id", "variants.id"],
            name=op.f("fk_stock_store_id_variant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("store_id", "variant_id", name=op.f("pk_stock")),
    )


def downgrade() -> None:
    op.drop_table("stock")
    op.drop_index("ix_variants_store_id_sku", table_name="variants")
    op.drop_index("ix_variants_store_id_product_id_position", table_name="variants")
    op.drop_index(
        "ix_variants_store_id_product_id_options",
        table_name="variants",
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.drop_table("variants")
    op.drop_table("product_images")
    op.drop_index("ix_guest_merges_store_id_cart_id", table_name="guest_merges")
    op.drop_table("guest_merges")
    op.drop_table("cart_lines")
    op.drop_table("cart_events")
    op.drop_index("ix_products_store_id_search_vector", table_name="products", postgresql_using="gin")
    op.drop_index(
        "ix_products_store_id_search_text",
        table_name="products",
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.drop_index("ix_products_store_id_category_id_position", table_name="products")
    op.drop_table("products")
    op.drop_index("uq_carts_store_id_customer_id_open", table_name="carts", postgresql_where=sa.text("status = 'open'"))
    op.drop_table("carts")
    op.drop_table("store_settings")
    op.drop_index(op.f("ix_store_hosts_store_id"), table_name="store_hosts")
    op.drop_table("store_hosts")
    op.drop_table("staff_members")
    op.drop_index(
        "ix_outbox_due", table_name="outbox", postgresql_where=sa.text("done_at IS NULL AND failed_at IS NULL")
    )
    op.drop_table("outbox")
    op.drop_table("customers")
    op.drop_table("categories")
    op.drop_index(op.f("ix_stores_organization_id"), table_name="stores")
    op.drop_table("stores")
    op.drop_table("organizations")
