"""Settings by level: of organizations, stores and segments; every change kept. Stores may change their own facts."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app
from sqlalchemy.dialects import postgresql

from app.database.tenancy import grant, protect

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ENTERED = "NULLIF(current_setting('app.store', true), '')::uuid"
OURS = f"organization_id = (SELECT s.organization_id FROM stores s WHERE s.id = {ENTERED})"  # noqa: S608  constants of this file

# What is set at each level, in one column, for whoever needs the settings in the statement they read other things by.
LEVELS = """
    CREATE VIEW setting_levels WITH (security_invoker = true) AS
    SELECT s.id AS store_id, s.time_zone, json_build_object(
        'organization', (
            SELECT coalesce(json_object_agg(o.key, o.value ORDER BY o.key), '{}') FROM organization_settings o
            WHERE o.organization_id = s.organization_id),
        'store', (
            SELECT coalesce(json_object_agg(v.key, v.value ORDER BY v.key), '{}') FROM store_settings v
            WHERE v.store_id = s.id AND v.segment = ''),
        'segments', (
            SELECT coalesce(json_object_agg(b.segment, b.document ORDER BY b.segment), '{}') FROM (
                SELECT v.segment, json_object_agg(v.key, v.value ORDER BY v.key) AS document FROM store_settings v
                WHERE v.store_id = s.id AND v.segment <> '' GROUP BY v.segment) b))::text AS document
    FROM stores s"""


def upgrade() -> None:
    role = current_app.config["DUALCART"].database_role
    op.create_table(
        "organization_settings",
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_organization_settings_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "key", name=op.f("pk_organization_settings")),
    )
    op.add_column("store_settings", sa.Column("segment", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.drop_constraint("pk_store_settings", "store_settings", type_="primary")
    op.create_primary_key("pk_store_settings", "store_settings", ["store_id", "segment", "key"])
    _create_history()
    for table, rights in (
        ("organization_settings", "SELECT, INSERT, UPDATE, DELETE"),
        ("organization_setting_changes", "SELECT, INSERT"),
    ):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY organization ON {table} USING ({OURS})")
        op.execute(grant(table, role, rights))
    for statement in protect("setting_changes"):
        op.execute(statement)
    op.execute(grant("setting_changes", role, "SELECT, INSERT"))
    op.execute(LEVELS)
    op.execute(grant("setting_levels", role, "SELECT"))
    _open_the_stores_own_facts(role)


def _create_history() -> None:
    def columns() -> list[sa.Column[object]]:
        return [
            sa.Column("level", sa.Text(), nullable=False),
            sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("changed_by", sa.Text(), nullable=False),
            sa.Column("why", sa.Text(), nullable=False),
            sa.Column("keys", postgresql.ARRAY(sa.Text()), nullable=False),
            sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
            sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
            sa.Column("takes_back", sa.Integer(), nullable=True),
            sa.Column("restores", sa.Integer(), nullable=True),
        ]

    op.create_table(
        "setting_changes",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        *columns(),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_setting_changes_store_id")),
        sa.PrimaryKeyConstraint("store_id", "number", name=op.f("pk_setting_changes")),
    )
    op.create_table(
        "organization_setting_changes",
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.UUID(), nullable=False),
        *columns(),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_organization_setting_changes_organization_id")
        ),
        sa.ForeignKeyConstraint(["made_at"], ["stores.id"], name=op.f("fk_organization_setting_changes_made_at")),
        sa.PrimaryKeyConstraint("organization_id", "number", name=op.f("pk_organization_setting_changes")),
    )
    op.create_index(op.f("ix_organization_setting_changes_made_at"), "organization_setting_changes", ["made_at"])


def _open_the_stores_own_facts(role: str) -> None:
    """The directory stays readable to all; a store may be written from inside of it only. Owners of tables are not bound."""
    for table, own in (("stores", f"id = {ENTERED}"), ("store_hosts", f"store_id = {ENTERED}")):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY directory ON {table} FOR SELECT USING (true)")
        op.execute(f"CREATE POLICY own ON {table} USING ({own})")
    op.execute(f'GRANT UPDATE (name, locales, currency, time_zone) ON stores TO "{role}"')
    op.execute(f'GRANT INSERT, DELETE ON store_hosts TO "{role}"')


def downgrade() -> None:
    role = current_app.config["DUALCART"].database_role
    op.execute(f'REVOKE UPDATE (name, locales, currency, time_zone) ON stores FROM "{role}"')
    op.execute(f'REVOKE INSERT, DELETE ON store_hosts FROM "{role}"')
    for table in ("stores", "store_hosts"):
        op.execute(f"DROP POLICY own ON {table}")
        op.execute(f"DROP POLICY directory ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute("DROP VIEW setting_levels")
    op.drop_table("organization_setting_changes")
    op.drop_table("setting_changes")
    op.execute("DELETE FROM store_settings WHERE segment <> ''")
    op.drop_constraint("pk_store_settings", "store_settings", type_="primary")
    op.create_primary_key("pk_store_settings", "store_settings", ["store_id", "key"])
    op.drop_column("store_settings", "segment")
    op.drop_table("organization_settings")
