"""The stores' shares of a turn: one that fails does not keep the others waiting, and what a store has paused passes it by."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog
from sqlalchemy import TextClause, text

from app.database.base import db
from app.database.tenancy import across_stores, use_store
from app.database.transaction import finish_reading, transaction
from app.ids import StoreId
from app.jobs.ticks import asked_for

STANDINGS = text(
    "SELECT store_id, paused_at IS NOT NULL AS paused, failures > 0 AS failing FROM job_standings WHERE task = :task"
)

FAILED = text("""
    INSERT INTO job_standings (store_id, task, failures, failed_at, error) VALUES (:store, :task, 1, now(), :error)
    ON CONFLICT (store_id, task) DO UPDATE SET failures = job_standings.failures + 1, failed_at = now(), error = :error""")

WORKED = text("UPDATE job_standings SET failures = 0 WHERE store_id = :store AND task = :task")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Standings:
    """The stores that have paused a task, and those whose last share of it failed."""

    paused: frozenset[StoreId]
    failing: frozenset[StoreId]


def standings(task: str) -> Standings:
    """How the stores stand to a task, read once for a turn. What a store asks for by hand is done though it has paused it."""
    with across_stores(), transaction(outermost=True):
        rows = db.session.execute(STANDINGS, {"task": task}).all()
    hand = asked_for()
    asking = hand.store_id if hand else None
    paused = frozenset(StoreId(row.store_id) for row in rows if row.paused and row.store_id != asking)
    return Standings(paused, frozenset(StoreId(row.store_id) for row in rows if row.failing))


def in_each(task: str, stores: Iterable[tuple[StoreId, str]], work: Callable[[], int]) -> int:
    """Do `work` in each of `stores` (id and short name) that has not paused the task; the sum of what it did."""
    found, hand, done = standings(task), asked_for(), 0
    for store_id, slug in stores:
        if store_id in found.paused or (hand and hand.store_id != store_id):
            continue
        with use_store(store_id):
            try:
                done += work()
            except Exception as failure:
                log.exception("store_failed", task=task, store=slug)
                _note(FAILED, task, store_id, error=type(failure).__name__)
            else:
                if store_id in found.failing:
                    _note(WORKED, task, store_id)
            finish_reading()
    return done


def _note(statement: TextClause, task: str, store_id: StoreId, **more: str) -> None:
    with transaction(outermost=True):
        db.session.execute(statement, {"task": task, "store": store_id, **more})
