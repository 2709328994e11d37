"""The audit log: what staff did and looked at, chained."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app
from sqlalchemy.dialects import postgresql

from app.database.tenancy import grant, protect

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = {"audit_entries": "SELECT, INSERT", "audit_heads": "SELECT, INSERT, UPDATE"}


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_audit_entries_store_id")),
        sa.PrimaryKeyConstraint("store_id", "number", name=op.f("pk_audit_entries")),
    )
    subject = ["store_id", "subject_kind", "subject_id", "number"]
    op.create_index("ix_audit_entries_store_id_subject", "audit_entries", subject)
    op.create_index("ix_audit_entries_store_id_actor", "audit_entries", ["store_id", "actor", "number"])
    op.create_table(
        "audit_heads",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_audit_heads_store_id")),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_audit_heads")),
    )
    role = current_app.config["DUALCART"].database_role
    for table, rights in TABLES.items():
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table, role, rights))


def downgrade() -> None:
    op.drop_table("audit_heads")
    op.drop_table("audit_entries")
