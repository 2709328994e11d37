"""Time: aware UTC, from one clock that tests and the demo can move. Doors read it once and pass `now` on."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the time, shifted by what `offset` says (nothing unless a source was given)."""

    def __init__(self, offset: Callable[[], timedelta] = timedelta) -> None:
        self._offset = offset

    def now(self) -> datetime:
        """The present moment as this installation sees it, aware, in UTC."""
        return datetime.now(UTC) + self._offset()
