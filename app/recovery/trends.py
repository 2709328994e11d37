"""How often carts are abandoned, what they were worth and why, day by day: the same figures for the period before beside them."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.money import Money
from app.recovery.reports import Period
from app.recovery.rollups.facts import CREDITS, EPISODES, MESSAGES, REASONS, reading


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
    """What carts abandoned on one day (of the store's calendar) were worth, by what became of them; `won` of `carts` came back.

    `in_campaign` may still be written to; `lost` is the rest, also what is open and left alone.
    """

    day: date
    carts: int
    won: int
    recovered: Money
    in_campaign: Money
    lost: Money


@dataclass(frozen=True, slots=True)
class Reason:
    """Why carts were left. `reason` is empty for those that were not looked at yet."""

    reason: str
    carts: int
    recovered: int
    value: Money


@dataclass(frozen=True, slots=True)
class Reached:
    """Abandoned carts that had come as far as `reached` (cart, checkout, payment; "" not looked at yet) and were left for a reason."""

    reached: str
    recovered: bool
    reason: str
    carts: int


_ABANDONED = text(
    reading(
        EPISODES,
        """coalesce(sum(episodes), 0)::bigint AS abandoned,
        coalesce(sum(episodes) FILTER (WHERE state = 'recovered'), 0)::bigint AS recovered""",
        "WHERE trigger = 'cart_abandoned'",
    )
)
_STRAIGHT = text(reading(CREDITS, "coalesce(sum(straight), 0)::bigint AS straight"))

DAYS = text(
    reading(
        EPISODES,
        """(hour AT TIME ZONE :zone)::date AS day, currency, sum(episodes)::bigint AS carts,
        coalesce(sum(episodes) FILTER (WHERE state = 'recovered'), 0)::bigint AS won,
        coalesce(sum(value) FILTER (WHERE state = 'recovered'), 0)::bigint AS recovered,
        coalesce(sum(value) FILTER (WHERE state = 'open' AND arm = 'campaign'), 0)::bigint AS in_campaign,
        coalesce(sum(value) FILTER (WHERE state <> 'recovered' AND NOT (state = 'open' AND arm = 'campaign')), 0)::bigint AS lost""",
        "WHERE trigger = 'cart_abandoned' GROUP BY 1, 2 ORDER BY 1, 2",
    )
)

ORDER_DAYS = text(
    reading(
        CREDITS,
        "(hour AT TIME ZONE :zone)::date AS day, sum(orders)::bigint AS orders, sum(straight)::bigint AS straight",
        "GROUP BY 1 ORDER BY 1",
    )
)

SENT_DAYS = text(
    reading(MESSAGES, "(hour AT TIME ZONE :zone)::date AS day, sum(sent)::bigint AS sent", "GROUP BY 1 ORDER BY 1")
)

REASONS_OF = text(
    reading(
        REASONS,
        """reason, currency, sum(carts)::bigint AS carts,
        coalesce(sum(carts) FILTER (WHERE recovered), 0)::bigint AS recovered, sum(value)::bigint AS value""",
        "GROUP BY 1, 2 ORDER BY carts DESC, reason, currency",
    )
)

REACHED = text(
    reading(
        REASONS,
        """reached, recovered, reason, sum(carts)::bigint AS carts""",
        "GROUP BY 1, 2, 3 ORDER BY 1, 2, carts DESC, 3",
    )
)


def rates(period: Period) -> Rates:
    """How many carts were abandoned and recovered; `rates(period.before)` is what to hold it against."""
    row = db.session.execute(_ABANDONED, _names(period)).one()
    return Rates(row.abandoned, row.recovered, db.session.execute(_STRAIGHT, _names(period)).scalar_one())


def list_days(period: Period, zone: str) -> list[Day]:
    """Abandoned value by day and currency; `zone` is the store's (IANA). Days without carts are left out."""
    return [
        Day(
            row.day, row.carts, row.won, Money(row.recovered, row.currency), Money(row.in_campaign, row.currency),
            Money(row.lost, row.currency),
        )
        for row in db.session.execute(DAYS, {**_names(period), "zone": zone})
    ]  # fmt: skip


def list_orders(period: Period, zone: str) -> dict[date, tuple[int, int]]:
    """Orders by day, and how many of them ended no abandonment."""
    rows = db.session.execute(ORDER_DAYS, {**_names(period), "zone": zone})
    return {row.day: (row.orders, row.straight) for row in rows}


def list_sent(period: Period, zone: str) -> dict[date, int]:
    """Messages that left, by day."""
    return {row.day: row.sent for row in db.session.execute(SENT_DAYS, {**_names(period), "zone": zone})}


def list_reached(period: Period) -> list[Reached]:
    """How far abandoned carts had come, by whether they were recovered and why they were left."""
    rows = db.session.execute(REACHED, _names(period))
    return [Reached(row.reached, row.recovered, row.reason, row.carts) for row in rows]


def list_reasons(period: Period) -> list[Reason]:
    """Why carts were left, the most frequent reason first, by currency."""
    rows = db.session.execute(REASONS_OF, _names(period))
    return [Reason(row.reason, row.carts, row.recovered, Money(row.value, row.currency)) for row in rows]


def _names(period: Period) -> dict[str, object]:
    return {"store": current_store_id(), "since": period.since, "until": period.until}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
