"""Another application beside the one under test. The worker of the process, and what wakes it, stay with the first."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from flask import Flask

from app.config import Config
from app.events import outbox
from app.web.rate_limit import limiter


@contextmanager
def another_application(config: Config, **changes: Any) -> Iterator[Flask]:
    """An application as production builds it, with these settings changed."""
    from app.factory import create_app
    from app.tasks import periodic

    worker, woken, limits = list(periodic._applications), outbox._wake, limiter.enabled
    made = create_app(msgspec.structs.replace(config, **changes))
    periodic._applications[:] = worker
    if woken:
        outbox.wake_with(woken)
    yield made
    limiter.enabled = limits  # one limiter serves all applications of a process
