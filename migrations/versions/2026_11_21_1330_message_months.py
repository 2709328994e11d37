"""How many messages a store has sent in a month, where it set itself a limit."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app

from app.database.tenancy import grant, protect

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "message_months",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_message_months_store_id")),
        sa.PrimaryKeyConstraint("store_id", "month", name=op.f("pk_message_months")),
    )
    for statement in protect("message_months"):
        op.execute(statement)
    op.execute(grant("message_months", current_app.config["DUALCART"].database_role, "SELECT, INSERT, UPDATE"))


def downgrade() -> None:
    op.drop_table("message_months")
