"""Orders: checkout, lines, events, payments, refunds, receipts; contacts without an account and what they consented to."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app
from sqlalchemy.dialects import postgresql

from app.database.tenancy import grant, protect

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = {
    "orders": "SELECT, INSERT, UPDATE",
    "order_lines": "SELECT, INSERT",
    "order_events": "SELECT, INSERT",
    "payment_attempts": "SELECT, INSERT, UPDATE",
    "refunds": "SELECT, INSERT, UPDATE",
    "provider_events": "SELECT, INSERT",
    "order_numbers": "SELECT, INSERT, UPDATE",
    "checkouts": "SELECT, INSERT, UPDATE, DELETE",
    "receipts": "SELECT, INSERT, DELETE",
    "reservations": "SELECT, INSERT, UPDATE, DELETE",
    "consents": "SELECT, INSERT",
}


def upgrade() -> None:
    _make_tables()
    role = current_app.config["DUALCART"].database_role
    for table, rights in TABLES.items():
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table, role, rights))


def downgrade() -> None:
    for table in ("receipts", "checkouts", "order_numbers", "provider_events", "refunds", "payment_attempts"):
        op.drop_table(table)
    for table in ("order_events", "order_lines", "orders", "reservations", "consents"):
        op.drop_table(table)
    op.drop_index("uq_customers_store_id_email_account", "customers")
    op.drop_index("ix_customers_store_id_email", "customers")
    op.drop_index("ix_customers_store_id_merged_into", "customers")
    op.drop_column("customers", "merged_into")
    op.create_unique_constraint(op.f("uq_customers_store_id_email"), "customers", ["store_id", "email"])
    op.drop_column("products", "tax_class")


def _make_tables() -> None:
    op.create_table(
        "order_numbers",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_order_numbers")),
    )
    op.create_table(
        "provider_events",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subject", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "provider", "id", name=op.f("pk_provider_events")),
    )
    op.create_table(
        "consents",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("channel IN ('email', 'sms', 'push')", name=op.f("ck_consents_channel")),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"],
            ["customers.store_id", "customers.id"],
            name=op.f("fk_consents_store_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_consents")),
    )
    op.create_index("ix_consents_store_id_customer_id", "consents", ["store_id", "customer_id"], unique=False)
    op.create_table(
        "checkouts",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("cart_id", sa.UUID(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "cart_id"],
            ["carts.store_id", "carts.id"],
            name=op.f("fk_checkouts_store_id_cart_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("store_id", "cart_id", name=op.f("pk_checkouts")),
    )
    op.create_table(
        "orders",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("cart_id", sa.UUID(), nullable=False),
        sa.Column("activation", sa.Integer(), nullable=False),
        sa.Column("cart_version", sa.BigInteger(), nullable=False),
        sa.Column("op_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("subtotal", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("delivery_cost", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("taxes_included", sa.Boolean(), nullable=False),
        sa.Column("taxes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("coupon_code", sa.Text(), server_default="", nullable=False),
        sa.Column("contact", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("address", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("delivery", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("payment_label", sa.Text(), server_default="", nullable=False),
        sa.Column("paid", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("refunded", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("risk", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending', 'in_review', 'placed', 'fulfilled', 'cancelled', 'abandoned')",
            name=op.f("ck_orders_state"),
        ),
        sa.CheckConstraint("refunded >= 0 AND refunded <= paid", name=op.f("ck_orders_refunded")),
        sa.CheckConstraint(
            "total = subtotal - discount + delivery_cost + CASE WHEN taxes_included THEN 0 ELSE tax END",
            name=op.f("ck_orders_sums"),
        ),
        sa.CheckConstraint("total >= 0", name=op.f("ck_orders_total")),
        sa.ForeignKeyConstraint(
            ["store_id", "cart_id"], ["carts.store_id", "carts.id"], name=op.f("fk_orders_store_id_cart_id")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"],
            ["customers.store_id", "customers.id"],
            name=op.f("fk_orders_store_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_orders")),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_orders_store_id_number")),
    )
    op.create_index("ix_orders_store_id_cart_id", "orders", ["store_id", "cart_id"], unique=False)
    op.create_index("ix_orders_store_id_email", "orders", ["store_id", sa.literal_column("(contact ->> 'email')")])
    op.create_index("ix_orders_store_id_currency_placed_at", "orders", ["store_id", "currency", "placed_at"])
    op.create_index(
        "ix_orders_store_id_customer_id_placed_at", "orders", ["store_id", "customer_id", "placed_at"], unique=False
    )
    op.create_index(
        "uq_orders_store_id_cart_id_activation_live",
        "orders",
        ["store_id", "cart_id", "activation"],
        unique=True,
        postgresql_where=sa.text("state IN ('pending', 'in_review', 'placed', 'fulfilled')"),
    )
    op.create_table(
        "order_events",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("order_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"], ["orders.store_id", "orders.id"], name=op.f("fk_order_events_store_id_order_id")
        ),
        sa.PrimaryKeyConstraint("store_id", "order_id", "version", name=op.f("pk_order_events")),
    )
    op.create_table(
        "order_lines",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("order_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("line_id", sa.UUID(), nullable=False),
        sa.Column("product_id", sa.UUID(), nullable=False),
        sa.Column("variant_id", sa.UUID(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("wishes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("image", sa.Text(), nullable=True),
        sa.Column("quantity", sa.SmallInteger(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("basis_points", sa.Integer(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity BETWEEN 1 AND 999", name=op.f("ck_order_lines_quantity")),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"],
            ["orders.store_id", "orders.id"],
            name=op.f("fk_order_lines_store_id_order_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("store_id", "order_id", "position", name=op.f("pk_order_lines")),
    )
    op.create_index("ix_order_lines_store_id_variant_id", "order_lines", ["store_id", "variant_id"], unique=False)
    op.create_table(
        "payment_attempts",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("order_id", sa.UUID(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("go_to", sa.Text(), server_default="", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('started', 'unknown', 'succeeded', 'failed', 'surplus')", name=op.f("ck_payment_attempts_state")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"],
            ["orders.store_id", "orders.id"],
            name=op.f("fk_payment_attempts_store_id_order_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_payment_attempts")),
    )
    op.create_index("ix_payment_attempts_store_id_order_id", "payment_attempts", ["store_id", "order_id"], unique=False)
    op.create_index(
        "ix_payment_attempts_store_id_asked_at_open",
        "payment_attempts",
        ["store_id", "asked_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('started', 'unknown')"),
    )
    op.create_index(
        "uq_payment_attempts_store_id_order_id_open",
        "payment_attempts",
        ["store_id", "order_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('started', 'unknown', 'succeeded')"),
    )
    op.create_index(
        "uq_payment_attempts_store_id_provider_reference",
        "payment_attempts",
        ["store_id", "provider", "reference"],
        unique=True,
        postgresql_where=sa.text("reference <> ''"),
    )
    op.create_table(
        "receipts",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("order_id", sa.UUID(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"],
            ["orders.store_id", "orders.id"],
            name=op.f("fk_receipts_store_id_order_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("store_id", "order_id", "locale", name=op.f("pk_receipts")),
    )
    op.create_table(
        "reservations",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("holder_id", sa.UUID(), nullable=False),
        sa.Column("variant_id", sa.UUID(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_reservations_quantity")),
        sa.ForeignKeyConstraint(
            ["store_id", "variant_id"],
            ["variants.store_id", "variants.id"],
            name=op.f("fk_reservations_store_id_variant_id"),
        ),
        sa.PrimaryKeyConstraint("store_id", "holder_id", "variant_id", name=op.f("pk_reservations")),
    )
    op.create_table(
        "refunds",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("order_id", sa.UUID(), nullable=False),
        sa.Column("attempt_id", sa.UUID(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('started', 'unknown', 'succeeded', 'failed')", name=op.f("ck_refunds_state")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refunds_amount")),
        sa.ForeignKeyConstraint(
            ["store_id", "attempt_id"],
            ["payment_attempts.store_id", "payment_attempts.id"],
            name=op.f("fk_refunds_store_id_attempt_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"], ["orders.store_id", "orders.id"], name=op.f("fk_refunds_store_id_order_id")
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_refunds")),
    )
    op.create_index(
        "ix_refunds_store_id_asked_at_open",
        "refunds",
        ["store_id", "asked_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('started', 'unknown')"),
    )
    op.create_index("ix_refunds_store_id_order_id", "refunds", ["store_id", "order_id"], unique=False)
    op.add_column("customers", sa.Column("merged_into", sa.UUID(), nullable=True))
    op.drop_constraint(op.f("uq_customers_store_id_email"), "customers", type_="unique")
    op.create_index("ix_customers_store_id_email", "customers", ["store_id", "email"], unique=False)
    op.create_index(
        "ix_customers_store_id_merged_into",
        "customers",
        ["store_id", "merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index(
        "uq_customers_store_id_email_account",
        "customers",
        ["store_id", "email"],
        unique=True,
        postgresql_where=sa.text("password_hash IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f("fk_customers_store_id_merged_into"),
        "customers",
        "customers",
        ["store_id", "merged_into"],
        ["store_id", "id"],
    )
    op.add_column("products", sa.Column("tax_class", sa.Text(), server_default="standard", nullable=False))
