"""The Huey entry point: `huey_consumer app.worker.huey`."""

import sys

from app.config import BadConfiguration
from app.factory import create_app

try:
    create_app()
except BadConfiguration as error:
    sys.exit(f"dualcart: {error}")

from app.tasks.queue import huey  # noqa: E402  needs the configuration that was just checked

__all__ = ["huey"]
