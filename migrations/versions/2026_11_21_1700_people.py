"""Staff: invitations, passkeys, notices put away; language, theme, last sign-in and removal of a member."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from flask import current_app

from app.database.tenancy import grant, protect

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("staff_members", sa.Column("locale", sa.Text(), server_default="en", nullable=False))
    op.add_column("staff_members", sa.Column("theme", sa.Text(), server_default="system", nullable=False))
    op.add_column("staff_members", sa.Column("last_signed_in_at", TIME, nullable=True))
    op.add_column("staff_members", sa.Column("removed_at", TIME, nullable=True))
    op.create_check_constraint(op.f("ck_staff_members_theme"), "staff_members", "theme IN ('system', 'light', 'dark')")
    op.create_table(
        "staff_invitations",
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("invited_by", sa.UUID(), nullable=True),
        sa.Column("invited_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("accepted_at", TIME, nullable=True),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.CheckConstraint("role IN ('seller', 'analyst', 'admin', 'owner')", name=op.f("ck_staff_invitations_role")),
        sa.ForeignKeyConstraint(
            ["store_id", "invited_by"],
            ["staff_members.store_id", "staff_members.id"],
            name=op.f("fk_staff_invitations_store_id_invited_by"),
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_staff_invitations")),
        sa.UniqueConstraint("store_id", "token_hash", name=op.f("uq_staff_invitations_store_id_token_hash")),
    )
    op.create_index(
        "uq_staff_invitations_store_id_email_open",
        "staff_invitations",
        ["store_id", "email"],
        unique=True,
        postgresql_where=sa.text("accepted_at IS NULL AND revoked_at IS NULL"),
    )
    _of_staff(
        "staff_passkeys",
        ["store_id", "id"],
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_used_at", TIME, nullable=True),
        sa.UniqueConstraint("store_id", "credential_id", name=op.f("uq_staff_passkeys_store_id_credential_id")),
    )
    op.create_index("ix_staff_passkeys_store_id_staff_id", "staff_passkeys", ["store_id", "staff_id"])
    _of_staff(
        "staff_dismissals",
        ["store_id", "staff_id", "kind"],
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("dismissed_at", TIME, nullable=False),
    )
    for table in ("staff_invitations", "staff_passkeys", "staff_dismissals"):
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table, current_app.config["DUALCART"].database_role))


def _of_staff(table: str, key: list[str], *rest: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        sa.Column("store_id", sa.UUID(), nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=False),
        *rest,
        sa.ForeignKeyConstraint(
            ["store_id", "staff_id"],
            ["staff_members.store_id", "staff_members.id"],
            name=op.f(f"fk_{table}_store_id_staff_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table}")),
    )


def downgrade() -> None:
    for table in ("staff_dismissals", "staff_passkeys", "staff_invitations"):
        op.drop_table(table)
    op.drop_constraint(op.f("ck_staff_members_theme"), "staff_members")
    for column in ("removed_at", "last_signed_in_at", "theme", "locale"):
        op.drop_column("staff_members", column)
