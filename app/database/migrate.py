"""Running migrations as the database's owner, one process at a time. The factory has imported every room's tables."""

from typing import Any

from sqlalchemy import Connection, create_engine, pool, text

from app.database.base import Base

ADVISORY_KEY = 0x6475616C63617274  # "dualcart": two releases at once take turns
OWN_TABLES = frozenset({"alembic_version"})


def run_migrations(context: Any, url: str) -> None:
    """What migrations/env.py does: connect as the owner, take the lock, run."""
    engine = create_engine(url, poolclass=pool.NullPool, connect_args={"connect_timeout": 5})
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_KEY})
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_type=True,
            compare_server_default=False,
            include_name=lambda name, kind, parents: not (kind == "table" and name in OWN_TABLES),
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


def pending(connection: Connection) -> list[Any]:
    """What the models say and the migrations have not made; empty when they agree (used by the tests)."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata))
