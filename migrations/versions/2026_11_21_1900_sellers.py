"""Sellers: whose products they see figures of, frozen weeks, and events of carts by time."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.database.tenancy import grant, protect

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "staff_invitations", sa.Column("vendors", ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
    )
    op.create_table(
        "staff_vendors",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "staff_id"],
            ["staff_members.store_id", "staff_members.id"],
            name=op.f("fk_staff_vendors_store_id_staff_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("store_id", "staff_id", "vendor", name=op.f("pk_staff_vendors")),
    )
    op.create_table(
        "seller_weeks",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("monday", sa.Date(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("frozen_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_seller_weeks_store_id")),
        sa.PrimaryKeyConstraint("store_id", "monday", name=op.f("pk_seller_weeks")),
    )
    op.create_table(
        "seller_figures",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("monday", sa.Date(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("published", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "monday"],
            ["seller_weeks.store_id", "seller_weeks.monday"],
            name=op.f("fk_seller_figures_store_id_monday"),
        ),
        sa.PrimaryKeyConstraint("store_id", "monday", "vendor", name=op.f("pk_seller_figures")),
    )
    role = current_app.config["DUALCART"].database_role
    for table in ("staff_vendors", "seller_weeks", "seller_figures"):
        for statement in protect(table):
            op.execute(statement)
    op.execute(grant("staff_vendors", role))
    for table in ("seller_weeks", "seller_figures"):  # frozen: nothing that the application runs changes them
        op.execute(grant(table, role, "SELECT, INSERT"))
    op.create_index(
        "ix_cart_events_store_id_occurred_at",
        "cart_events",
        ["store_id", "occurred_at"],
        postgresql_using="brin",
        postgresql_with={"autosummarize": "on", "pages_per_range": 32},
    )


def downgrade() -> None:
    op.drop_index("ix_cart_events_store_id_occurred_at", "cart_events")
    for table in ("seller_figures", "seller_weeks", "staff_vendors"):
        op.drop_table(table)
    op.drop_column("staff_invitations", "vendors")
