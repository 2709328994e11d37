"""Messages, what was decided about them and what became of them; suppressed addresses; what orders are credited to."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app
from sqlalchemy.dialects import postgresql

from app.database.tenancy import grant, protect

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = {
    "messages": "SELECT, INSERT, UPDATE",
    "message_evaluations": "SELECT, INSERT",
    "message_events": "SELECT, INSERT",
    "message_links": "SELECT, INSERT, UPDATE",
    "suppressions": "SELECT, INSERT, UPDATE, DELETE",
    "push_subscriptions": "SELECT, INSERT, UPDATE, DELETE",
    "channel_events": "SELECT, INSERT, DELETE",
    "attributions": "SELECT, INSERT, UPDATE",
}


def upgrade() -> None:
    op.create_table(
        "channel_events",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("dedupe", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_channel_events_store_id")),
        sa.PrimaryKeyConstraint("store_id", "provider", "dedupe", name=op.f("pk_channel_events")),
    )
    op.create_table(
        "suppressions",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("channel IN ('email', 'sms', 'push')", name=op.f("ck_suppressions_channel")),
        sa.CheckConstraint(
            "reason IN ('unsubscribed', 'bounced', 'complained', 'stop', 'do_not_call', 'erased')",
            name=op.f("ck_suppressions_reason"),
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_suppressions_store_id")),
        sa.PrimaryKeyConstraint("store_id", "channel", "address_hash", name=op.f("pk_suppressions")),
    )
    op.create_table(
        "push_subscriptions",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("endpoint_hash", sa.Text(), nullable=False),
        sa.Column("p256dh", sa.Text(), nullable=False),
        sa.Column("auth", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"],
            ["customers.store_id", "customers.id"],
            name=op.f("fk_push_subscriptions_store_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_push_subscriptions")),
        sa.UniqueConstraint("store_id", "endpoint_hash", name=op.f("uq_push_subscriptions_store_id_endpoint_hash")),
    )
    op.create_index(
        "ix_push_subscriptions_store_id_customer_id", "push_subscriptions", ["store_id", "customer_id"], unique=False
    )
    op.create_table(
        "messages",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("episode_id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("subject_arm", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="scheduled", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_token", sa.UUID(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("provider", sa.Text(), server_default="", nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("coupon_code", sa.Text(), server_default="", nullable=False),
        sa.Column("address_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("segments", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("shown", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clicked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('claimed', 'sending')) = (lease_token IS NOT NULL)", name=op.f("ck_messages_lease")
        ),
        sa.CheckConstraint("channel IN ('email', 'sms', 'push')", name=op.f("ck_messages_channel")),
        sa.CheckConstraint("kind IN ('step', 'saved_notice', 'manual')", name=op.f("ck_messages_kind")),
        sa.CheckConstraint(
            "state IN ('scheduled', 'claimed', 'sending', 'sent', 'delivered', 'opened', 'clicked', 'bounced', 'complained', 'failed', 'cancelled', 'uncertain')",
            name=op.f("ck_messages_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('cancelled', 'failed', 'uncertain') OR reason <> ''", name=op.f("ck_messages_reason")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"],
            ["customers.store_id", "customers.id"],
            name=op.f("fk_messages_store_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "episode_id"],
            ["episodes.store_id", "episodes.id"],
            name=op.f("fk_messages_store_id_episode_id"),
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_messages_store_id")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_messages")),
        sa.UniqueConstraint(
            "store_id",
            "episode_id",
            "kind",
            "step",
            "channel",
            name=op.f("uq_messages_store_id_episode_id_kind_step_channel"),
        ),
    )
    op.create_index(
        "ix_messages_due", "messages", ["due_at", "id"], unique=False, postgresql_where=sa.text("state = 'scheduled'")
    )
    op.create_index(
        "ix_messages_leases",
        "messages",
        ["lease_until", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('claimed', 'sending')"),
    )
    op.create_index(
        "ix_messages_store_id_customer_id_sent_at", "messages", ["store_id", "customer_id", "sent_at"], unique=False
    )
    op.create_index(
        "ix_messages_store_id_provider_id",
        "messages",
        ["store_id", "provider", "provider_id"],
        unique=False,
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )
    op.create_index("ix_messages_store_id_sent_at", "messages", ["store_id", "sent_at"], unique=False)
    op.create_table(
        "attributions",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("order_id", sa.UUID(), nullable=False),
        sa.Column("episode_id", sa.UUID(), nullable=True),
        sa.Column("message_id", sa.UUID(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("returned", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(kind = 'direct') = (message_id IS NULL)", name=op.f("ck_attributions_message")),
        sa.CheckConstraint("kind IN ('last_click', 'assisted', 'direct')", name=op.f("ck_attributions_kind")),
        sa.ForeignKeyConstraint(
            ["store_id", "episode_id"],
            ["episodes.store_id", "episodes.id"],
            name=op.f("fk_attributions_store_id_episode_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "message_id"],
            ["messages.store_id", "messages.id"],
            name=op.f("fk_attributions_store_id_message_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"], ["orders.store_id", "orders.id"], name=op.f("fk_attributions_store_id_order_id")
        ),
        sa.PrimaryKeyConstraint("store_id", "order_id", name=op.f("pk_attributions")),
    )
    op.create_index("ix_attributions_store_id_episode_id", "attributions", ["store_id", "episode_id"], unique=False)
    op.create_index("ix_attributions_store_id_message_id", "attributions", ["store_id", "message_id"], unique=False)
    op.create_index("ix_attributions_store_id_ordered_at", "attributions", ["store_id", "ordered_at"], unique=False)
    op.create_table(
        "message_evaluations",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("evaluated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("inputs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("(verdict = 'defer') = (until IS NOT NULL)", name=op.f("ck_message_evaluations_until")),
        sa.CheckConstraint("verdict IN ('send', 'defer', 'end')", name=op.f("ck_message_evaluations_verdict")),
        sa.ForeignKeyConstraint(
            ["store_id", "message_id"],
            ["messages.store_id", "messages.id"],
            name=op.f("fk_message_evaluations_store_id_message_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_message_evaluations")),
    )
    op.create_index(
        "ix_message_evaluations_store_id_message_id",
        "message_evaluations",
        ["store_id", "message_id", "id"],
        unique=False,
    )
    op.create_table(
        "message_events",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("dedupe", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "agent IN ('human', 'scanner', 'prefetch', 'proxy', 'provider')", name=op.f("ck_message_events_agent")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "message_id"],
            ["messages.store_id", "messages.id"],
            name=op.f("fk_message_events_store_id_message_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_message_events")),
        sa.UniqueConstraint("store_id", "dedupe", name=op.f("uq_message_events_store_id_dedupe")),
    )
    op.create_index(
        "ix_message_events_store_id_message_id", "message_events", ["store_id", "message_id", "id"], unique=False
    )
    op.create_table(
        "message_links",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('recover', 'preferences')", name=op.f("ck_message_links_purpose")),
        sa.ForeignKeyConstraint(
            ["store_id", "message_id"],
            ["messages.store_id", "messages.id"],
            name=op.f("fk_message_links_store_id_message_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "token_hash", name=op.f("pk_message_links")),
        sa.UniqueConstraint(
            "store_id", "message_id", "purpose", name=op.f("uq_message_links_store_id_message_id_purpose")
        ),
    )
    role = current_app.config["DUALCART"].database_role
    for table, rights in TABLES.items():
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table, role, rights))
    # The worker looks for what is due in all stores at once, as it does in the outbox.
    op.execute("CREATE POLICY relay ON messages USING (current_setting('app.relay', true) = 'on')")


def downgrade() -> None:
    for table in (
        "attributions",
        "channel_events",
        "push_subscriptions",
        "suppressions",
        "message_links",
        "message_events",
        "message_evaluations",
        "messages",
    ):
        op.drop_table(table)
