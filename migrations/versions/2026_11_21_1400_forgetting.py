"""What providers told is forgotten by its age."""

from collections.abc import Sequence

from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("ix_channel_events_store_id_received_at", "channel_events", ["store_id", "received_at"])


def downgrade() -> None:
    op.drop_index("ix_channel_events_store_id_received_at", "channel_events")
