"""Is the process alive, is it ready to take requests, what does it count. No store, no session, no page."""

from typing import Any

import redis
from flask import Blueprint, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.cache.client import client
from app.database.base import db
from app.observability import metrics

bp = Blueprint("observability", __name__)


@bp.get("/healthz")
def healthz() -> Response:
    """The process answers. Never asks a server: a lost Redis is no reason to restart."""
    return jsonify(ok=True)


@bp.get("/readyz")
def readyz() -> tuple[Response, int]:
    """PostgreSQL takes writes, Redis answers, the tables are there."""
    checks: dict[str, Any] = {"postgresql": _postgresql(), "redis": _redis()}
    ready = all(checks.values())
    return jsonify(ready=ready, **checks), 200 if ready else 503


@bp.get("/metrics")
def metrics_page() -> Response:
    """For Prometheus."""
    return metrics.exposition()


def _postgresql() -> bool:
    try:
        row = db.session.execute(
            text("SELECT NOT pg_is_in_recovery() AND EXISTS (SELECT FROM pg_class WHERE relname = 'stores')")
        ).scalar_one()
        db.session.rollback()
        return bool(row)
    except SQLAlchemyError:
        db.session.rollback()
        return False


def _redis() -> bool:
    try:
        return bool(client().ping())
    except redis.RedisError:
        return False
