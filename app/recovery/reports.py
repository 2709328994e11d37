"""What came of messages and campaigns in a period, as numbers: for the console, the API and the operator.

Messages count by when they were sent, money by when it was ordered, episodes by when they were opened. Clicks are a
person's; opens are shown and decide nothing. Money is per currency and never added up across.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.money import Money
from app.recovery.attribution import CreditKind


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` up to, not including, `until`."""

    since: datetime
    until: datetime

    @property
    def before(self) -> "Period":
        """The period of the same length before it."""
        return Period(self.since - (self.until - self.since), self.since)


class By(StrEnum):
    """What messages are told apart by."""

    CAMPAIGN = "campaign"
    STEP = "step"
    CHANNEL = "channel"
    SUBJECT = "subject"


# Columns of messages `m` and their episodes `e`, all of them constants: a report's rows are one per combination.
COLUMNS = {
    By.CAMPAIGN: "e.campaign_id::text",
    By.STEP: "m.step::text",
    By.CHANNEL: "m.channel",
    By.SUBJECT: "m.subject_arm",
}


@dataclass(frozen=True, slots=True)
class Credited:
    """Money that orders brought, in one currency: what they came to, and what of it went back since."""

    orders: int
    amount: Money
    returned: Money

    @property
    def net(self) -> Money:
        """What is left."""
        return self.amount - self.returned


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the messages that left in a period. `segments`: of SMS, as they are paid for."""

    key: tuple[str, ...]
    sent: int
    delivered: int
    opened: int
    clicked: int
    bounced: int
    complained: int
    unsubscribed: int
    segments: int


@dataclass(frozen=True, slots=True)
class Entered:
    """The episodes of a campaign opened in a period: how many may be written to, how many are held out, what became of them."""

    campaign_id: UUID | None
    entered: int
    recovered: int
    held_out: int
    held_out_recovered: int


@dataclass(frozen=True, slots=True)
class Earned:
    """Orders of a period by what they are credited to. All rows together are the store's orders, to the cent."""

    campaign_id: UUID | None
    held_out: bool
    kind: CreditKind
    credited: Credited


@dataclass(frozen=True, slots=True)
class Ending:
    """Why messages of the episodes opened in a period were not sent."""

    state: str
    reason: str
    messages: int


SENT = """
    SELECT {columns}, count(*) AS sent, count(m.delivered_at) AS delivered, count(m.opened_at) AS opened,
        count(m.clicked_at) AS clicked, count(*) FILTER (WHERE m.state = 'bounced') AS bounced,
        count(*) FILTER (WHERE m.state = 'complained') AS complained,
        count(*) FILTER (WHERE m.id IN (
            SELECT v.message_id FROM message_events v
            WHERE v.store_id = :store AND v.kind = 'unsubscribed')) AS unsubscribed,
        coalesce(sum(m.segments) FILTER (WHERE m.channel = 'sms'), 0)::bigint AS segments
    FROM messages m JOIN episodes e ON e.store_id = m.store_id AND e.id = m.episode_id
    WHERE m.store_id = :store AND m.sent_at >= :since AND m.sent_at < :until
      AND (CAST(:campaign AS uuid) IS NULL OR e.campaign_id = :campaign)
    GROUP BY {numbers} ORDER BY {numbers}"""

EARNED_BY = """
    SELECT {columns}, a.kind, a.currency, count(*) AS orders, sum(a.amount)::bigint AS amount,
        sum(a.returned)::bigint AS returned
    FROM attributions a
    JOIN messages m ON m.store_id = a.store_id AND m.id = a.message_id
    JOIN episodes e ON e.store_id = m.store_id AND e.id = m.episode_id
    WHERE a.store_id = :store AND a.ordered_at >= :since AND a.ordered_at < :until
      AND (CAST(:campaign AS uuid) IS NULL OR e.campaign_id = :campaign)
    GROUP BY {numbers}, a.kind, a.currency ORDER BY {numbers}, a.kind, a.currency"""

ENTERED = text("""
    SELECT campaign_id, count(*) FILTER (WHERE arm = 'campaign') AS entered,
        count(*) FILTER (WHERE arm = 'campaign' AND state = 'recovered') AS recovered,
        count(*) FILTER (WHERE arm = 'holdout') AS held_out,
        count(*) FILTER (WHERE arm = 'holdout' AND state = 'recovered') AS held_out_recovered
    FROM episodes WHERE store_id = :store AND opened_at >= :since AND opened_at < :until
    GROUP BY campaign_id ORDER BY campaign_id NULLS LAST""")

# An order is its message's campaign's, else its episode's; with neither it is nobody's, and still there.
EARNED = text("""
    SELECT coalesce(by_message.campaign_id, own.campaign_id) AS campaign_id,
        coalesce(by_message.arm, own.arm, 'none') = 'holdout' AS held_out,
        a.kind, a.currency, count(*) AS orders, sum(a.amount)::bigint AS amount, sum(a.returned)::bigint AS returned
    FROM attributions a
    LEFT JOIN messages m ON m.store_id = a.store_id AND m.id = a.message_id
    LEFT JOIN episodes by_message ON by_message.store_id = m.store_id AND by_message.id = m.episode_id
    LEFT JOIN episodes own ON own.store_id = a.store_id AND own.id = a.episode_id
    WHERE a.store_id = :store AND a.ordered_at >= :since AND a.ordered_at < :until
    GROUP BY 1, 2, 3, 4 ORDER BY 1 NULLS LAST, 2, 3, 4""")

ENDINGS = text("""
    SELECT m.state, m.reason, count(*) AS messages
    FROM episodes e JOIN messages m ON m.store_id = e.store_id AND m.episode_id = e.id
    WHERE e.store_id = :store AND e.opened_at >= :since AND e.opened_at < :until
      AND m.state IN ('cancelled', 'failed', 'uncertain')
    GROUP BY 1, 2 ORDER BY messages DESC, 1, 2""")


def list_sent(period: Period, *by: By, campaign_id: UUID | None = None) -> list[Sent]:
    """What became of messages, one row for each combination of `by` (keys in its order); of one campaign, or of all."""
    rows = _rows(_by(SENT, by), period, campaign=campaign_id)
    return [
        Sent(
            _key(row, by), row.sent, row.delivered, row.opened, row.clicked, row.bounced, row.complained,
            row.unsubscribed, row.segments,
        )
        for row in rows
    ]  # fmt: skip


def list_earned_by(
    period: Period, *by: By, campaign_id: UUID | None = None
) -> dict[tuple[str, ...], dict[CreditKind, tuple[Credited, ...]]]:
    """What orders credited to messages came to, under the same keys as `list_sent`: last click and assisted apart."""
    found: dict[tuple[str, ...], dict[CreditKind, tuple[Credited, ...]]] = {}
    for row in _rows(_by(EARNED_BY, by), period, campaign=campaign_id):
        kinds = found.setdefault(_key(row, by), {})
        kind = CreditKind(row.kind)
        kinds[kind] = (*kinds.get(kind, ()), _credited(row))
    return found


def list_entered(period: Period) -> list[Entered]:
    """How many episodes each campaign got, and how many of them were recovered; last those without a campaign."""
    return [
        Entered(row.campaign_id, row.entered, row.recovered, row.held_out, row.held_out_recovered)
        for row in _rows(ENTERED, period)
    ]


def list_earned(period: Period) -> list[Earned]:
    """Every order of the period by campaign, by whether its cart was held out, by kind and currency."""
    return [
        Earned(row.campaign_id, row.held_out, CreditKind(row.kind), _credited(row)) for row in _rows(EARNED, period)
    ]


def list_endings(period: Period) -> list[Ending]:
    """Why messages were not sent, the most frequent reason first."""
    return [Ending(row.state, row.reason, row.messages) for row in _rows(ENDINGS, period)]


def totals(earned: Iterable[Earned], kind: CreditKind) -> tuple[Credited, ...]:
    """What all orders of one kind came to, per currency."""
    found: dict[str, Credited] = {}
    for row in earned:
        if row.kind is kind:
            one, currency = row.credited, row.credited.amount.currency
            sofar = found.get(currency, Credited(0, Money(0, currency), Money(0, currency)))
            found[currency] = Credited(
                sofar.orders + one.orders, sofar.amount + one.amount, sofar.returned + one.returned
            )
    return tuple(found[currency] for currency in sorted(found))


def _by(statement: str, by: tuple[By, ...]) -> TextClause:
    columns = ", ".join(f"{COLUMNS[one]} AS key_{at}" for at, one in enumerate(by))
    return text(statement.format(columns=columns, numbers=", ".join(str(at + 1) for at in range(len(by)))))


def _key(row: Any, by: tuple[By, ...]) -> tuple[str, ...]:
    return tuple(getattr(row, f"key_{at}") or "" for at in range(len(by)))


def _credited(row: Any) -> Credited:
    return Credited(row.orders, Money(row.amount, row.currency), Money(row.returned, row.currency))


def _rows(statement: TextClause, period: Period, **names: object) -> list[Any]:
    values = {"store": current_store_id(), "since": period.since, "until": period.until, **names}
    return list(db.session.execute(statement, values))
