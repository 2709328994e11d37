"""A message's store and customer are its episode's, whose constraints hold already: they are not looked for again."""

from collections.abc import Sequence

from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.drop_constraint("fk_messages_store_id", "messages", type_="foreignkey")
    op.drop_constraint("fk_messages_store_id_customer_id", "messages", type_="foreignkey")


def downgrade() -> None:
    op.create_foreign_key("fk_messages_store_id", "messages", "stores", ["store_id"], ["id"])
    op.create_foreign_key(
        "fk_messages_store_id_customer_id",
        "messages",
        "customers",
        ["store_id", "customer_id"],
        ["store_id", "id"],
    )
