"""Waking the worker after a commit. Best effort: what a lost wake-up leaves is done at the next minute's tick."""

import redis
import structlog

from app.tasks.periodic import drain_outbox, tell_other_systems

log = structlog.get_logger(__name__)


def wake() -> None:
    """Ask the worker to drain the outbox now."""
    try:
        drain_outbox()
    except redis.RedisError:
        log.warning("worker_not_woken")


def wake_webhooks() -> None:
    """Ask the worker to deliver webhooks now."""
    try:
        tell_other_systems()
    except redis.RedisError:
        log.warning("worker_not_woken")
