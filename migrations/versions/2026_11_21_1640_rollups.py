"""Sums by the hour, the hours that changed since (noted by triggers), and how far a cart had come when it was left."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app
from sqlalchemy.dialects import postgresql

from app.database.tenancy import grant, protect

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KEYS: dict[str, dict[str, sa.types.TypeEngine]] = {
    "hourly_episodes": {
        "trigger": sa.Text(), "campaign_id": sa.UUID(), "arm": sa.Text(), "state": sa.Text(), "currency": sa.Text(),
    },
    "hourly_reasons": {"reason": sa.Text(), "reached": sa.Text(), "recovered": sa.Boolean(), "currency": sa.Text()},
    "hourly_messages": {
        "campaign_id": sa.UUID(), "step": sa.SmallInteger(), "channel": sa.Text(), "subject_arm": sa.Text(),
    },
    "hourly_credits": {
        "campaign_id": sa.UUID(), "held_out": sa.Boolean(), "kind": sa.Text(), "message_campaign_id": sa.UUID(),
        "step": sa.SmallInteger(), "channel": sa.Text(), "subject_arm": sa.Text(), "currency": sa.Text(),
    },
    "hourly_endings": {"state": sa.Text(), "reason": sa.Text()},
}  # fmt: skip
SUMS: dict[str, dict[str, sa.types.TypeEngine]] = {
    "hourly_episodes": {"episodes": sa.Integer(), "value": sa.BigInteger()},
    "hourly_reasons": {"carts": sa.Integer(), "value": sa.BigInteger()},
    "hourly_messages": {
        name: sa.Integer()
        for name in (
            "sent", "delivered", "opened", "clicked", "bounced", "complained", "unsubscribed", "segments",
        )
    },
    "hourly_credits": {
        "orders": sa.Integer(), "straight": sa.Integer(), "amount": sa.BigInteger(), "returned": sa.BigInteger(),
    },
    "hourly_endings": {"messages": sa.Integer()},
}  # fmt: skip

# Once for each statement and each quarter of an hour it touches, however many rows that is. A quarter: zones begin their
# hours at quarters. Never an upsert: two transactions that touch the same one must not wait for each other.
TOUCH = "INSERT INTO rollup_touches (store_id, fact, slot) SELECT DISTINCT {store}, {fact}, date_bin('15 minutes', {at}, timestamptz 'epoch')"
NOT_SENT = "('cancelled', 'failed', 'uncertain')"
COUNTED = (
    "sent_at, {0}.delivered_at, {0}.opened_at, {0}.clicked_at, {0}.state, {0}.reason, {0}.segments, {0}.subject_arm"
)
MESSAGES_WHEN = {
    "INSERT": f"NEW.sent_at IS NOT NULL OR NEW.state IN {NOT_SENT}",
    "UPDATE": f"""(NEW.sent_at IS NOT NULL OR OLD.sent_at IS NOT NULL OR NEW.state IN {NOT_SENT} OR OLD.state IN {NOT_SENT})
        AND (NEW.{COUNTED.format("NEW")}) IS DISTINCT FROM (OLD.{COUNTED.format("OLD")})""",
}
FUNCTIONS = {
    "touch_episodes": f"""
        IF TG_OP = 'INSERT' THEN
            {TOUCH.format(store="n.store_id", fact="'episodes'", at="n.opened_at")} FROM new_rows n;
        ELSE
            {TOUCH.format(store="n.store_id", fact="'episodes'", at="n.opened_at")}
            FROM new_rows n JOIN old_rows o ON o.store_id = n.store_id AND o.id = n.id
            WHERE (n.state, n.reason, n.reached, n.arm, n.campaign_id, n.value, n.currency, n.opened_at)
                  IS DISTINCT FROM (o.state, o.reason, o.reached, o.arm, o.campaign_id, o.value, o.currency, o.opened_at);
            IF EXISTS (SELECT 1 FROM new_rows n JOIN old_rows o ON o.store_id = n.store_id AND o.id = n.id
                       WHERE n.order_id IS DISTINCT FROM o.order_id) THEN
                {TOUCH.format(store="a.store_id", fact="'credits'", at="a.ordered_at")}
                FROM new_rows n JOIN old_rows o ON o.store_id = n.store_id AND o.id = n.id
                JOIN attributions a ON a.store_id = n.store_id AND a.episode_id = n.id
                WHERE n.order_id IS DISTINCT FROM o.order_id;
            END IF;
        END IF;
        RETURN NULL;""",  # noqa: S608  constants of this file
    # Called for those rows alone that count (see WHEN): a message is written and claimed far more often than it leaves.
    "touch_messages": f"""
        IF NEW.sent_at IS NOT NULL THEN
            {TOUCH.format(store="NEW.store_id", fact="'messages'", at="NEW.sent_at")};
        END IF;
        IF TG_OP = 'UPDATE' AND OLD.sent_at IS DISTINCT FROM NEW.sent_at AND OLD.sent_at IS NOT NULL THEN
            {TOUCH.format(store="OLD.store_id", fact="'messages'", at="OLD.sent_at")};
        END IF;
        IF NEW.state IN {NOT_SENT} OR TG_OP = 'UPDATE' AND OLD.state IN {NOT_SENT} THEN
            {TOUCH.format(store="e.store_id", fact="'endings'", at="e.opened_at")}
            FROM episodes e WHERE e.store_id = NEW.store_id AND e.id = NEW.episode_id;
        END IF;
        RETURN NULL;""",
    "touch_message_events": f"""
        {TOUCH.format(store="n.store_id", fact="'messages'", at="m.sent_at")}
        FROM new_rows n JOIN messages m ON m.store_id = n.store_id AND m.id = n.message_id
        WHERE n.kind = 'unsubscribed' AND m.sent_at IS NOT NULL;
        RETURN NULL;""",
    "touch_attributions": f"""
        {TOUCH.format(store="n.store_id", fact="'credits'", at="n.ordered_at")} FROM new_rows n;
        RETURN NULL;""",
}
TRIGGERS = (
    ("episodes", "INSERT", "touch_episodes"),
    ("episodes", "UPDATE", "touch_episodes"),
    ("message_events", "INSERT", "touch_message_events"),
    ("attributions", "INSERT", "touch_attributions"),
    ("attributions", "UPDATE", "touch_attributions"),
)


def upgrade() -> None:
    op.add_column("episodes", sa.Column("reached", sa.Text(), server_default="", nullable=False))
    op.create_check_constraint(
        op.f("ck_episodes_reached"), "episodes", "reached IN ('', 'cart', 'checkout', 'payment')"
    )
    op.create_index(
        "ix_messages_store_id_ended_at_lost",
        "messages",
        ["store_id", "ended_at"],
        postgresql_where=sa.text("state IN ('failed', 'uncertain')"),
    )
    op.create_index(
        "ix_outbox_store_id_failed_at", "outbox", ["store_id"], postgresql_where=sa.text("failed_at IS NOT NULL")
    )
    op.create_table(
        "rollup_states",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("shift", sa.SmallInteger(), nullable=False),
        sa.Column("rolled_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rolled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_rollup_states_store_id")),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_rollup_states")),
    )
    op.create_table(
        "rollup_touches",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_rollup_touches_store_id")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_rollup_touches")),
    )
    op.create_table(
        "measured_uplifts",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("days", sa.SmallInteger(), nullable=False),
        sa.Column("campaign_id", sa.UUID(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_measured_uplifts_store_id")),
        sa.PrimaryKeyConstraint("store_id", "days", "campaign_id", "currency", name=op.f("pk_measured_uplifts")),
    )
    for table, keys in KEYS.items():
        op.create_table(
            table,
            sa.Column("store_id", sa.UUID(), nullable=False),
            sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
            *(sa.Column(name, type_, nullable=False) for name, type_ in (keys | SUMS[table]).items()),
            sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f(f"fk_{table}_store_id")),
            sa.PrimaryKeyConstraint("store_id", "hour", *keys, name=op.f(f"pk_{table}")),
        )
    role = current_app.config["DUALCART"].database_role
    for table in ("rollup_states", "rollup_touches", "measured_uplifts", *KEYS):
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table, role))
    for name, body in FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $touch$ BEGIN {body} END $touch$")
    for table, event, function in TRIGGERS:
        rows = "NEW TABLE AS new_rows" + (" OLD TABLE AS old_rows" if event == "UPDATE" else "")
        op.execute(
            f"CREATE TRIGGER {function}_{event.lower()} AFTER {event} ON {table} REFERENCING {rows} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )
    for event, condition in MESSAGES_WHEN.items():
        op.execute(
            f"CREATE TRIGGER touch_messages_{event.lower()} AFTER {event} ON messages "
            f"FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION touch_messages()"
        )


def downgrade() -> None:
    for table, event, function in TRIGGERS:
        op.execute(f"DROP TRIGGER {function}_{event.lower()} ON {table}")
    for event in MESSAGES_WHEN:
        op.execute(f"DROP TRIGGER touch_messages_{event.lower()} ON messages")
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}()")
    for table in (*KEYS, "measured_uplifts", "rollup_touches", "rollup_states"):
        op.drop_table(table)
    op.drop_index("ix_outbox_store_id_failed_at", "outbox")
    op.drop_index("ix_messages_store_id_ended_at_lost", "messages")
    op.drop_column("episodes", "reached")
