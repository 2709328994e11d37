"""Lanes: threads of one worker that do the same work beside the one that asks for it, each as if it were alone.

Each has an application context of its own, and so its own session, its own connections and its own leases.
"""

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Generic, TypeVar

import structlog
from flask import Flask, current_app

log = structlog.get_logger(__name__)
Done = TypeVar("Done")


class Budget:
    """So many pieces of work, to be had by whoever asks first."""

    def __init__(self, pieces: int) -> None:
        self._left, self._lock = pieces, threading.Lock()

    def take(self) -> bool:
        """Whether there was one left."""
        with self._lock:
            self._left -= 1
            return self._left >= 0


class Lanes(Generic[Done]):
    """`count` lanes that do `work`, which says what it did. None runs before `begin`."""

    def __init__(self, count: int, work: Callable[[], Done]) -> None:
        self._app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        self._count, self._work = count, work
        self._running: list[threading.Thread] = []
        self._done: list[Done] = []
        self._failures: list[Exception] = []

    def begin(self) -> None:
        """Have them run, if they do not yet. They end with the process, at whatever they are."""
        if self._running:
            return
        for number in range(2, self._count + 2):
            run = copy_context().run  # for what is bound to logs
            thread = threading.Thread(target=run, args=(self._run,), name=f"lane-{number}", daemon=True)
            self._running.append(thread)
            thread.start()

    def end(self) -> list[Done]:
        """Wait for them; what each did. One that failed has taken none of the others with it: the first such failure is
        raised now.
        """
        for thread in self._running:
            thread.join()
        if self._failures:
            raise self._failures[0]
        return self._done

    def _run(self) -> None:
        try:
            with self._app.app_context():
                self._done.append(self._work())
        except Exception as error:
            log.exception("lane_failed", error=type(error).__name__)
            self._failures.append(error)
