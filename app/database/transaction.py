"""One unit of work: begins or joins, only the outermost commits, a failure inside dooms all."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.database.base import db

P = ParamSpec("P")
R = TypeVar("R")

# https://www.postgresql.org/docs/18/errcodes-appendix.html: deadlock, serialization failure, lock not available.
RETRIED = {"40P01", "40001", "55P03"}
CANCELLED = "57014"  # the same: query_canceled, which is what the time-out of a statement does
ATTEMPTS = 3


class Lock(IntEnum):
    """The one order in which locks are taken (docs/locking.md): a higher one never waits for a lower one."""

    ADVISORY = 0
    IDEMPOTENCY = 1
    CUSTOMER = 2
    CART = 3
    EPISODE = 4
    COUPON = 5
    STOCK = 6
    CREDIT = 7
    ORDER = 8
    MESSAGE = 9
    COUNTER = 10
    OUTBOX = 11
    AUDIT = 12


class LockOrderError(AssertionError):
    """A lock was taken against the order: a deadlock waiting to happen."""


def ran_out_of_time(error: DBAPIError) -> bool:
    """Whether it was the time-out that ended a statement: less at once may go well."""
    return getattr(error.orig, "sqlstate", None) == CANCELLED


@contextmanager
def transaction(*, outermost: bool = False) -> Iterator[Session]:
    """The session of a transaction, begun here or joined. Commits when the outermost block ends well, else rolls back.

    With `outermost` it refuses to join: for work followed by something that cannot be rolled back.
    """
    session = db.session()
    info = session.info
    depth = info.get("depth", 0)
    if depth and outermost:
        raise RuntimeError("this unit of work must be the outermost one")
    if not depth:
        finish_reading()  # what was read before belongs to a transaction with another snapshot, maybe another store
        info.update(doomed=False, lock=-1, before_commit=[], after_commit=[], closing=None)
    info["depth"] = depth + 1
    try:
        yield session
        if not depth and not info["doomed"]:
            for callback in info["before_commit"]:
                callback()
            if info["closing"] is not None:
                info["closing"]()
    except BaseException:
        info["doomed"] = True
        raise
    finally:
        info["depth"] = depth
        if not depth:
            _finish(session)


def _finish(session: Session) -> None:
    info = session.info
    callbacks = info.pop("after_commit", [])
    if info.pop("doomed"):
        session.rollback()
        return
    session.commit()
    for callback in callbacks:
        callback()


def finish_reading() -> None:
    """End a transaction that only read. With COMMIT: at each ROLLBACK the driver forgets its prepared statements."""
    if not db.session.registry.has():
        return
    session = db.session()
    if session.in_transaction() and not session.info.get("depth", 0):
        session.commit()


def in_transaction() -> bool:
    """Whether a unit of work is under way."""
    return db.session.registry.has() and bool(db.session().info.get("depth", 0))


def before_commit(callback: Callable[[], object]) -> None:
    """Run `callback` as the last step of the unit of work, when no lock of a lower rank is taken any more."""
    _require_transaction()
    db.session().info["before_commit"].append(callback)


def closing(callback: Callable[[], object]) -> None:
    """Let `callback` end the unit of work: it sends the last statements and COMMIT with them. There can be one."""
    _require_transaction()
    info = db.session().info
    if info["closing"] is not None:
        raise RuntimeError("a unit of work ends once")
    info["closing"] = callback


def after_commit(callback: Callable[[], object]) -> None:
    """Run `callback` once the unit of work has committed; never if it rolls back."""
    _require_transaction()
    db.session().info["after_commit"].append(callback)


def took_lock(rank: Lock) -> None:
    """Note a row lock about to be taken. Raises LockOrderError when the order is broken, RuntimeError outside a transaction."""
    _require_transaction()
    info = db.session().info
    if rank < info["lock"]:
        raise LockOrderError(f"{rank.name} after {Lock(info['lock']).name}")
    info["lock"] = rank


def unit_of_work(function: Callable[P, R]) -> Callable[P, R]:
    """Run the whole function in one transaction; as the outermost, again (up to 3 times) after a deadlock or lock time-out."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if in_transaction():
            return function(*args, **kwargs)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction():
                    return function(*args, **kwargs)
            except DBAPIError as error:
                state: Any = getattr(error.orig, "sqlstate", None)
                if state not in RETRIED or attempt == ATTEMPTS:
                    raise
                time.sleep(random.uniform(0.01, 0.05) * attempt)
        raise AssertionError("unreachable")

    return run


def _require_transaction() -> None:
    if not in_transaction():
        raise RuntimeError("row locks and after_commit need a transaction")
