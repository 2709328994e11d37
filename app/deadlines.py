"""What is done when something takes too long: one thread looks after the deadlines of the whole process.

A thread for each deadline, as threading.Timer has it, costs more than what most deadlines are about.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Late = Callable[[], object]


class _Watch:
    """The deadlines under way, and the thread that waits for the first of them."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.due: dict[object, tuple[float, Late]] = {}
        self.wakes_at = float("inf")
        self.thread: threading.Thread | None = None

    def add(self, key: object, at: float, late: Late) -> None:
        """Call `late` at this moment of the monotonic clock, unless it is removed before."""
        with self.changed:
            self.due[key] = at, late
            if self.thread is None:
                self.thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self.thread.start()
            elif at < self.wakes_at:
                self.changed.notify()

    def remove(self, key: object) -> None:
        """It was done in time. Once this has returned, `late` is not called any more."""
        with self.changed:
            self.due.pop(key, None)

    def _run(self) -> None:
        with self.changed:
            while True:
                now = time.monotonic()
                for key in [key for key, (at, _late) in self.due.items() if at <= now]:
                    self.due.pop(key)[1]()
                self.wakes_at = min((at for at, _late in self.due.values()), default=now + IDLE_SECONDS)
                self.changed.wait(self.wakes_at - now)


IDLE_SECONDS = 60.0
_watch = _Watch()


@contextmanager
def within(seconds: float, late: Late) -> Iterator[None]:
    """Call `late` in another thread if what is inside is not done by then. It must be quick, and raise nothing."""
    watch, key = _watch, object()
    watch.add(key, time.monotonic() + seconds, late)
    try:
        yield
    finally:
        watch.remove(key)


def _forked() -> None:
    global _watch
    _watch = _Watch()


os.register_at_fork(after_in_child=_forked)
