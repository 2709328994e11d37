"""Tests of a step's subject: arm b against arm a, by clicks and by orders, with a range that may be looked at every day.

Who gets which subject was drawn by person when the message was planned and stands in its row. A person counts once for
each step, with their first message of the period, and once it has had the attribution window to be clicked in. Subjects
are compared by what people did, never by opens.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.recovery.reports import Period
from app.recovery.uplift import Difference, compare, count


@dataclass(frozen=True, slots=True)
class Arm:
    """One subject: messages that left with it, people who clicked, orders that the message is credited with by last click.

    Guards: how many of them unsubscribed or complained.
    """

    sent: int
    clicked: int
    ordered: int
    unsubscribed: int
    complained: int


@dataclass(frozen=True, slots=True)
class SubjectTest:
    """A step's two subjects under one version of the words. Differences are b minus a, per message sent."""

    campaign_id: UUID
    version: int
    step: int
    channel: str
    a: Arm
    b: Arm
    clicks: Difference
    orders: Difference


ARMS = text("""
    WITH firsts AS (
        SELECT DISTINCT ON (e.campaign_id, e.campaign_version, m.step, m.channel, m.customer_id)
            e.campaign_id, e.campaign_version, m.step, m.channel, m.subject_arm, m.id, m.clicked_at, m.state
        FROM messages m JOIN episodes e ON e.store_id = m.store_id AND e.id = m.episode_id
        WHERE m.store_id = :store AND m.sent_at >= :since AND m.sent_at < :until AND m.subject_arm <> ''
          AND e.campaign_id IS NOT NULL AND (CAST(:campaign AS uuid) IS NULL OR e.campaign_id = :campaign)
        ORDER BY e.campaign_id, e.campaign_version, m.step, m.channel, m.customer_id, m.sent_at, m.id)
    SELECT campaign_id, campaign_version, step, channel, subject_arm, count(*) AS sent, count(clicked_at) AS clicked,
        count(*) FILTER (WHERE id IN (
            SELECT a.message_id FROM attributions a
            WHERE a.store_id = :store AND a.ordered_at >= :since AND a.kind = 'last_click')) AS ordered,
        count(*) FILTER (WHERE id IN (
            SELECT v.message_id FROM message_events v
            WHERE v.store_id = :store AND v.kind = 'unsubscribed')) AS unsubscribed,
        count(*) FILTER (WHERE state = 'complained') AS complained
    FROM firsts GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5""")

NO_ARM = Arm(0, 0, 0, 0, 0)


def list_subject_tests(
    period: Period, *, window_days: int, now: datetime, campaign_id: UUID | None = None
) -> list[SubjectTest]:
    """Every subject that is or was tested, of one campaign or of all; a new version of the words is a new test."""
    until = max(period.since, min(period.until, now - timedelta(days=window_days)))
    names = {"store": current_store_id(), "since": period.since, "until": until, "campaign": campaign_id}
    tests: dict[tuple[UUID, int, int, str], dict[str, Arm]] = {}
    for row in db.session.execute(ARMS, names):
        key = (row.campaign_id, row.campaign_version, row.step, row.channel)
        tests.setdefault(key, {})[row.subject_arm] = _arm(row)
    days = max((until - period.since).total_seconds() / 86_400, 1.0)
    return [_test(*key, arms.get("a", NO_ARM), arms.get("b", NO_ARM), days) for key, arms in tests.items()]


def _test(campaign_id: UUID, version: int, step: int, channel: str, a: Arm, b: Arm, days: float) -> SubjectTest:
    per_day = (a.sent + b.sent) / days
    return SubjectTest(
        campaign_id=campaign_id,
        version=version,
        step=step,
        channel=channel,
        a=a,
        b=b,
        clicks=compare(count(b.sent, b.clicked), count(a.sent, a.clicked), carts_per_day=per_day),
        orders=compare(count(b.sent, b.ordered), count(a.sent, a.ordered), carts_per_day=per_day),
    )


def _arm(row: Any) -> Arm:
    return Arm(row.sent, row.clicked, row.ordered, row.unsubscribed, row.complained)
