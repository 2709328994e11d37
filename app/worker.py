"""The Huey entry point: `huey_consumer app.worker.huey`."""

import sys

from app.config import BadConfiguration
from app.factory import create_app

try:
    create_app()
    from app.tasks.queue import huey
except BadConfiguration as error:
    sys.exit(f"dualcart: {error}")

__all__ = ["huey"]
