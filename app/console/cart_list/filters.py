"""What the list of carts is narrowed down to, read from an address that anybody may have typed: nonsense counts as not asked."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from flask import url_for

from app.catalog.filters import plain_amount, read_amount
from app.console import cart_queries
from app.console.cart_queries import Narrowed
from app.money import Money
from app.recovery.sentences_reasons import WORDS
from app.recovery.values import Channel, Trigger

REASONS = tuple(code for code in WORDS if code not in list(Trigger))
STEPS = ("cart", "checkout", "payment")  # how far carts come that are not ordered

YES_NO = {"yes": True, "no": False}


class Arguments(Protocol):
    """A query string or a form."""

    def get(self, key: str, default: str, /) -> str:
        """The first value."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A view with its conditions. Days are those of the store; `unit` as in catalog/filters.py."""

    view: str = "abandoned"
    reason: str = ""
    reached: str = ""
    channel: str = ""
    consent: str = ""
    least: Money | None = None
    most: Money | None = None
    language: str = ""
    account: str = ""
    currency: str = ""
    since: date | None = None
    until: date | None = None
    unit: int = 1

    @property
    def narrowed(self) -> int:
        """How many conditions there are beside the view."""
        return len(self.arguments()) - 1

    def arguments(self) -> dict[str, str]:
        """This filter as the address spells it."""
        known = {
            "view": self.view,
            "reason": self.reason,
            "reached": self.reached,
            "channel": self.channel,
            "consent": self.consent,
            "from": plain_amount(self.least, self.unit) if self.least else "",
            "to": plain_amount(self.most, self.unit) if self.most else "",
            "language": self.language,
            "account": self.account,
            "currency": self.currency,
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
        }
        return {name: value for name, value in known.items() if value}

    def address(self, **more: Any) -> str:
        """Where the list so narrowed down is."""
        return url_for("console.carts", **{**self.arguments(), **more})

    def conditions(self, zone: ZoneInfo) -> Narrowed:
        """The same for the database: moments, minor units, only what was asked."""
        amounts = self.least or self.most
        known: dict[str, object] = {
            "reason": self.reason or None,
            "reached": self.reached or None,
            "channel": self.channel or None,
            "consent": YES_NO.get(self.consent),
            "least": self.least.amount if self.least else None,
            "most": self.most.amount if self.most else None,
            "currency": amounts.currency if amounts else self.currency or None,
            "language": self.language or None,
            "account": YES_NO.get(self.account),
            "since": _midnight(self.since, zone) if self.since else None,
            "until": _midnight(self.until + timedelta(days=1), zone) if self.until else None,
        }
        return {name: value for name, value in known.items() if value is not None}


def read(arguments: Arguments, currencies: tuple[str, ...], unit: int, locales: tuple[str, ...]) -> Filter:
    """The filter of a query string. Of the view of carts being filled, what only an abandoned one has is left out.

    Amounts are in the first of `currencies`, so whoever asks for them asks for it, too.
    """
    view = _one_of(arguments.get("view", ""), tuple(cart_queries.VIEWS)) or "abandoned"
    abandoned = view != cart_queries.ACTIVE
    amounts = [read_amount(arguments.get(name, ""), currencies[0], unit) for name in ("from", "to")]
    return Filter(
        view=view,
        reason=_one_of(arguments.get("reason", ""), REASONS) if abandoned else "",
        reached=_one_of(arguments.get("reached", ""), STEPS) if abandoned else "",
        channel=_one_of(arguments.get("channel", ""), tuple(Channel)) if abandoned else "",
        consent=_one_of(arguments.get("consent", ""), tuple(YES_NO)),
        least=amounts[0],
        most=amounts[1],
        language=_one_of(arguments.get("language", ""), locales),
        account=_one_of(arguments.get("account", ""), tuple(YES_NO)),
        currency="" if any(amounts) else _one_of(arguments.get("currency", ""), currencies),
        since=_day(arguments.get("since", "")),
        until=_day(arguments.get("until", "")),
        unit=unit,
    )


def _one_of(typed: str, known: tuple[str, ...]) -> str:
    return typed if typed in known else ""


def _day(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if 1900 < day.year < 3000 else None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
