"""Campaign against holdout, from the store's rows: what goes into recovery/uplift.py and how it is fetched.

A person counts once, with their first episode of the period: arms are drawn by person, and two carts of one person are
not two draws. What counts is everything they ordered within the attribution window of its opening, less what went back,
whatever it is credited to; only episodes whose window is over take part, so that none is counted half. Should the
holdout's share have changed meanwhile, those whose arm depended on when they came (their bucket lies between the shares)
are left out: the others were always treated alike.

Campaigns hold out shares of their own, so of several together each is compared within itself, and those that hold nobody
out (or nobody yet) do not take part: there is nobody to compare their people with.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.recovery.reports import Period
from app.recovery.uplift import NOTHING, Difference, Sums, compare_strata, count

ORDERS_FOR_A_CAP = 200
CAP_QUANTILE = 0.99
CAP_DAYS = 180


@dataclass(frozen=True, slots=True)
class Arms:
    """The two arms of one campaign: what each person brought, and how many ordered anything."""

    campaign: Sums
    holdout: Sums
    ordered: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Uplift:
    """Campaigns and their holdouts side by side, in minor units of one currency per person; `orders` is the share who ordered.

    `cap`: no person's revenue counted for more (None: there were too few orders before to fix one); `capped` how many
    were cut. `alone`: people of campaigns that hold nobody out. `until` is where the period really ends: later carts have
    not had their time yet.
    """

    currency: str
    since: datetime
    until: datetime
    strata: tuple[Arms, ...]
    cap: int | None
    capped: int
    alone: int = 0

    @property
    def campaign(self) -> Sums:
        """What those brought who were sent something."""
        return sum((arms.campaign for arms in self.strata), start=NOTHING)

    @property
    def holdout(self) -> Sums:
        """What those brought who deliberately were not."""
        return sum((arms.holdout for arms in self.strata), start=NOTHING)

    @property
    def revenue(self) -> Difference:
        """What a person of the campaigns brought more."""
        return compare_strata([(arms.campaign, arms.holdout) for arms in self.strata], carts_per_day=self._per_day)

    @property
    def orders(self) -> Difference:
        """By how much more of them ordered."""
        pairs = [
            (count(arms.campaign.n, arms.ordered[0]), count(arms.holdout.n, arms.ordered[1])) for arms in self.strata
        ]
        return compare_strata(pairs, carts_per_day=self._per_day)

    @property
    def _per_day(self) -> float:
        days = max((self.until - self.since).total_seconds() / 86_400, 1.0)
        return (self.campaign.n + self.holdout.n) / days


# Fixed by orders from before the period: a limit chosen by looking at what it limits would not be one.
CAP = text("""
    SELECT CASE WHEN count(*) >= :orders THEN percentile_disc(:quantile) WITHIN GROUP (ORDER BY total) END
    FROM orders WHERE store_id = :store AND currency = :currency AND placed_at >= :earliest AND placed_at < :since""")

# Each person once, with their first episode of the period; without those whose arm depended on when they came.
FIRSTS = """
    known AS (
        SELECT id, customer_id, campaign_id, arm, opened_at, bucket,
            min(bucket) FILTER (WHERE arm = 'campaign') OVER (PARTITION BY campaign_id) AS lowest,
            max(bucket) FILTER (WHERE arm = 'holdout') OVER (PARTITION BY campaign_id) AS highest
        FROM episodes
        WHERE store_id = :store AND opened_at >= :since AND opened_at < :until AND arm IN ('campaign', 'holdout')
          AND currency = :currency AND (CAST(:campaign AS uuid) IS NULL OR campaign_id = :campaign)),
    firsts AS (
        SELECT DISTINCT ON (customer_id) customer_id, campaign_id, arm, opened_at FROM known
        WHERE highest IS NULL OR lowest IS NULL OR bucket < lowest OR bucket > highest
        ORDER BY customer_id, opened_at, id)"""

ARMS = text(f"""
    WITH {FIRSTS},
    brought AS (
        SELECT f.campaign_id, f.arm, count(a.order_id) > 0 AS ordered,
            coalesce(sum(a.amount - a.returned) FILTER (WHERE a.currency = :currency), 0) AS net
        FROM firsts f
        LEFT JOIN episodes e ON e.store_id = :store AND e.customer_id = f.customer_id
        LEFT JOIN attributions a ON a.store_id = :store AND a.episode_id = e.id
          AND a.ordered_at >= f.opened_at AND a.ordered_at < f.opened_at + CAST(:window AS interval)
        GROUP BY f.customer_id, f.campaign_id, f.arm),
    counted AS (
        SELECT campaign_id, arm, ordered, net, least(net, coalesce(CAST(:cap AS bigint), net)) AS kept FROM brought)
    SELECT campaign_id, arm, count(*) AS n, sum(kept) AS total, sum(kept * kept) AS squares,
        count(*) FILTER (WHERE kept <> 0) AS nonzero, count(*) FILTER (WHERE ordered) AS ordered,
        count(*) FILTER (WHERE net > kept) AS capped
    FROM counted GROUP BY campaign_id, arm ORDER BY campaign_id""")  # noqa: S608  FIRSTS is a constant


def measure(
    period: Period, currency: str, *, window_days: int, now: datetime, campaign_id: UUID | None = None
) -> Uplift:
    """What messages added to carts of `currency` in the period, for one campaign or all together."""
    window = timedelta(days=window_days)
    until = max(period.since, min(period.until, now - window))
    names = {"store": current_store_id(), "currency": currency, "since": period.since}
    cap = _cap(names, period.since)
    rows = db.session.execute(ARMS, {**names, "until": until, "campaign": campaign_id, "window": window, "cap": cap})
    campaigns: dict[UUID, dict[str, Any]] = {}
    for row in rows:
        campaigns.setdefault(row.campaign_id, {})[row.arm] = row
    pairs = [(arms["campaign"], arms["holdout"]) for arms in campaigns.values() if len(arms) == 2]
    return Uplift(
        currency=currency,
        since=period.since,
        until=until,
        strata=tuple(
            Arms(_sums(sent), _sums(held_out), (int(sent.ordered), int(held_out.ordered))) for sent, held_out in pairs
        ),
        cap=cap,
        capped=sum(row.capped for pair in pairs for row in pair),
        alone=sum(arms["campaign"].n for arms in campaigns.values() if "holdout" not in arms),
    )


def _cap(names: dict[str, Any], since: datetime) -> int | None:
    values = {
        **names,
        "orders": ORDERS_FOR_A_CAP,
        "quantile": CAP_QUANTILE,
        "earliest": since - timedelta(days=CAP_DAYS),
    }
    found = db.session.execute(CAP, values).scalar_one()
    return None if found is None else int(found)


def _sums(row: Any) -> Sums:
    return Sums(row.n, int(row.total), int(row.squares), row.nonzero)
