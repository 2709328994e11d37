"""Sums by the hour for reports by reason and by product; a reason that is found later marks what was sent and earned for it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app

from app.database.tenancy import grant, protect

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BECAME = ("sent", "delivered", "opened", "clicked", "bounced", "complained", "unsubscribed")
_EARNED = {"kind": sa.Text(), "currency": sa.Text()}
KEYS: dict[str, dict[str, sa.types.TypeEngine]] = {
    "hourly_entered": {"reason": sa.Text()},
    "hourly_reason_messages": {"reason": sa.Text()},
    "hourly_reason_credits": {"reason": sa.Text(), **_EARNED},
    "hourly_products": {"product_id": sa.UUID(), **_EARNED},
}
SUMS: dict[str, dict[str, sa.types.TypeEngine]] = {
    "hourly_entered": {"episodes": sa.Integer()},
    "hourly_reason_messages": {name: sa.Integer() for name in _BECAME},
    "hourly_reason_credits": {"orders": sa.Integer(), "amount": sa.BigInteger(), "returned": sa.BigInteger()},
    "hourly_products": {"orders": sa.Integer(), "amount": sa.BigInteger()},
}

TOUCH = "INSERT INTO rollup_touches (store_id, fact, slot) SELECT DISTINCT n.store_id, {fact}, date_bin('15 minutes', {at}, timestamptz 'epoch')"
OLD = "FROM new_rows n JOIN old_rows o ON o.store_id = n.store_id AND o.id = n.id"
REASON = "n.reason IS DISTINCT FROM o.reason"
# As in migration 0024, and what AND_REASON adds.
TOUCH_EPISODES = f"""
        IF TG_OP = 'INSERT' THEN
            {TOUCH.format(fact="'episodes'", at="n.opened_at")} FROM new_rows n;
        ELSE
            {TOUCH.format(fact="'episodes'", at="n.opened_at")}
            {OLD}
            WHERE (n.state, n.reason, n.reached, n.arm, n.campaign_id, n.value, n.currency, n.opened_at)
                  IS DISTINCT FROM (o.state, o.reason, o.reached, o.arm, o.campaign_id, o.value, o.currency, o.opened_at);
            IF EXISTS (SELECT 1 {OLD} WHERE n.order_id IS DISTINCT FROM o.order_id) THEN
                {TOUCH.format(fact="'credits'", at="a.ordered_at")}
                {OLD}
                JOIN attributions a ON a.store_id = n.store_id AND a.episode_id = n.id
                WHERE n.order_id IS DISTINCT FROM o.order_id;
            END IF;{{and_reason}}
        END IF;
        RETURN NULL;"""  # noqa: S608  constants of this file
AND_REASON = f"""
            IF EXISTS (SELECT 1 {OLD} WHERE {REASON}) THEN
                {TOUCH.format(fact="'messages'", at="m.sent_at")}
                {OLD}
                JOIN messages m ON m.store_id = n.store_id AND m.episode_id = n.id
                WHERE {REASON} AND m.sent_at IS NOT NULL;
                {TOUCH.format(fact="'credits'", at="a.ordered_at")}
                {OLD}
                JOIN messages m ON m.store_id = n.store_id AND m.episode_id = n.id
                JOIN attributions a ON a.store_id = m.store_id AND a.message_id = m.id
                WHERE {REASON};
            END IF;"""


def upgrade() -> None:
    for table, keys in KEYS.items():
        op.create_table(
            table,
            sa.Column("store_id", sa.UUID(), nullable=False),
            sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
            *(sa.Column(name, type_, nullable=False) for name, type_ in (keys | SUMS[table]).items()),
            sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f(f"fk_{table}_store_id")),
            sa.PrimaryKeyConstraint("store_id", "hour", *keys, name=op.f(f"pk_{table}")),
        )
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table, current_app.config["DUALCART"].database_role))
    _define(AND_REASON)
    # The new tables know nothing of hours that count as summed: until all are summed anew, the rows are read.
    op.execute("TRUNCATE rollup_states")


def downgrade() -> None:
    _define("")
    for table in KEYS:
        op.drop_table(table)


def _define(and_reason: str) -> None:
    body = TOUCH_EPISODES.format(and_reason=and_reason)
    op.execute(
        f"CREATE OR REPLACE FUNCTION touch_episodes() RETURNS trigger LANGUAGE plpgsql AS $touch$ BEGIN {body} END $touch$"
    )
