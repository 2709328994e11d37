"""Phone numbers that are confirmed by a code: who asked, in which words, and when the code came back."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app

from app.database.tenancy import grant, protect

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "phone_confirmations",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("reference", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("source IN ('account', 'checkout')", name=op.f("ck_phone_confirmations_source")),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"],
            ["customers.store_id", "customers.id"],
            name=op.f("fk_phone_confirmations_store_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_phone_confirmations")),
    )
    for column in ("customer_id", "phone", "caller"):
        op.create_index(
            f"ix_phone_confirmations_store_id_{column}", "phone_confirmations", ["store_id", column, "asked_at"]
        )
    for statement in protect("phone_confirmations"):
        op.execute(statement)
    op.execute(
        grant("phone_confirmations", current_app.config["DUALCART"].database_role, "SELECT, INSERT, UPDATE, DELETE")
    )


def downgrade() -> None:
    op.drop_table("phone_confirmations")
