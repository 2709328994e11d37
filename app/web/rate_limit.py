"""Slowing down those who guess: counters in Redis, shared by all processes; without Redis the doors stay open."""

from flask import Flask, request
from flask_limiter import Limiter

from app.config import Config
from app.database.tenancy import current_store_id


def _caller() -> str:
    return f"{current_store_id()}:{request.remote_addr or 'unknown'}"


limiter = Limiter(key_func=_caller, default_limits=[], headers_enabled=True)

SIGN_IN = "20 per 10 minutes"
REGISTRATION = "20 per 10 minutes"
CODES = "20 per 10 minutes"
ALERTS = "30 per 10 minutes"
LINKS = "300 per 10 minutes"
LINKS_PRESSED = "60 per 10 minutes"


def init_app(app: Flask, config: Config) -> None:
    """Count in the configuration's Redis."""
    url = config.redis_url
    app.config.update(
        RATELIMIT_ENABLED=config.rate_limits,
        RATELIMIT_STORAGE_URI=f"redis+{url}" if url.startswith("unix:") else url,
        RATELIMIT_STRATEGY="moving-window",
        RATELIMIT_SWALLOW_ERRORS=True,
        RATELIMIT_KEY_PREFIX="dc-limit",
    )
    limiter.init_app(app)
