"""Search by the index of words, which row level security would keep out of use; the order of the shop from an index.

`@@` is not leakproof, so behind a policy PostgreSQL reads all products of the store and compares each (26 ms for 10,000).
The function runs as the owner, looks only at the store of the transaction, and gives away nothing but ids (1 ms).
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    role = current_app.config["DUALCART"].database_role
    op.drop_index("ix_products_store_id_search_text", table_name="products")
    op.create_index(
        "ix_products_store_id_position_id",
        "products",
        ["store_id", "position", "id"],
        postgresql_where=sa.text("status = 'published'"),
    )
    op.execute("""
        CREATE FUNCTION matching_products(words text) RETURNS SETOF uuid
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
            SELECT id FROM products
            WHERE store_id = NULLIF(current_setting('app.store', true), '')::uuid
              AND search_vector @@ to_tsquery('simple', words)
        $$""")
    op.execute("REVOKE ALL ON FUNCTION matching_products(text) FROM PUBLIC")
    op.execute(f'GRANT EXECUTE ON FUNCTION matching_products(text) TO "{role}"')
    op.execute("CREATE POLICY search ON products FOR SELECT TO CURRENT_USER USING (true)")


def downgrade() -> None:
    op.execute("DROP POLICY search ON products")
    op.execute("DROP FUNCTION matching_products(text)")
    op.drop_index("ix_products_store_id_position_id", table_name="products")
    op.create_index(
        "ix_products_store_id_search_text",
        "products",
        ["store_id", "search_text"],
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
