"""Carts brought back by a link: who took what along from which episode; links that were sent anew."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app
from sqlalchemy.dialects import postgresql

from app.database.tenancy import grant, protect

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "message_links", sa.Column("generation", sa.SmallInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.create_table(
        "adoptions",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("episode_id", sa.UUID(), nullable=False),
        sa.Column("adopter_id", sa.UUID(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("variant_ids", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("customer_id IS NULL OR customer_id = adopter_id", name=op.f("ck_adoptions_adopter")),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"],
            ["customers.store_id", "customers.id"],
            name=op.f("fk_adoptions_store_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "episode_id"],
            ["episodes.store_id", "episodes.id"],
            name=op.f("fk_adoptions_store_id_episode_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "message_id"],
            ["messages.store_id", "messages.id"],
            name=op.f("fk_adoptions_store_id_message_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "episode_id", "adopter_id", name=op.f("pk_adoptions")),
    )
    op.create_index("ix_adoptions_store_id_adopter_id", "adoptions", ["store_id", "adopter_id"], unique=False)
    op.create_index("ix_adoptions_store_id_customer_id", "adoptions", ["store_id", "customer_id"], unique=False)
    op.create_index("ix_adoptions_store_id_message_id", "adoptions", ["store_id", "message_id"], unique=False)
    for statement in protect("adoptions"):
        op.execute(statement)
    op.execute(grant("adoptions", current_app.config["DUALCART"].database_role, "SELECT, INSERT, UPDATE, DELETE"))


def downgrade() -> None:
    op.drop_table("adoptions")
    op.drop_column("message_links", "generation")
