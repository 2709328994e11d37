"""Deadlines: late things are told once, from one thread, whatever order they were begun in."""

import multiprocessing
import threading
from queue import Queue

from app.deadlines import within


def test_what_is_late_is_told_once() -> None:
    told: Queue[str] = Queue()
    with within(0, lambda: told.put("late")):
        assert told.get(timeout=5) == "late"
    assert told.empty()


def test_what_is_done_in_time_is_never_told() -> None:
    told: Queue[str] = Queue()
    with within(30, lambda: told.put("too soon")):
        pass
    with within(0, lambda: told.put("late")):
        assert told.get(timeout=5) == "late"
    assert told.empty()


def test_a_nearer_deadline_does_not_wait_for_a_farther_one() -> None:
    told: Queue[str] = Queue()
    with within(30, lambda: told.put("far")), within(0.001, lambda: told.put("near")):
        assert told.get(timeout=5) == "near"


def test_one_thread_looks_after_all_of_them() -> None:
    def nothing() -> None: ...

    with within(30, nothing):
        before = threading.active_count()
        with within(20, nothing), within(10, nothing):
            assert threading.active_count() == before


def test_a_forked_process_has_its_own() -> None:
    context = multiprocessing.get_context("fork")
    told = context.Queue()

    def child() -> None:
        with within(0, lambda: told.put("late")):
            assert told.get(timeout=5) == "late"

    with within(30, lambda: told.put("of the parent")):
        process = context.Process(target=child)
        process.start()
        process.join(10)
    assert process.exitcode == 0
