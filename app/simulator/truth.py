"""What was true beside what was measured: what messages added, order by order, and why carts were really left.

Measured is by the very functions that the console shows. True is what only the simulation knows: of the people written
to, who bought because of a message and would not have otherwise, and what a message's discount cost on orders that would
have come anyway. People, window and period are those of the measurement, so both speak of the same.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import finish_reading
from app.recovery import experiments, holdout, reports
from app.recovery.attribution import CreditKind
from app.recovery.experiments import SubjectTest
from app.recovery.holdout import Uplift
from app.recovery.reasons import Reason
from app.recovery.reports import Credited, Period
from app.simulator.persons import Record

EARLIER = timedelta(hours=2)  # a basket's last change is at most so long before its shopper went

# People and windows are those of recovery/holdout.py.
CAUSED = text(f"""
    WITH {holdout.FIRSTS},
    codes AS MATERIALIZED (SELECT coupon_code FROM messages WHERE store_id = :store AND coupon_code <> '')
    SELECT count(DISTINCT f.customer_id) FILTER (WHERE a.order_id = ANY(:because)) AS people,
        coalesce(sum(a.amount - a.returned) FILTER (WHERE a.order_id = ANY(:because)), 0)::bigint AS earned,
        coalesce(sum(o.discount) FILTER (WHERE NOT a.order_id = ANY(:because)
            AND o.coupon_code IN (SELECT coupon_code FROM codes)), 0)::bigint AS given_away
    FROM firsts f
    JOIN episodes e ON e.store_id = :store AND e.customer_id = f.customer_id
    JOIN attributions a ON a.store_id = :store AND a.episode_id = e.id AND a.currency = :currency
      AND a.ordered_at >= f.opened_at AND a.ordered_at < f.opened_at + CAST(:window AS interval)
    JOIN orders o ON o.store_id = a.store_id AND o.id = a.order_id
    WHERE f.arm = 'campaign'""")  # noqa: S608  FIRSTS is a constant

EXPLAINED = text("""
    SELECT DISTINCT ON (customer_id, inactive_since) customer_id, inactive_since, reason FROM episodes
    WHERE store_id = :store AND trigger = 'cart_abandoned' AND opened_at >= :since AND opened_at < :until AND reason <> ''
    ORDER BY customer_id, inactive_since, number""")

CAMPAIGN = text("""
    SELECT campaign_id FROM episodes WHERE store_id = :store AND trigger = 'cart_abandoned' AND campaign_id IS NOT NULL
      AND opened_at >= :since AND opened_at < :until GROUP BY campaign_id ORDER BY count(*) DESC, campaign_id LIMIT 1""")


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure: per person who entered, true and measured, with the range of the measurement (None: too little)."""

    true: float
    measured: float
    low: float | None
    high: float | None

    @property
    def covered(self) -> bool | None:
        """Whether the range holds the truth; None without one."""
        return None if self.low is None or self.high is None else self.low <= self.true <= self.high


@dataclass(frozen=True, slots=True)
class Effect:
    """What messages added in one currency: to the share who ordered, and to money (minor units) per person.

    `credited` is what orders by a last click came to, which is not what was added.
    """

    currency: str
    people: int
    held_out: int
    orders: Compared
    money: Compared
    credited: Credited | None


@dataclass(frozen=True, slots=True)
class Truth:
    """A year's truth beside its measurement. `reasons` counts episodes by the true reason and by the one found."""

    effects: tuple[Effect, ...]
    reasons: dict[tuple[Reason, str], int]
    subjects: tuple[SubjectTest, ...]


def look(record: Record, period: Period, currencies: tuple[str, ...], *, window_days: int, now: datetime) -> Truth:
    """The truth of a period of the current store."""
    names = {"store": current_store_id(), "since": period.since, "until": period.until}
    campaign_id: UUID | None = db.session.execute(CAMPAIGN, names).scalar_one_or_none()
    effects: list[Effect] = []
    if campaign_id is not None:
        effects += [_effect(record, period, code, campaign_id, window_days, now) for code in currencies]
    tests = experiments.list_subject_tests(period, window_days=window_days, now=now)
    found = Truth(tuple(one for one in effects if one.people), _reasons(record, period), tuple(tests))
    finish_reading()
    return found


def _effect(
    record: Record, period: Period, currency: str, campaign_id: UUID, window_days: int, now: datetime
) -> Effect:
    uplift = holdout.measure(period, currency, window_days=window_days, now=now, campaign_id=campaign_id)
    names = {"store": current_store_id(), "since": period.since, "until": uplift.until, "currency": currency}
    because = [order_id for order_id, caused in record.orders.items() if caused]
    window = timedelta(days=window_days)
    caused = db.session.execute(CAUSED, {**names, "campaign": campaign_id, "because": because, "window": window}).one()
    entered = max(uplift.campaign.n, 1)
    credited = reports.totals(reports.list_earned(period), CreditKind.LAST_CLICK)
    return Effect(
        currency=currency,
        people=uplift.campaign.n,
        held_out=uplift.holdout.n,
        orders=_compared(caused.people / entered, uplift, money=False),
        money=_compared((caused.earned - caused.given_away) / entered, uplift, money=True),
        credited=next((one for one in credited if one.amount.currency == currency), None),
    )


def _compared(true: float, uplift: Uplift, *, money: bool) -> Compared:
    measured = uplift.revenue if money else uplift.orders
    return Compared(true, measured.estimate, measured.low, measured.high)


def _reasons(record: Record, period: Period) -> dict[tuple[Reason, str], int]:
    names = {"store": current_store_id(), "since": period.since, "until": period.until}
    counted: Counter[tuple[Reason, str]] = Counter()
    for row in db.session.execute(EXPLAINED, names):
        known = [
            reason
            for left_at, reason in record.left.get(row.customer_id, [])
            if left_at - EARLIER <= row.inactive_since <= left_at + EARLIER
        ]
        if known:
            counted[known[-1], row.reason] += 1
    return dict(counted)
