"""What messages brought, told apart by campaign, step, channel, product, day or reason: the rows of the reports.

As in reports.py messages count by when they were sent, money by when it was ordered, episodes by when they were opened.
All of it is read from the sums by the hour (decisions 72 and 80). However it is cut, the money is the same to the cent.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.money import Money
from app.recovery.attribution import CreditKind
from app.recovery.reports import Period
from app.recovery.rollups.facts import (
    CREDITS,
    ENTERED,
    EPISODES,
    MESSAGES,
    PRODUCTS,
    REASON_CREDITS,
    REASON_MESSAGES,
    reading,
)
from app.recovery.rollups.models import NOBODY

REST = "rest"  # of a product report: delivery, and less what went back
PRODUCTS_AT_MOST = 500


class Cut(StrEnum):
    """What a report tells apart."""

    CAMPAIGN = "campaign"
    STEP = "step"
    CHANNEL = "channel"
    PRODUCT = "product"
    DAY = "day"
    REASON = "reason"


ENTERED_IN = frozenset({Cut.CAMPAIGN, Cut.DAY, Cut.REASON})  # carts have no step and no channel
SENT_IN = frozenset(Cut) - {Cut.PRODUCT}  # a message is about a whole cart


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of messages. `clicked` are a person's; `entered` the carts that could be written to."""

    entered: int = 0
    sent: int = 0
    delivered: int = 0
    opened: int = 0
    clicked: int = 0
    complained: int = 0
    unsubscribed: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, name) + getattr(other, name) for name in Counts.__slots__))


@dataclass(slots=True)
class Row:
    """A row of a report. Money is by currency, less what went back, and never added across."""

    key: tuple[str, ...]
    counts: Counts = Counts()
    orders: int = 0
    last_click: dict[str, Money] = field(default_factory=dict)
    assisted: dict[str, Money] = field(default_factory=dict)

    def earn(self, kind: str, orders: int, amount: Money) -> None:
        """Credit orders to the row."""
        sums = self.last_click if kind == CreditKind.LAST_CLICK else self.assisted
        sums[amount.currency] = sums.get(amount.currency, Money(0, amount.currency)) + amount
        self.orders += orders


_SENT = ("sent", "delivered", "opened", "clicked", "complained", "unsubscribed")
_SUMS = ", ".join(f"sum({name})::bigint AS {name}" for name in _SENT)
_MONEY = "kind, currency, sum(orders)::bigint AS orders, sum(amount - returned)::bigint AS amount"
_COST = "kind, currency, sum(orders)::bigint AS orders, sum(amount)::bigint AS amount"
_ENTERED = "sum(episodes)::bigint AS entered"
_DAY = "(hour AT TIME ZONE :zone)::date::text"

# By cut: the columns of its key among the sums of messages, of credits and of episodes.
_KEYS: dict[Cut, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    Cut.CAMPAIGN: (("campaign_id::text",), ("message_campaign_id::text",), ("campaign_id::text",)),
    Cut.STEP: (("campaign_id::text", "step::text"), ("message_campaign_id::text", "step::text"), ()),
    Cut.CHANNEL: (("channel",), ("channel",), ()),
    Cut.DAY: ((_DAY,), (_DAY,), (_DAY,)),
    Cut.REASON: (("reason",), ("reason",), ("reason",)),
}
BY_REASON = (REASON_MESSAGES, REASON_CREDITS, ENTERED)

CREDITED = text(reading(CREDITS, _MONEY, "WHERE kind <> 'direct' GROUP BY 1, 2"))


def list_rows(cut: Cut, period: Period, zone: str) -> list[Row]:
    """The rows of a report; those of days in their order, others by what they brought. `zone` is the store's (IANA).

    A product's orders are those it was in; the row REST is what all rows lack to what the orders came to.
    """
    rows: dict[tuple[str, ...], Row] = {}

    def row(found: Any, width: int) -> Row:
        key = tuple(str(getattr(found, f"k{at}")) for at in range(width))
        return rows.setdefault(key, Row(key))

    names = {"store": current_store_id(), "since": period.since, "until": period.until, "zone": zone}
    sent, earned, entered = _statements(cut)
    for statement, width in sent:
        for found in db.session.execute(statement, names):
            one = row(found, width)
            one.counts += Counts(**{name: getattr(found, name) for name in _SENT})
    for statement, width in entered:
        for found in db.session.execute(statement, names):
            one = row(found, width)
            one.counts += Counts(entered=found.entered)
    for statement, width in earned:
        for found in db.session.execute(statement, names):
            row(found, width).earn(found.kind, found.orders, Money(found.amount, found.currency))
    listed = list(rows.values())
    if cut is Cut.DAY:
        return sorted(listed, key=lambda one: one.key)
    listed.sort(key=lambda one: (-one.orders, -one.counts.sent, one.key))
    if cut is Cut.PRODUCT:
        whole = Row((REST,))
        for found in db.session.execute(CREDITED, names):
            whole.earn(found.kind, 0, Money(found.amount, found.currency))
        shown = listed[:PRODUCTS_AT_MOST]
        return [*shown, _less(whole, shown)] if shown else []
    return listed


def total(rows: Iterable[Row], key: str = "") -> Row:
    """All rows in one. Of products its orders are too many: one order may hold several."""
    whole = Row((key,))
    for one in rows:
        whole.counts += one.counts
        whole.orders += one.orders
        for sums, more in ((whole.last_click, one.last_click), (whole.assisted, one.assisted)):
            for currency, amount in more.items():
                sums[currency] = sums.get(currency, Money(0, currency)) + amount
    return whole


def count_orders(period: Period) -> int:
    """How many orders are credited to messages, each once."""
    names = {"store": current_store_id(), "since": period.since, "until": period.until}
    return sum(found.orders for found in db.session.execute(CREDITED, names))


def _less(whole: Row, rows: Iterable[Row]) -> Row:
    rest, of_rows = Row(whole.key), total(rows)
    for name in ("last_click", "assisted"):
        sums, told = getattr(whole, name), getattr(of_rows, name)
        for currency in sorted({*sums, *told}):
            nothing = Money(0, currency)
            getattr(rest, name)[currency] = sums.get(currency, nothing) - told.get(currency, nothing)
    return rest


_Statements = tuple[tuple[Any, int], ...]


def _statements(cut: Cut) -> tuple[_Statements, _Statements, _Statements]:
    """What to read for a cut: of messages, of credits, of episodes; each with how many columns its key has."""
    if cut is Cut.PRODUCT:
        return (), ((_grouped(PRODUCTS, ("product_id::text",), _COST, also=2), 1),), ()
    sent, earned, entered = BY_REASON if cut is Cut.REASON else (MESSAGES, CREDITS, EPISODES)
    messages, credits_, episodes = _KEYS[cut]
    return (
        ((_grouped(sent, messages, _SUMS), len(messages)),),
        ((_grouped(earned, credits_, _MONEY, "kind <> 'direct'", also=2), len(credits_)),),
        ((_grouped(entered, episodes, _ENTERED, "true" if entered is ENTERED else "arm = 'campaign'"), len(episodes)),)
        if episodes
        else (),
    )


def _grouped(fact: Any, keys: tuple[str, ...], sums: str, where: str = "true", *, also: int = 0) -> Any:
    columns = ", ".join(f"{key} AS k{at}" for at, key in enumerate(keys))
    numbers = ", ".join(str(number) for number in range(1, len(keys) + also + 1))
    return text(reading(fact, f"{columns}, {sums}", f"WHERE {where} GROUP BY {numbers}"))


NO_CAMPAIGN = str(NOBODY)
