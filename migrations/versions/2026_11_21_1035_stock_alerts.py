"""Stock alerts: who wants a mail when something sold out is back, with the evidence of it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app

from app.database.tenancy import grant, protect

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "stock_alerts",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("variant_id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("return_id", sa.UUID(), nullable=True),
        sa.Column("token_hash", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'stopped', 'expired')", name=op.f("ck_stock_alerts_state")),
        sa.CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name=op.f("ck_stock_alerts_ended")),
        sa.CheckConstraint(
            "(email IS NOT NULL) = (state = 'waiting' AND customer_id IS NULL)", name=op.f("ck_stock_alerts_address")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "variant_id"],
            ["variants.store_id", "variants.id"],
            name=op.f("fk_stock_alerts_store_id_variant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"],
            ["customers.store_id", "customers.id"],
            name=op.f("fk_stock_alerts_store_id_customer_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_stock_alerts")),
    )
    _create_index("store_id", "variant_id", "address_hash", unique=True, postgresql_where=WAITING)
    _create_index("store_id", "variant_id", "asked_at", "id", postgresql_where=WAITING)
    _create_index("store_id", "address_hash", postgresql_where=WAITING)
    _create_index("store_id", "customer_id")
    _create_index("store_id", "asked_at")
    _create_index("store_id", "token_hash", unique=True)
    for statement in protect("stock_alerts"):
        op.execute(statement)
    op.execute(grant("stock_alerts", current_app.config["DUALCART"].database_role))


def _create_index(*columns: str, unique: bool = False, postgresql_where: sa.TextClause | None = None) -> None:
    name = f"ix_stock_alerts_{'_'.join(columns)}"
    op.create_index(name, "stock_alerts", list(columns), unique=unique, postgresql_where=postgresql_where)


def downgrade() -> None:
    op.drop_table("stock_alerts")
