"""The Huey entry point: `huey_consumer app.worker.huey`."""

from app.tasks import periodic  # noqa: F401  registers the tasks
from app.tasks.queue import huey

__all__ = ["huey"]
