"""What came of messages and campaigns in a period, as numbers: for the console, the API and the operator.

Messages count by when they were sent, money by when it was ordered, episodes by when they were opened. Clicks are a
person's; opens are shown and decide nothing. Money is per currency and never added up across. All of it is read from the
sums by the hour (rollups), and from the rows themselves where those do not reach: what is told is the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import TextClause, text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.money import Money
from app.recovery.attribution import CreditKind
from app.recovery.rollups.facts import CREDITS, ENDINGS, EPISODES, MESSAGES, reading
from app.recovery.rollups.models import NOBODY


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` up to, not including, `until`."""

    since: datetime
    until: datetime

    @property
    def before(self) -> "Period":
        """The period of the same length before it."""
        return Period(self.since - (self.until - self.since), self.since)


def last_days(days: int, zone: ZoneInfo, now: datetime) -> Period:
    """Today and the days before it, as the store's calendar has them: 1 is today up to now."""
    there = now.astimezone(zone)
    first = datetime.combine(there.date() - timedelta(days=days - 1), time(), zone)
    return Period(first.astimezone(UTC), now)


class By(StrEnum):
    """What messages are told apart by."""

    CAMPAIGN = "campaign"
    STEP = "step"
    CHANNEL = "channel"
    SUBJECT = "subject"


# Columns of the sums by the hour, all of them constants: a report's rows are one per combination.
COLUMNS = {
    By.CAMPAIGN: "{campaign}::text",
    By.STEP: "step::text",
    By.CHANNEL: "channel",
    By.SUBJECT: "subject_arm",
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


_MESSAGES_SUMS = ", ".join(f"sum({name})::bigint AS {name}" for name in MESSAGES.sums)
_CREDITS_SUMS = "sum(orders)::bigint AS orders, sum(amount)::bigint AS amount, sum(returned)::bigint AS returned"
_OF_CAMPAIGN = "(CAST(:campaign AS uuid) IS NULL OR {campaign} = :campaign)"
_GROUPED = "GROUP BY {numbers} ORDER BY {numbers}"


def _sent(by: tuple[By, ...]) -> TextClause:
    campaign = f"NULLIF(campaign_id, '{NOBODY}')"
    return text(
        reading(
            MESSAGES,
            f"{_columns(by, campaign)}, {_MESSAGES_SUMS}",
            f"WHERE {_OF_CAMPAIGN.format(campaign=campaign)} {_GROUPED.format(numbers=_numbers(len(by)))}",
        )
    )


def _earned_by(by: tuple[By, ...]) -> TextClause:
    campaign = f"NULLIF(message_campaign_id, '{NOBODY}')"
    numbers = _numbers(len(by) + 2)
    return text(
        reading(
            CREDITS,
            f"{_columns(by, campaign)}, kind, currency, {_CREDITS_SUMS}",
            f"WHERE kind <> 'direct' AND {_OF_CAMPAIGN.format(campaign=campaign)} {_GROUPED.format(numbers=numbers)}",
        )
    )


ENTERED = text(
    reading(
        EPISODES,
        f"""NULLIF(campaign_id, '{NOBODY}') AS campaign_id,
        coalesce(sum(episodes) FILTER (WHERE arm = 'campaign'), 0)::bigint AS entered,
        coalesce(sum(episodes) FILTER (WHERE arm = 'campaign' AND state = 'recovered'), 0)::bigint AS recovered,
        coalesce(sum(episodes) FILTER (WHERE arm = 'holdout'), 0)::bigint AS held_out,
        coalesce(sum(episodes) FILTER (WHERE arm = 'holdout' AND state = 'recovered'), 0)::bigint AS held_out_recovered""",
        "GROUP BY 1 ORDER BY 1 NULLS LAST",
    )
)

EARNED = text(
    reading(
        CREDITS,
        f"NULLIF(campaign_id, '{NOBODY}') AS campaign_id, held_out, kind, currency, {_CREDITS_SUMS}",
        "GROUP BY 1, 2, 3, 4 ORDER BY 1 NULLS LAST, 2, 3, 4",
    )
)

ENDINGS_OF = text(
    reading(
        ENDINGS,
        "state, reason, sum(messages)::bigint AS messages",
        "GROUP BY 1, 2 ORDER BY messages DESC, state, reason",
    )
)


def list_sent(period: Period, *by: By, campaign_id: UUID | None = None) -> list[Sent]:
    """What became of messages, one row for each combination of `by` (keys in its order); of one campaign, or of all."""
    rows = _rows(_sent(by), period, campaign=campaign_id)
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
    for row in _rows(_earned_by(by), period, campaign=campaign_id):
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
    return [Ending(row.state, row.reason, row.messages) for row in _rows(ENDINGS_OF, period)]


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


def _columns(by: tuple[By, ...], campaign: str) -> str:
    return ", ".join(f"{COLUMNS[one].format(campaign=campaign)} AS key_{at}" for at, one in enumerate(by))


def _numbers(count: int) -> str:
    return ", ".join(str(number) for number in range(1, count + 1))


def _key(row: Any, by: tuple[By, ...]) -> tuple[str, ...]:
    return tuple(getattr(row, f"key_{at}") or "" for at in range(len(by)))


def _credited(row: Any) -> Credited:
    return Credited(row.orders, Money(row.amount, row.currency), Money(row.returned, row.currency))


def _rows(statement: TextClause, period: Period, **names: object) -> list[Any]:
    values = {"store": current_store_id(), "since": period.since, "until": period.until, **names}
    return list(db.session.execute(statement, values))
