"""Campaigns and episodes of abandonment; carts say when they were last active, customers how to reach them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app
from sqlalchemy.dialects import postgresql

from app.database.tenancy import grant, protect

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = {
    "campaigns": "SELECT, INSERT, UPDATE",
    "campaign_versions": "SELECT, INSERT",
    "recovery_starts": "SELECT, INSERT, UPDATE, DELETE",
    "episodes": "SELECT, INSERT, UPDATE",
}


def upgrade() -> None:
    op.create_table(
        "task_slots",
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("task", "slot", name=op.f("pk_task_slots")),
    )
    op.create_table(
        "campaigns",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), server_default=sa.text("100"), nullable=False),
        sa.Column("draft", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("draft_version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("live_version", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("state IN ('draft', 'active', 'paused', 'archived')", name=op.f("ck_campaigns_state")),
        sa.CheckConstraint(
            "state IN ('draft', 'archived') OR live_version IS NOT NULL", name=op.f("ck_campaigns_live_version")
        ),
        sa.CheckConstraint(
            "trigger IN ('cart_abandoned', 'next_purchase', 'price_dropped', 'back_in_stock')",
            name=op.f("ck_campaigns_trigger"),
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_campaigns_store_id")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_campaigns")),
    )
    op.create_table(
        "recovery_starts",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_recovery_starts_store_id")),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_recovery_starts")),
    )
    op.create_table(
        "campaign_versions",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("campaign_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "campaign_id"],
            ["campaigns.store_id", "campaigns.id"],
            name=op.f("fk_campaign_versions_store_id_campaign_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "campaign_id", "version", name=op.f("pk_campaign_versions")),
    )
    op.create_table(
        "episodes",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("cart_id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("activation", sa.Integer(), nullable=False),
        sa.Column("cart_version", sa.BigInteger(), nullable=False),
        sa.Column("inactive_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("arm", sa.Text(), nullable=False),
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("campaign_id", sa.UUID(), nullable=True),
        sa.Column("campaign_version", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("evidence", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("likelihood", sa.Double(), nullable=True),
        sa.Column("subject", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("order_id", sa.UUID(), nullable=True),
        sa.CheckConstraint("(arm = 'none') = (campaign_id IS NULL)", name=op.f("ck_episodes_campaign")),
        sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name=op.f("ck_episodes_closed")),
        sa.CheckConstraint("arm IN ('campaign', 'holdout', 'none')", name=op.f("ck_episodes_arm")),
        sa.CheckConstraint(
            "state IN ('open', 'recovered', 'emptied', 'salvaged', 'expired', 'merged', 'erased')",
            name=op.f("ck_episodes_state"),
        ),
        sa.CheckConstraint(
            "trigger IN ('cart_abandoned', 'next_purchase', 'price_dropped', 'back_in_stock')",
            name=op.f("ck_episodes_trigger"),
        ),
        sa.CheckConstraint("bucket BETWEEN 0 AND 9999", name=op.f("ck_episodes_bucket")),
        sa.ForeignKeyConstraint(
            ["store_id", "campaign_id", "campaign_version"],
            ["campaign_versions.store_id", "campaign_versions.campaign_id", "campaign_versions.version"],
            name=op.f("fk_episodes_store_id_campaign_id_campaign_version"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "cart_id"], ["carts.store_id", "carts.id"], name=op.f("fk_episodes_store_id_cart_id")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"],
            ["customers.store_id", "customers.id"],
            name=op.f("fk_episodes_store_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_episodes")),
        sa.UniqueConstraint("store_id", "cart_id", "number", name=op.f("uq_episodes_store_id_cart_id_number")),
        sa.UniqueConstraint(
            "store_id",
            "cart_id",
            "trigger",
            "activation",
            "inactive_since",
            name=op.f("uq_episodes_store_id_cart_id_trigger_activation_inactive_since"),
        ),
    )
    op.create_index(
        "ix_episodes_store_id_campaign_id_opened_at", "episodes", ["store_id", "campaign_id", "opened_at"], unique=False
    )
    op.create_index("ix_episodes_store_id_customer_id", "episodes", ["store_id", "customer_id"], unique=False)
    op.create_index(
        "ix_episodes_store_id_inactive_since_open",
        "episodes",
        ["store_id", "inactive_since"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_episodes_store_id_opened_at", "episodes", ["store_id", "opened_at"], unique=False)
    op.create_index(
        "ix_episodes_store_id_unexplained",
        "episodes",
        ["store_id", "id"],
        unique=False,
        postgresql_where=sa.text("reason = ''"),
    )
    op.create_index(
        "uq_episodes_store_id_cart_id_trigger_open",
        "episodes",
        ["store_id", "cart_id", "trigger"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.add_column(
        "carts", sa.Column("active_slot", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    )
    op.add_column("carts", sa.Column("examined", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_index(
        "ix_carts_store_id_active_slot_examined",
        "carts",
        ["store_id", "active_slot"],
        unique=False,
        postgresql_where=sa.text("status = 'open' AND examined"),
    )
    op.create_index(
        "ix_carts_store_id_active_slot_unexamined",
        "carts",
        ["store_id", "active_slot"],
        unique=False,
        postgresql_where=sa.text("status = 'open' AND NOT examined"),
    )
    op.add_column("customers", sa.Column("phone", sa.Text(), server_default="", nullable=False))
    op.add_column("customers", sa.Column("phone_confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("customers", sa.Column("time_zone", sa.Text(), server_default="", nullable=False))
    op.add_column("customers", sa.Column("country", sa.Text(), server_default="", nullable=False))
    op.add_column("customers", sa.Column("region", sa.Text(), server_default="", nullable=False))
    op.create_index(
        "ix_customers_store_id_phone",
        "customers",
        ["store_id", "phone"],
        unique=False,
        postgresql_where=sa.text("phone <> ''"),
    )
    op.execute("UPDATE carts SET active_slot = date_bin('5 minutes', updated_at, 'epoch')")
    role = current_app.config["DUALCART"].database_role
    for table, rights in TABLES.items():
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table, role, rights))
    op.execute(grant("task_slots", role))


def downgrade() -> None:
    for table in ("episodes", "recovery_starts", "campaign_versions", "campaigns", "task_slots"):
        op.drop_table(table)
    op.drop_index("ix_carts_store_id_active_slot_unexamined", "carts")
    op.drop_index("ix_carts_store_id_active_slot_examined", "carts")
    op.drop_column("carts", "examined")
    op.drop_column("carts", "active_slot")
    op.drop_index("ix_customers_store_id_phone", "customers")
    for column in ("region", "country", "time_zone", "phone_confirmed_at", "phone"):
        op.drop_column("customers", column)
