"""Coupons and their uses; a cart names the coupon it has."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app
from sqlalchemy.dialects import postgresql

from app.database.tenancy import grant, protect

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = {"coupons": "SELECT, INSERT, UPDATE", "coupon_redemptions": "SELECT, INSERT, UPDATE"}


def upgrade() -> None:
    op.create_table(
        "coupons",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("code_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("basis_points", sa.Integer(), nullable=False),
        sa.Column("amounts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("minimums", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("max_uses", sa.Integer(), nullable=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("per_customer", sa.Integer(), nullable=True),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("code <> '' AND code_key <> ''", name=op.f("ck_coupons_code")),
        sa.CheckConstraint("kind IN ('percent', 'fixed', 'free_shipping')", name=op.f("ck_coupons_kind")),
        sa.CheckConstraint("basis_points BETWEEN 0 AND 10000", name=op.f("ck_coupons_basis_points")),
        sa.CheckConstraint("source IN ('staff', 'campaign')", name=op.f("ck_coupons_source")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_coupons_ends_at")),
        sa.CheckConstraint("used >= 0 AND used <= max_uses", name=op.f("ck_coupons_used")),
        sa.CheckConstraint("per_customer >= 1", name=op.f("ck_coupons_per_customer")),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"],
            ["customers.store_id", "customers.id"],
            name=op.f("fk_coupons_store_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_coupons")),
        sa.UniqueConstraint("store_id", "code_key", name=op.f("uq_coupons_store_id_code_key")),
        sa.UniqueConstraint("store_id", "code", name=op.f("uq_coupons_store_id_code")),
    )
    op.create_index(
        "ix_coupons_store_id_customer_id",
        "coupons",
        ["store_id", "customer_id"],
        unique=False,
        postgresql_where=sa.text("customer_id IS NOT NULL"),
    )
    op.create_table(
        "coupon_redemptions",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("coupon_id", sa.UUID(), nullable=False),
        sa.Column("order_id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("customer_key", sa.Text(), nullable=False),
        sa.Column("n", sa.SmallInteger(), nullable=True),
        sa.Column("per_customer", sa.Integer(), nullable=True),
        sa.Column("redeemed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("n >= 1 AND n <= per_customer", name=op.f("ck_coupon_redemptions_n")),
        sa.CheckConstraint(
            "(n IS NULL) = (given_back_at IS NOT NULL)", name=op.f("ck_coupon_redemptions_given_back_at")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "coupon_id"],
            ["coupons.store_id", "coupons.id"],
            name=op.f("fk_coupon_redemptions_store_id_coupon_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"],
            ["customers.store_id", "customers.id"],
            name=op.f("fk_coupon_redemptions_store_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "coupon_id", "order_id", name=op.f("pk_coupon_redemptions")),
        sa.UniqueConstraint(
            "store_id",
            "coupon_id",
            "customer_key",
            "n",
            name=op.f("uq_coupon_redemptions_store_id_coupon_id_customer_key_n"),
        ),
    )
    op.create_index(
        "ix_coupon_redemptions_store_id_order_id", "coupon_redemptions", ["store_id", "order_id"], unique=False
    )
    op.create_index(
        "ix_coupon_redemptions_store_id_customer_id_coupon_id",
        "coupon_redemptions",
        ["store_id", "customer_id", "coupon_id"],
        unique=False,
    )
    op.add_column("carts", sa.Column("coupon", sa.Text(), server_default="", nullable=False))
    role = current_app.config["DUALCART"].database_role
    for table, rights in TABLES.items():
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table, role, rights))


def downgrade() -> None:
    op.drop_column("carts", "coupon")
    op.drop_table("coupon_redemptions")
    op.drop_table("coupons")
