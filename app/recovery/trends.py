"""How often carts are abandoned, what they were worth and why, day by day: the same figures for the period before beside them."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.money import Money
from app.recovery.reports import Period


@dataclass(frozen=True, slots=True)
class Rates:
    """Carts that were abandoned in a period, those of them that were recovered since, and orders without any abandonment."""

    abandoned: int
    recovered: int
    straight: int

    @property
    def abandonment(self) -> float | None:
        """Abandoned carts among those that came to something; None without any."""
        return _share(self.abandoned, self.abandoned + self.straight)

    @property
    def recovery(self) -> float | None:
        """Recovered carts among the abandoned."""
        return _share(self.recovered, self.abandoned)


@dataclass(frozen=True, slots=True)
class Day:
    """What carts abandoned on one day (of the store's calendar) were worth, by what became of them."""

    day: date
    carts: int
    recovered: Money
    still_open: Money
    lost: Money


@dataclass(frozen=True, slots=True)
class Reason:
    """Why carts were left. `reason` is empty for those that were not looked at yet."""

    reason: str
    carts: int
    recovered: int
    value: Money


RATES = text("""
    SELECT
        (SELECT count(*) FROM episodes e WHERE e.store_id = :store AND e.trigger = 'cart_abandoned'
           AND e.opened_at >= :since AND e.opened_at < :until) AS abandoned,
        (SELECT count(*) FROM episodes e WHERE e.store_id = :store AND e.trigger = 'cart_abandoned'
           AND e.opened_at >= :since AND e.opened_at < :until AND e.state = 'recovered') AS recovered,
        (SELECT count(*) FROM attributions a
         LEFT JOIN episodes e ON e.store_id = a.store_id AND e.id = a.episode_id AND e.trigger = 'cart_abandoned'
         WHERE a.store_id = :store AND a.ordered_at >= :since AND a.ordered_at < :until
           AND e.order_id IS DISTINCT FROM a.order_id) AS straight""")

DAYS = text("""
    SELECT (opened_at AT TIME ZONE :zone)::date AS day, currency, count(*) AS carts,
        coalesce(sum(value) FILTER (WHERE state = 'recovered'), 0)::bigint AS recovered,
        coalesce(sum(value) FILTER (WHERE state = 'open'), 0)::bigint AS still_open,
        coalesce(sum(value) FILTER (WHERE state NOT IN ('recovered', 'open')), 0)::bigint AS lost
    FROM episodes WHERE store_id = :store AND trigger = 'cart_abandoned' AND opened_at >= :since AND opened_at < :until
    GROUP BY 1, 2 ORDER BY 1, 2""")

REASONS = text("""
    SELECT reason, currency, count(*) AS carts, count(*) FILTER (WHERE state = 'recovered') AS recovered,
        sum(value)::bigint AS value
    FROM episodes WHERE store_id = :store AND trigger = 'cart_abandoned' AND opened_at >= :since AND opened_at < :until
    GROUP BY 1, 2 ORDER BY carts DESC, reason, currency""")


def rates(period: Period) -> Rates:
    """How many carts were abandoned and recovered; `rates(period.before)` is what to hold it against."""
    row = db.session.execute(RATES, _names(period)).one()
    return Rates(row.abandoned, row.recovered, row.straight)


def list_days(period: Period, zone: str) -> list[Day]:
    """Abandoned value by day and currency; `zone` is the store's (IANA). Days without carts are left out."""
    return [
        Day(
            row.day, row.carts, Money(row.recovered, row.currency), Money(row.still_open, row.currency),
            Money(row.lost, row.currency),
        )
        for row in db.session.execute(DAYS, {**_names(period), "zone": zone})
    ]  # fmt: skip


def list_reasons(period: Period) -> list[Reason]:
    """Why carts were left, the most frequent reason first, by currency."""
    rows = db.session.execute(REASONS, _names(period))
    return [Reason(row.reason, row.carts, row.recovered, Money(row.value, row.currency)) for row in rows]


def _names(period: Period) -> dict[str, object]:
    return {"store": current_store_id(), "since": period.since, "until": period.until}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
