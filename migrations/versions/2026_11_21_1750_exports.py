"""Exports: what was asked for and why, and the file in parts."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app
from sqlalchemy.dialects.postgresql import JSONB

from app.database.tenancy import grant, protect

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "exports",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("asked", JSONB(), nullable=False),
        sa.Column("clear", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="working", nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("cursor", sa.Text(), server_default="", nullable=False),
        sa.Column("rows", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("parts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.CheckConstraint("kind IN ('report', 'carts', 'orders', 'audit')", name=op.f("ck_exports_kind")),
        sa.CheckConstraint("format IN ('csv', 'json', 'pdf')", name=op.f("ck_exports_format")),
        sa.CheckConstraint("state IN ('working', 'ready', 'failed')", name=op.f("ck_exports_state")),
        sa.ForeignKeyConstraint(
            ["store_id", "staff_id"],
            ["staff_members.store_id", "staff_members.id"],
            name=op.f("fk_exports_store_id_staff_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_exports")),
    )
    op.create_index("ix_exports_store_id_staff_id", "exports", ["store_id", "staff_id", "id"])
    op.create_index(
        "ix_exports_store_id_id_working", "exports", ["store_id", "id"], postgresql_where=sa.text("state = 'working'")
    )
    op.create_index("ix_exports_store_id_created_at", "exports", ["store_id", "created_at"])
    op.create_table(
        "export_parts",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("export_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "export_id"],
            ["exports.store_id", "exports.id"],
            name=op.f("fk_export_parts_store_id_export_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("store_id", "export_id", "number", name=op.f("pk_export_parts")),
    )
    for table in ("exports", "export_parts"):
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table, current_app.config["DUALCART"].database_role))


def downgrade() -> None:
    op.drop_table("export_parts")
    op.drop_table("exports")
