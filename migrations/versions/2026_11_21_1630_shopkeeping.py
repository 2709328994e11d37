"""Running a small store: the ledger of stock, prices as they were, files brought in step by step, batches of codes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app
from sqlalchemy.dialects import postgresql

from app.database.tenancy import grant, protect

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = {
    "stock_movements": "SELECT, INSERT",  # nobody writes history anew
    "price_changes": "SELECT, INSERT, UPDATE",
    "catalogue_imports": "SELECT, INSERT, UPDATE, DELETE",
    "catalogue_import_rows": "SELECT, INSERT, UPDATE, DELETE",
    "coupon_batches": "SELECT, INSERT, UPDATE",
}


def upgrade() -> None:
    role = current_app.config["DUALCART"].database_role
    _stock_movements()
    _price_changes()
    _imports()
    _coupons()
    op.add_column(
        "customers",
        sa.Column(
            "name_folded",
            sa.Text(collation="C"),
            sa.Computed("lower(translate(name, 'يك', 'یک'))", persisted=True),
            nullable=True,
        ),
    )
    op.create_index("ix_customers_store_id_name_folded", "customers", ["store_id", "name_folded", "id"])
    op.create_index(
        "ix_cart_lines_store_id_variant_id_active",
        "cart_lines",
        ["store_id", "variant_id"],
        postgresql_where=sa.text("pane = 'active'"),
    )
    for table, rights in TABLES.items():
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table, role, rights))


def downgrade() -> None:
    op.drop_index("ix_cart_lines_store_id_variant_id_active", table_name="cart_lines")
    op.drop_index("ix_customers_store_id_name_folded", table_name="customers")
    op.drop_column("customers", "name_folded")
    op.drop_index("ix_coupons_store_id_id_staff", table_name="coupons")
    op.drop_index("ix_coupons_store_id_batch_id", table_name="coupons")
    op.drop_constraint("fk_coupons_store_id_batch_id", "coupons")
    op.drop_column("coupons", "batch_id")
    op.drop_column("coupons", "version")
    for table in ("coupon_batches", "catalogue_import_rows", "catalogue_imports", "price_changes", "stock_movements"):
        op.drop_table(table)


def _stock_movements() -> None:
    op.create_table(
        "stock_movements",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("variant_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("holder_id", sa.UUID(), nullable=True),
        sa.Column("op_id", sa.UUID(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('delivery', 'returned', 'loss', 'count', 'file', 'order', 'put_back')",
            name=op.f("ck_stock_movements_kind"),
        ),
        sa.CheckConstraint("before >= 0 AND after >= 0", name=op.f("ck_stock_movements_after")),
        sa.ForeignKeyConstraint(
            ["store_id", "variant_id"],
            ["variants.store_id", "variants.id"],
            name=op.f("fk_stock_movements_store_id_variant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("store_id", "variant_id", "number", name=op.f("pk_stock_movements")),
    )
    op.create_index(
        "uq_stock_movements_store_id_op_id",
        "stock_movements",
        ["store_id", "op_id"],
        unique=True,
        postgresql_where=sa.text("op_id IS NOT NULL"),
    )


def _price_changes() -> None:
    op.create_table(
        "price_changes",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("variant_id", sa.UUID(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("before", sa.BigInteger(), nullable=True),
        sa.Column("before_compare_at", sa.BigInteger(), nullable=True),
        sa.Column("after", sa.BigInteger(), nullable=True),
        sa.Column("after_compare_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id", "variant_id"],
            ["variants.store_id", "variants.id"],
            name=op.f("fk_price_changes_store_id_variant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_price_changes")),
    )
    op.create_index(
        "ix_price_changes_store_id_variant_id_changed_at", "price_changes", ["store_id", "variant_id", "changed_at"]
    )


def _imports() -> None:
    op.create_table(
        "catalogue_imports",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("unusable", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('reading', 'checking', 'checked', 'applying', 'done', 'unusable', 'discarded')",
            name=op.f("ck_catalogue_imports_state"),
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_catalogue_imports_store_id")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_catalogue_imports")),
    )
    op.create_index(
        "ix_catalogue_imports_store_id_id_unfinished",
        "catalogue_imports",
        ["store_id", "id"],
        postgresql_where=sa.text("state IN ('reading', 'checking', 'applying')"),
    )
    op.create_table(
        "catalogue_import_rows",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("import_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("draft", postgresql.JSONB(), nullable=True),
        sa.Column("refusals", postgresql.JSONB(), nullable=False),
        sa.Column("forecast", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("outcome", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("withdrawn", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "forecast IN ('', 'created', 'updated', 'unchanged', 'refused')",
            name=op.f("ck_catalogue_import_rows_forecast"),
        ),
        sa.CheckConstraint(
            "outcome IN ('', 'created', 'updated', 'unchanged', 'refused')",
            name=op.f("ck_catalogue_import_rows_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "import_id"],
            ["catalogue_imports.store_id", "catalogue_imports.id"],
            name=op.f("fk_catalogue_import_rows_store_id_import_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("store_id", "import_id", "number", name=op.f("pk_catalogue_import_rows")),
    )
    for column, name in (("forecast", "unchecked"), ("outcome", "unapplied")):
        op.create_index(
            f"ix_catalogue_import_rows_{name}",
            "catalogue_import_rows",
            ["store_id", "import_id", "number"],
            postgresql_where=sa.text(f"{column} = ''"),
        )


def _coupons() -> None:
    op.create_table(
        "coupon_batches",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("downloaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("downloaded_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_coupon_batches_store_id")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_coupon_batches")),
    )
    op.add_column("coupons", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column("coupons", sa.Column("batch_id", sa.UUID(), nullable=True))
    op.create_foreign_key(
        op.f("fk_coupons_store_id_batch_id"),
        "coupons",
        "coupon_batches",
        ["store_id", "batch_id"],
        ["store_id", "id"],
    )
    op.create_index(
        "ix_coupons_store_id_batch_id",
        "coupons",
        ["store_id", "batch_id"],
        postgresql_where=sa.text("batch_id IS NOT NULL"),
    )
    op.create_index(
        "ix_coupons_store_id_id_staff",
        "coupons",
        ["store_id", "id"],
        postgresql_where=sa.text("source = 'staff' AND batch_id IS NULL"),
    )
