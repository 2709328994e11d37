"""Periodic tasks that a store has paused or that fail in it; dropped outbox rows; webhooks; decisions about held orders."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app
from sqlalchemy.dialects import postgresql

from app.database.tenancy import grant, protect

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = {
    "job_standings": "SELECT, INSERT, UPDATE",
    "webhook_endpoints": "SELECT, INSERT, UPDATE",
    "webhook_secrets": "SELECT, INSERT, UPDATE, DELETE",
    "webhook_deliveries": "SELECT, INSERT, UPDATE, DELETE",
    "order_reviews": "SELECT, INSERT, UPDATE",
}


def upgrade() -> None:
    op.add_column("task_slots", sa.Column("for_store", sa.UUID(), nullable=True))
    op.create_foreign_key(op.f("fk_task_slots_for_store"), "task_slots", "stores", ["for_store"], ["id"])
    op.add_column("outbox", sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_outbox_store_id_undone", "outbox", ["store_id", "topic"], postgresql_where=sa.text("done_at IS NULL")
    )
    op.create_index(
        "ix_outbox_dropped_at",
        "outbox",
        ["dropped_at"],
        postgresql_where=sa.text("done_at IS NULL AND dropped_at IS NOT NULL"),
    )
    op.create_index(
        "ix_orders_store_id_in_review",
        "orders",
        ["store_id", "placed_at"],
        postgresql_where=sa.text("state = 'in_review'"),
    )
    op.create_table(
        "job_standings",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_by", sa.Text(), server_default="", nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_job_standings_failures")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_job_standings_store_id")),
        sa.PrimaryKeyConstraint("store_id", "task", name=op.f("pk_job_standings")),
    )
    _webhooks()
    op.create_table(
        "order_reviews",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("order_id", sa.UUID(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("decision IN ('allow', 'hold', 'block')", name=op.f("ck_order_reviews_decision")),
        sa.CheckConstraint("state IN ('waiting', 'done', 'undone', 'overtaken')", name=op.f("ck_order_reviews_state")),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"], ["orders.store_id", "orders.id"], name=op.f("fk_order_reviews_store_id_order_id")
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_order_reviews")),
    )
    op.create_index("ix_order_reviews_store_id_order_id", "order_reviews", ["store_id", "order_id", "decided_at"])
    op.create_index(
        "uq_order_reviews_store_id_order_id_waiting",
        "order_reviews",
        ["store_id", "order_id"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    role = current_app.config["DUALCART"].database_role
    for table, rights in TABLES.items():
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table, role, rights))
    # Who carries out what is due looks at all stores at once: at what they have paused, and at what waits to be delivered.
    op.execute("CREATE POLICY relay ON job_standings FOR SELECT USING (current_setting('app.relay', true) = 'on')")
    op.execute("CREATE POLICY relay ON webhook_deliveries USING (current_setting('app.relay', true) = 'on')")


def _webhooks() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("types", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("personal", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("state", sa.Text(), server_default="on", nullable=False),
        sa.Column("off_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('on', 'off')", name=op.f("ck_webhook_endpoints_state")),
        sa.CheckConstraint(
            "off_reason IN ('', 'staff', 'failing', 'gone')", name=op.f("ck_webhook_endpoints_off_reason")
        ),
        sa.CheckConstraint("(state = 'off') = (off_reason <> '')", name=op.f("ck_webhook_endpoints_off")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_webhook_endpoints_store_id")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_webhook_endpoints")),
    )
    op.create_table(
        "webhook_secrets",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("endpoint_id", sa.UUID(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id", "endpoint_id"],
            ["webhook_endpoints.store_id", "webhook_endpoints.id"],
            name=op.f("fk_webhook_secrets_store_id_endpoint_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_webhook_secrets")),
    )
    op.create_index("ix_webhook_secrets_store_id_endpoint_id", "webhook_secrets", ["store_id", "endpoint_id"])
    op.create_table(
        "webhook_deliveries",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("endpoint_id", sa.UUID(), nullable=False),
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.UUID(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_token", sa.UUID(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("took_ms", sa.Integer(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'given_up')", name=op.f("ck_webhook_deliveries_state")),
        sa.CheckConstraint("(lease_token IS NULL) = (lease_until IS NULL)", name=op.f("ck_webhook_deliveries_lease")),
        sa.ForeignKeyConstraint(
            ["store_id", "endpoint_id"],
            ["webhook_endpoints.store_id", "webhook_endpoints.id"],
            name=op.f("fk_webhook_deliveries_store_id_endpoint_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint(
            "store_id", "endpoint_id", "event_id", name=op.f("uq_webhook_deliveries_store_id_endpoint_id_event_id")
        ),
    )
    op.create_index(
        "ix_webhook_deliveries_due",
        "webhook_deliveries",
        ["due_at", "number"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_webhook_deliveries_store_id_endpoint_id_subject_waiting",
        "webhook_deliveries",
        ["store_id", "endpoint_id", "subject", "number"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_webhook_deliveries_store_id_endpoint_id_number",
        "webhook_deliveries",
        ["store_id", "endpoint_id", "number"],
    )


def downgrade() -> None:
    for table in ("order_reviews", "webhook_deliveries", "webhook_secrets", "webhook_endpoints", "job_standings"):
        op.drop_table(table)
    op.drop_index("ix_orders_store_id_in_review", table_name="orders")
    op.drop_index("ix_outbox_dropped_at", table_name="outbox")
    op.drop_index("ix_outbox_store_id_undone", table_name="outbox")
    op.drop_index("ix_outbox_store_id_undone", table_name="outbox")
    op.drop_column("outbox", "dropped_at")
    op.drop_constraint(op.f("fk_task_slots_for_store"), "task_slots", type_="foreignkey")
    op.drop_column("task_slots", "for_store")
