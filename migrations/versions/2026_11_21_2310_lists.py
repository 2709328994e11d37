"""The console's lists by an index each: carts by view, orders by state and address, which row level security lets be used."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

LISTS = {
    "open": "state = 'open'",
    "recovered": "state = 'recovered'",
    "salvaged": "state = 'salvaged'",
    "ended": "state <> ALL ('{open,recovered,salvaged}')",
}


def upgrade() -> None:
    # The old index was on the operator ->> itself, which is not leakproof: never used behind row level security.
    op.drop_index("ix_orders_store_id_email", table_name="orders")
    op.add_column("orders", sa.Column("email", sa.Text(), sa.Computed("contact ->> 'email'", persisted=True)))
    op.create_index("ix_orders_store_id_email", "orders", ["store_id", "email"])
    op.create_index(
        "ix_orders_store_id_state_number",
        "orders",
        ["store_id", "state", "number"],
        postgresql_where=sa.text("number IS NOT NULL"),
    )
    for name, which in LISTS.items():
        op.create_index(
            f"ix_episodes_store_id_opened_at_{name}",
            "episodes",
            ["store_id", "opened_at", "id"],
            postgresql_where=sa.text(f"trigger = 'cart_abandoned' AND {which}"),
        )


def downgrade() -> None:
    for name in LISTS:
        op.drop_index(f"ix_episodes_store_id_opened_at_{name}", table_name="episodes")
    op.drop_index("ix_orders_store_id_state_number", table_name="orders")
    op.drop_index("ix_orders_store_id_email", table_name="orders")
    op.drop_column("orders", "email")
    op.create_index("ix_orders_store_id_email", "orders", ["store_id", sa.literal_column("(contact ->> 'email')")])
