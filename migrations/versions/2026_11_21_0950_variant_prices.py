"""Prices of variants in further currencies, beside the price that each variant carries in its own."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app

from app.database.tenancy import grant, protect

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "variant_prices",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("compare_at_price", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("price >= 0", name=op.f("ck_variant_prices_price")),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_variant_prices_currency")),
        sa.ForeignKeyConstraint(
            ["store_id", "variant_id"],
            ["variants.store_id", "variants.id"],
            name=op.f("fk_variant_prices_store_id_variant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("store_id", "variant_id", "currency", name=op.f("pk_variant_prices")),
    )
    for statement in protect("variant_prices"):
        op.execute(statement)
    op.execute(grant("variant_prices", current_app.config["DUALCART"].database_role))


def downgrade() -> None:
    op.drop_table("variant_prices")
