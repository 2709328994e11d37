"""Saved views of the list of carts, of each member of staff; the list of who is not written to, by day."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app
from sqlalchemy.dialects import postgresql

from app.database.tenancy import grant, protect

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("arguments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_saved_views_name")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_saved_views_store_id")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_saved_views")),
    )
    op.create_index("ix_saved_views_store_id_staff_id", "saved_views", ["store_id", "staff_id", "name"])
    op.create_index("ix_suppressions_store_id_since", "suppressions", ["store_id", "since", "address_hash", "channel"])
    for statement in protect("saved_views"):
        op.execute(statement)
    op.execute(grant("saved_views", current_app.config["DUALCART"].database_role))


def downgrade() -> None:
    op.drop_index("ix_suppressions_store_id_since", table_name="suppressions")
    op.drop_table("saved_views")
