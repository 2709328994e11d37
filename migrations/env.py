"""Alembic's entry: migrations run as the owner of the database, never as the application's role."""

from alembic import context
from flask import current_app

from app.database.migrate import run_migrations

run_migrations(context, current_app.config["DUALCART"].migration_url)
