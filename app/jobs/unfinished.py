"""Work that is done a piece at a time and may be left halfway: taken up again, one thing after the other."""

from collections.abc import Callable, Collection
from uuid import UUID

import structlog

log = structlog.get_logger(__name__)


def take_up(found: Collection[UUID], go_on: Callable[[UUID], object], *, what: str) -> int:
    """Go on with each; how many there were. One that fails keeps the others not waiting: the log names it, as a `what`."""
    for one in found:
        try:
            go_on(one)
        except Exception:
            log.exception(f"{what}_not_carried_on", id=str(one))
    return len(found)
