"""What messages added, reckoned now and then and kept: sums by the hour cannot tell it.

A person counts once in a period, with their first cart of it, and for no more than a cap that depends on where the period
begins. So each figure needs every person, which no page waits for: a task does it, seldomer for longer periods.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, transaction
from app.recovery import holdout
from app.recovery.holdout import Arms, Uplift
from app.recovery.reports import Period, last_days, list_entered
from app.recovery.rollups.models import NOBODY
from app.recovery.uplift import Sums
from app.stores.directory import StoreView

EVERY = {28: timedelta(hours=1), 90: timedelta(hours=6)}  # days, and how often they are reckoned
SOON = timedelta(minutes=10)  # where it costs next to nothing
FEW = 5_000  # carts of a period, up to which a page may reckon by itself

# A large store takes longer than the minute until the next turn: whoever has that leaves it alone.
ALONE = text("SELECT pg_try_advisory_xact_lock(hashtextextended('measure ' || CAST(:store AS text), 0))")

AGE = text("""
    SELECT measured_at FROM measured_uplifts
    WHERE store_id = :store AND days = :days AND campaign_id = :campaign AND currency = :currency""")

KEEP = text("""
    INSERT INTO measured_uplifts (store_id, days, campaign_id, currency, measured_at, found)
    VALUES (:store, :days, :campaign, :currency, :now, CAST(:found AS jsonb))
    ON CONFLICT (store_id, days, campaign_id, currency) DO UPDATE SET measured_at = excluded.measured_at, found = excluded.found""")

KEPT = text("""
    SELECT campaign_id, measured_at, found FROM measured_uplifts
    WHERE store_id = :store AND days = :days AND currency = :currency""")


# An arm's n, total, squares, nonzero and the persons who ordered; squares outgrow 64 bits.
Numbers = tuple[str, str, str, str, str]


class Found(msgspec.Struct):
    """An uplift as it is kept: of each stratum campaign and holdout."""

    since: datetime
    until: datetime
    strata: tuple[tuple[Numbers, Numbers], ...]
    cap: int | None
    capped: int
    alone: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A figure and when it was reckoned."""

    measured_at: datetime
    uplift: Uplift


def renew(store: StoreView, now: datetime) -> int:
    """Reckon anew what is due in the current store: all campaigns together, then each one that carts entered; how many figures."""
    done = 0
    for days, every in EVERY.items():
        names = {"store": current_store_id(), "days": days, "campaign": NOBODY, "currency": store.currency}
        measured_at: datetime | None = db.session.execute(AGE, names).scalar_one_or_none()
        period = last_days(days, ZoneInfo(store.time_zone), now)
        if measured_at is not None and timedelta() <= now - measured_at < SOON:
            continue
        found = list_entered(period)
        few = sum(one.entered + one.held_out for one in found) <= FEW
        if measured_at is not None and timedelta() <= now - measured_at < (SOON if few else every):
            continue
        entered = [one.campaign_id for one in found if one.campaign_id is not None]
        for campaign_id in (None, *entered):
            with transaction() as session:
                took_lock(Lock.ADVISORY)
                if not session.execute(ALONE, {"store": current_store_id()}).scalar_one():
                    return done
                session.execute(text("SET LOCAL statement_timeout = '10min'"))  # every person of the period
                document = _document(measure(store, period, now, campaign_id))
                values = {"campaign": campaign_id or NOBODY, "now": now, "found": document}
                session.execute(KEEP, {**names, **values})
            done += 1
    return done


def measure(store: StoreView, period: Period, now: datetime, campaign_id: UUID | None = None) -> Uplift:
    """What messages added in the store's own currency, reckoned now."""
    return holdout.measure(
        period, store.currency, window_days=store.settings.attribution_days, now=now, campaign_id=campaign_id
    )


def list_kept(days: int, currency: str) -> dict[UUID | None, Kept]:
    """What is kept of the last `days` days, by campaign; None is all of them together."""
    names = {"store": current_store_id(), "days": days, "currency": currency}
    return {
        None if row.campaign_id == NOBODY else row.campaign_id: Kept(row.measured_at, _uplift(currency, row.found))
        for row in db.session.execute(KEPT, names)
    }


def _document(uplift: Uplift) -> str:
    strata = tuple(
        (_numbers(arms.campaign, arms.ordered[0]), _numbers(arms.holdout, arms.ordered[1])) for arms in uplift.strata
    )
    found = Found(uplift.since, uplift.until, strata, uplift.cap, uplift.capped, uplift.alone)
    return msgspec.json.encode(found).decode()


def _numbers(arm: Sums, ordered: int) -> Numbers:
    return str(arm.n), str(arm.total), str(arm.squares), str(arm.nonzero), str(ordered)


def _uplift(currency: str, document: Any) -> Uplift:
    found = msgspec.convert(document, Found)
    strata = tuple(
        Arms(Sums(*map(int, sent[:4])), Sums(*map(int, held_out[:4])), (int(sent[4]), int(held_out[4])))
        for sent, held_out in found.strata
    )
    return Uplift(currency, found.since, found.until, strata, found.cap, found.capped, found.alone)
