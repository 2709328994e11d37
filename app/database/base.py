"""The metadata all tables belong to, and Flask-SQLAlchemy's handle on engine and session."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, MetaData, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PostgresUUID
from sqlalchemy.orm import DeclarativeBase, registry

from app.config import Config
from app.database import tenancy

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table. Times are aware, text is text, documents are jsonb."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMES),
        type_annotation_map={
            str: Text(),
            UUID: PostgresUUID(as_uuid=True),
            datetime: DateTime(timezone=True),
            dict[str, Any]: JSONB(),
            list[Any]: JSONB(),
            list[str]: ARRAY(Text()),
        },
    )


db = SQLAlchemy(model_class=Base)


def init_app(app: Flask, config: Config) -> None:
    """Bind the engine of this configuration to the application."""
    app.config["SQLALCHEMY_DATABASE_URI"] = config.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        # The driver stays in autocommit and tenancy.begin sends BEGIN itself, together with the store
        # and the time-outs: one round trip instead of three (docs/decisions/0003).
        "isolation_level": "AUTOCOMMIT",
        "pool_size": config.database_pool_size,
        "max_overflow": config.database_pool_size,
        "pool_recycle": 1800,
        "pool_pre_ping": False,
        "pool_use_lifo": True,
        "json_serializer": lambda value: msgspec.json.encode(value).decode(),
        "json_deserializer": msgspec.json.decode,
        "connect_args": {"connect_timeout": 5, "application_name": "dualcart"},
    }
    db.init_app(app)
    with app.app_context():
        tenancy.begin_with_store(db.engine, config.database_role)
