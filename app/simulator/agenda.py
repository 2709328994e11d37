"""What is still to happen, in order, and the clock that it moves."""

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta

from app.simulator.times import SimulatedClock

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
LAST = 10 * MINUTE  # before the end nothing begins any more, so that nothing happens later than now

Action = Callable[[datetime], object]


class Agenda:
    """Actions with their moments, up to `until`."""

    def __init__(self, clock: SimulatedClock, until: datetime) -> None:
        self._clock, self._until = clock, until
        self._later: list[tuple[datetime, int, Action]] = []
        self._numbers = itertools.count()

    @property
    def next_at(self) -> datetime | None:
        """When the next action is due."""
        return self._later[0][0] if self._later else None

    @property
    def moment(self) -> datetime:
        """What the clock shows."""
        return self._clock.moment

    def now(self, moment: datetime) -> datetime:
        """Have the clock show this moment."""
        self._clock.moment = moment
        return moment

    def at(self, moment: datetime, action: Action) -> None:
        """Have something done later; what would be after the end is not."""
        if moment < self._until - LAST:
            heapq.heappush(self._later, (moment, next(self._numbers), action))

    def take_before(self, moment: datetime) -> tuple[datetime, Action] | None:
        """The next action that is due before a moment."""
        if not self._later or self._later[0][0] >= moment:
            return None
        due, _number, action = heapq.heappop(self._later)
        return due, action
