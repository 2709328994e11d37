"""The second factor of staff, and recovery codes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app

from app.database.tenancy import grant, protect

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _create("staff_factors", sa.Column("secret", sa.Text(), nullable=False),
            sa.Column("last_step", sa.BigInteger(), nullable=False),
            sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False))  # fmt: skip
    _create("staff_recovery_codes", sa.Column("code_hash", sa.Text(), nullable=False),
            sa.Column("used_at", sa.DateTime(timezone=True), nullable=True), key=["code_hash"])  # fmt: skip


def _create(table: str, *columns: sa.Column[object], key: Sequence[str] = ()) -> None:
    op.create_table(
        table,
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["store_id", "staff_id"],
            ["staff_members.store_id", "staff_members.id"],
            name=op.f(f"fk_{table}_store_id_staff_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("store_id", "staff_id", *key, name=op.f(f"pk_{table}")),
    )
    for statement in protect(table):
        op.execute(statement)
    op.execute(grant(table, current_app.config["DUALCART"].database_role))


def downgrade() -> None:
    op.drop_table("staff_recovery_codes")
    op.drop_table("staff_factors")
