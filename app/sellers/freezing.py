"""Freezing a store's finished weeks: each is counted once, protected, and kept as it may be told; nothing else is kept.

Whoever enters the week first has it: another worker that counted it at the same time lets go of what it found. One that dies
leaves nothing behind, and the next turn counts the week anew.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, finish_reading, took_lock, unit_of_work
from app.sellers import reading, weeks
from app.sellers.disclosure import NOTHING, Published, publish
from app.sellers.weeks import Week
from app.stores.directory import StoreView

NEWEST = text("SELECT monday, until FROM seller_weeks WHERE store_id = :store ORDER BY monday DESC LIMIT 1")

ENTER = text("""
    INSERT INTO seller_weeks (store_id, monday, since, until, frozen_at) VALUES (:store, :monday, :since, :until, :now)
    ON CONFLICT DO NOTHING RETURNING monday""")

KEEP = text("""
    INSERT INTO seller_figures (store_id, monday, vendor, published)
    VALUES (:store, :monday, :vendor, CAST(:published AS jsonb))""")


def freeze(store: StoreView, now: datetime) -> int:
    """Freeze the current store's weeks that are over and not frozen; how many."""
    first = reading.first_left()
    newest: Any = db.session.execute(NEWEST, {"store": current_store_id()}).first()
    finish_reading()
    if first is None:
        return 0
    frozen = None if newest is None else (newest.monday, newest.until)
    done = 0
    for week in weeks.due(ZoneInfo(store.time_zone), now, first=first, frozen=frozen):
        told = {vendor: publish(figures) for vendor, figures in reading.count(week).items()}
        done += _keep(week, {vendor: one for vendor, one in told.items() if one != NOTHING}, now)
    return done


@unit_of_work
def _keep(week: Week, told: Mapping[str, Published], now: datetime) -> bool:
    """Enter a week with what is told of it; False if somebody else has."""
    took_lock(Lock.IDEMPOTENCY)
    names: dict[str, Any] = {"store": current_store_id(), "monday": week.monday}
    if db.session.execute(ENTER, {**names, "since": week.since, "until": week.until, "now": now}).first() is None:
        return False
    rows = [
        {**names, "vendor": vendor, "published": msgspec.json.encode(one).decode()}
        for vendor, one in sorted(told.items())
    ]
    if rows:
        db.session.execute(KEEP, rows)
    return True
