"""The migrations make exactly what the models say."""

from sqlalchemy import Engine

from app.database.migrate import pending


def test_models_and_migrations_agree(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        found = [change for change in pending(connection) if "alembic_version" not in str(change)]
    assert found == []
