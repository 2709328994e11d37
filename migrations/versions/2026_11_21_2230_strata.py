"""What messages added is kept campaign by campaign now: what was kept before is reckoned anew within a minute."""

from collections.abc import Sequence

from alembic import op

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("TRUNCATE measured_uplifts")


def downgrade() -> None:
    op.execute("TRUNCATE measured_uplifts")
