"""Whether the sums by the hour are what their rows come to: for the operator and the tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, transaction
from app.recovery.rollups.facts import FACTS, Fact
from app.recovery.rollups.rolling import EPOCH, find_state

FAULTS_AT_MOST = 1_000  # of a table

# What is only on one side, or differs. An hour that has been touched since is on its way to being summed anew.
DIFFERENT = """
    WITH summed AS (SELECT {columns} FROM {table} WHERE store_id = :store AND hour < :until),
    found AS (SELECT * FROM ({raw}) AS sums),
    apart AS ((SELECT * FROM summed EXCEPT SELECT * FROM found) UNION ALL (SELECT * FROM found EXCEPT SELECT * FROM summed))
    SELECT DISTINCT hour FROM apart WHERE NOT EXISTS (
        SELECT 1 FROM rollup_touches t WHERE t.store_id = :store AND t.fact = :fact
          AND date_bin('1 hour', t.slot, CAST(:origin AS timestamptz)) = apart.hour)
    ORDER BY hour LIMIT :limit"""


@dataclass(frozen=True, slots=True)
class Wrong:
    """An hour whose sums are not its rows'."""

    table: str
    hour: datetime


def compare() -> Iterator[Wrong]:
    """Every hour of the current store that is summed wrongly. Reads all rows there are."""
    names: dict[str, Any] = {"store": current_store_id(), "limit": FAULTS_AT_MOST}
    with transaction() as session:
        took_lock(Lock.ADVISORY)
        # Nobody sums meanwhile: the two sides must be of one moment.
        session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended('rollup ' || CAST(:store AS text), 0))"), names
        )
        session.execute(text("SET LOCAL statement_timeout = '10min'"))
        state = find_state()
        if state is None:
            return
        names |= {"until": state.rolled_until, "origin": EPOCH + timedelta(minutes=state.shift)}
        found = [
            Wrong(fact.table, hour)
            for fact in FACTS
            for hour in session.execute(text(_different(fact)), {**names, "fact": fact.touched_by}).scalars()
        ]
    yield from found


def _different(fact: Fact) -> str:
    everything = "SELECT timestamptz '-infinity', CAST(:until AS timestamptz)"
    return DIFFERENT.format(columns=fact.columns, table=fact.table, raw=fact.raw.format(spans=everything))
