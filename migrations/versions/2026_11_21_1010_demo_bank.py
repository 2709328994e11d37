"""The books of the demo's bank: what it was asked to charge, and what it gave back."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app

from app.database.tenancy import grant, protect

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = {"demo_bank_charges": "SELECT, INSERT, UPDATE", "demo_bank_refunds": "SELECT, INSERT"}


def upgrade() -> None:
    op.create_table(
        "demo_bank_charges",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("behaviour", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("behaviour <> '' OR cancelled_at IS NOT NULL", name=op.f("ck_demo_bank_charges_behaviour")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_demo_bank_charges")),
    )
    op.create_table(
        "demo_bank_refunds",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("charge_id", sa.UUID(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_demo_bank_refunds_amount")),
        sa.ForeignKeyConstraint(
            ["store_id", "charge_id"],
            ["demo_bank_charges.store_id", "demo_bank_charges.id"],
            name=op.f("fk_demo_bank_refunds_store_id_charge_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_demo_bank_refunds")),
    )
    op.create_index("ix_demo_bank_refunds_store_id_charge_id", "demo_bank_refunds", ["store_id", "charge_id"])
    role = current_app.config["DUALCART"].database_role
    for table, rights in TABLES.items():
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table, role, rights))


def downgrade() -> None:
    op.drop_table("demo_bank_refunds")
    op.drop_table("demo_bank_charges")
