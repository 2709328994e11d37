"""Which episodes an order ended, and which messages people unsubscribed by: found without looking at all of them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(
        "ix_episodes_store_id_order_id",
        "episodes",
        ["store_id", "order_id"],
        postgresql_where=sa.text("order_id IS NOT NULL"),
    )
    op.create_index(
        "ix_message_events_store_id_unsubscribed",
        "message_events",
        ["store_id", "message_id"],
        postgresql_where=sa.text("kind = 'unsubscribed'"),
    )


def downgrade() -> None:
    op.drop_index("ix_message_events_store_id_unsubscribed", "message_events")
    op.drop_index("ix_episodes_store_id_order_id", "episodes")
