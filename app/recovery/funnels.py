"""From a filled cart to an order, of all carts or of some of them: how far they came, why they were left, how long it took.

Of all carts the sums by the hour tell it. They know neither language nor account, which belong to persons and may change, so
for some carts the rows of the period are read, by the index of their time (decision 80).
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import TextClause, text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.recovery import trends
from app.recovery.reports import Period
from app.recovery.trends import Reached

DAYS_AT_MOST = 28  # of rows that one page reads
CARTS_AT_MOST = 50_000  # of them, the newest: a page must not take longer the larger a store is
SAMPLE = 500  # of the newest: a middle needs no more, and costs the same in any store

_ASKED = {
    "language": "p.locale = :language",
    "account": "(p.password_hash IS NOT NULL) = :account",
    "currency": "{of}.currency = :currency",
}

# Up to how far back there are CARTS_AT_MOST carts; along the index alone.
BOUND = text("""
    SELECT e.opened_at FROM episodes e WHERE e.store_id = :store AND e.opened_at >= :since AND e.opened_at < :until
    ORDER BY e.opened_at DESC OFFSET :at_most LIMIT 1""")

REACHED = """
    SELECT e.reached, e.state = 'recovered' AS recovered, e.reason, count(*) AS carts
    FROM episodes e JOIN customers p ON p.store_id = e.store_id AND p.id = e.customer_id
    WHERE e.store_id = :store AND e.trigger = 'cart_abandoned' AND e.opened_at >= :since AND e.opened_at < :until{asked}
    GROUP BY 1, 2, 3"""

# Orders that ended no abandonment, as rollups/facts.py counts them.
STRAIGHT = """
    SELECT count(*) FROM attributions a
    JOIN orders o ON o.store_id = a.store_id AND o.id = a.order_id
    JOIN customers p ON p.store_id = o.store_id AND p.id = o.customer_id
    LEFT JOIN episodes own ON own.store_id = a.store_id AND own.id = a.episode_id
    WHERE a.store_id = :store AND a.ordered_at >= :since AND a.ordered_at < :until
      AND (own.trigger IS DISTINCT FROM 'cart_abandoned' OR own.order_id IS DISTINCT FROM a.order_id){asked}"""

# From the first change of the round (what came after the last order) to the order; and from the payment to the order.
TIMES = """
    WITH newest AS MATERIALIZED (
        SELECT o.cart_id, o.cart_version, o.created_at, o.placed_at
        FROM attributions a JOIN orders o ON o.store_id = a.store_id AND o.id = a.order_id{persons}
        WHERE a.store_id = :store AND a.ordered_at >= :since AND a.ordered_at < :until{asked}
        ORDER BY a.ordered_at DESC LIMIT :sample),
    timed AS (
        SELECT n.placed_at - n.created_at AS paying, n.created_at - (
            SELECT min(v.occurred_at) FROM cart_events v
            WHERE v.store_id = :store AND v.cart_id = n.cart_id AND v.version <= n.cart_version AND v.version > coalesce((
                SELECT max(x.version) FROM cart_events x
                WHERE x.store_id = :store AND x.cart_id = n.cart_id AND x.version < n.cart_version AND x.kind = 'order_placed'), 0)
            ) AS filling
        FROM newest n)
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY filling) AS filling,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY paying) AS paying
    FROM timed"""
_PERSONS = " JOIN customers p ON p.store_id = o.store_id AND p.id = o.customer_id"


@dataclass(frozen=True, slots=True)
class Whose:
    """Which carts: of people who read a language, with an account or without one, in a currency. Empty and None: any."""

    language: str = ""
    account: bool | None = None
    currency: str = ""

    @property
    def asked(self) -> dict[str, object]:
        """Only what is asked for."""
        known: dict[str, object] = {
            "language": self.language or None,
            "account": self.account,
            "currency": self.currency or None,
        }
        return {name: value for name, value in known.items() if value is not None}


EVERYBODY = Whose()


@dataclass(frozen=True, slots=True)
class Times:
    """In the middle: from the first thing in the cart to the payment's beginning, and from there to the order; None without orders."""

    filling: timedelta | None
    paying: timedelta | None


def bounded(period: Period, whose: Whose) -> Period:
    """As much of the period, from its end, as is read from rows; all of it for everybody, who are summed up."""
    if whose == EVERYBODY:
        return period
    names = {"store": current_store_id(), "since": period.since, "until": period.until, "at_most": CARTS_AT_MOST}
    since = db.session.execute(BOUND, names).scalar()
    return Period(since, period.until) if since else period


def list_reached(period: Period, whose: Whose = EVERYBODY) -> list[Reached]:
    """How far abandoned carts had come, by whether they were recovered and why they were left."""
    if whose == EVERYBODY:
        return trends.list_reached(period)
    rows = db.session.execute(_statement(REACHED, "e", whose), _names(period, whose))
    return [Reached(row.reached, row.recovered, row.reason, row.carts) for row in rows]


def count_straight(period: Period, whose: Whose = EVERYBODY) -> int:
    """How many carts were ordered without ever being left."""
    if whose == EVERYBODY:
        return trends.rates(period).straight
    return int(db.session.execute(_statement(STRAIGHT, "a", whose), _names(period, whose)).scalar_one())


def times(period: Period, whose: Whose = EVERYBODY) -> Times:
    """Of the newest SAMPLE orders of the period."""
    row = db.session.execute(_statement(TIMES, "a", whose), {**_names(period, whose), "sample": SAMPLE}).one()
    return Times(row.filling, row.paying)


def _statement(frame: str, of: str, whose: Whose) -> TextClause:
    """A frame with the conditions that are asked for; both are constants of this file."""
    asked = "".join(f" AND {_ASKED[name].format(of=of)}" for name in whose.asked)
    return text(frame.format(asked=asked, persons=_PERSONS if asked else ""))


def _names(period: Period, whose: Whose) -> dict[str, object]:
    return {"store": current_store_id(), "since": period.since, "until": period.until, **whose.asked}
