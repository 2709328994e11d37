"""Saved lines by what is saved: who is told when it is back, or cheaper."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(
        "ix_cart_lines_store_id_variant_id_saved",
        "cart_lines",
        ["store_id", "variant_id"],
        unique=False,
        postgresql_where=sa.text("pane = 'next_purchase'"),
    )


def downgrade() -> None:
    op.drop_index("ix_cart_lines_store_id_variant_id_saved", table_name="cart_lines")
