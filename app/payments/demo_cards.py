"""The cards of the demo's bank: what each one does, and how what a shopper types of one is read.

The numbers pass Luhn's check and belong to nobody. Any other number is refused, so that no real card is entered here.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.payments.provider import BadPaymentDetails, Status
from app.web.formats import latin_digits
from app.web.language import gettext as _

LONGEST_VALIDITY = 20  # years
NOT_DIGITS = re.compile(r"[\s\-\u200e\u200f\u2066-\u2069]+")
EXPIRY = re.compile(r"(?P<month>[0-9]{2}|[0-9](?=[/.]))[/.]?(?P<year>20[0-9]{2}|[0-9]{2})")
NOW = timedelta(0)


class Behaviour(StrEnum):
    """What a test card does when it is charged."""

    SUCCEEDS = "succeeds"
    DECLINED = "declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    EXPIRED_CARD = "expired_card"
    HANGS_THEN_SUCCEEDS = "hangs_then_succeeds"
    HANGS_THEN_FAILS = "hangs_then_fails"
    BY_EVENT = "by_event"
    EVENT_TWICE = "event_twice"
    OUT_OF_ORDER = "out_of_order"
    OTHER_AMOUNT = "other_amount"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Told:
    """An event the bank sends: how long after the charge it is sent, what it says, and of which moment."""

    sent: timedelta
    status: Status
    occurred: timedelta


@dataclass(frozen=True, slots=True)
class Course:
    """How a charge goes: it is settled after `settled`, and asking tells so after `tells`; until then nobody knows."""

    ends: Status
    reason: str = ""
    settled: timedelta = NOW
    tells: timedelta = NOW
    events: tuple[Told, ...] = ()
    amount_off_by: int = 0


@dataclass(frozen=True, slots=True)
class TestCard:
    """A card that a demo shopper may enter. `number` in groups of four, `last` its last four digits."""

    __test__ = False  # pytest looks at everything called Test…

    number: str
    behaviour: Behaviour
    sentence: Callable[[], str]

    @property
    def last(self) -> str:
        """The digits that may be kept."""
        return self.number[-4:]


def _seconds(count: int) -> timedelta:
    return timedelta(seconds=count)


def _success(sent: int, occurred: int) -> Told:
    return Told(_seconds(sent), Status.SUCCEEDED, _seconds(occurred))


COURSES = {
    Behaviour.SUCCEEDS: Course(Status.SUCCEEDED, events=(_success(2, 0),)),
    Behaviour.DECLINED: Course(Status.FAILED, "declined"),
    Behaviour.INSUFFICIENT_FUNDS: Course(Status.FAILED, "insufficient_funds"),
    Behaviour.EXPIRED_CARD: Course(Status.FAILED, "expired_card"),
    Behaviour.HANGS_THEN_SUCCEEDS: Course(Status.SUCCEEDED, settled=_seconds(20), tells=_seconds(20)),
    Behaviour.HANGS_THEN_FAILS: Course(Status.FAILED, "declined", settled=_seconds(20), tells=_seconds(20)),
    Behaviour.BY_EVENT: Course(
        Status.SUCCEEDED, settled=_seconds(10), tells=timedelta(minutes=15), events=(_success(10, 10),)
    ),
    Behaviour.EVENT_TWICE: Course(
        Status.SUCCEEDED, settled=_seconds(5), tells=_seconds(20), events=(_success(5, 5), _success(6, 5))
    ),
    Behaviour.OUT_OF_ORDER: Course(
        Status.SUCCEEDED,
        settled=_seconds(5),
        tells=_seconds(20),
        events=(_success(5, 5), Told(_seconds(10), Status.UNKNOWN, _seconds(1))),
    ),
    Behaviour.OTHER_AMOUNT: Course(
        Status.SUCCEEDED, settled=_seconds(5), tells=_seconds(20), events=(_success(5, 5),), amount_off_by=-1
    ),
    Behaviour.DOWN: Course(Status.FAILED, "not_found", settled=_seconds(60), tells=_seconds(60)),
}

CARDS = (
    TestCard("4242 4242 4242 4242", Behaviour.SUCCEEDS, lambda: _("Succeeds at once")),
    TestCard("4000 0000 0000 0002", Behaviour.DECLINED, lambda: _("Is declined")),
    TestCard("4000 0000 0000 9995", Behaviour.INSUFFICIENT_FUNDS, lambda: _("Has too little money")),
    TestCard("4000 0000 0000 0069", Behaviour.EXPIRED_CARD, lambda: _("Has expired, says the bank")),
    TestCard(
        "4000 0000 0000 0101", Behaviour.HANGS_THEN_SUCCEEDS, lambda: _("No answer; it turns out to have succeeded")
    ),
    TestCard("4000 0000 0000 0119", Behaviour.HANGS_THEN_FAILS, lambda: _("No answer; it turns out to have failed")),
    TestCard("4000 0000 0000 0200", Behaviour.BY_EVENT, lambda: _("The bank reports success later, by itself")),
    TestCard("4000 0000 0000 0218", Behaviour.EVENT_TWICE, lambda: _("The bank reports success twice")),
    TestCard("4000 0000 0000 0226", Behaviour.OUT_OF_ORDER, lambda: _("The bank's reports arrive in the wrong order")),
    TestCard("4000 0000 0000 0309", Behaviour.OTHER_AMOUNT, lambda: _("The bank collects another amount")),
    TestCard("4000 0000 0000 0408", Behaviour.DOWN, lambda: _("The bank is down, and never hears of the payment")),
)
BY_NUMBER = {card.number.replace(" ", ""): card for card in CARDS}


def read_card(entries: Mapping[str, str], now: datetime) -> TestCard:
    """The card that `number`, `expiry` and `code` belong to, digits in any script. Raises BadPaymentDetails."""
    number = _digits(entries.get("number", ""))
    if not number:
        raise BadPaymentDetails(field="number", problem="number_missing")
    if not re.fullmatch(r"[0-9]{12,19}", number) or not passes_luhn(number):
        raise BadPaymentDetails(field="number", problem="number_wrong")
    if number not in BY_NUMBER:
        raise BadPaymentDetails(field="number", problem="number_real")
    _check_expiry(_digits(entries.get("expiry", "")), now)
    code = _digits(entries.get("code", ""))
    if not re.fullmatch(r"[0-9]{3,4}", code):
        raise BadPaymentDetails(field="code", problem="code_wrong" if code else "code_missing")
    return BY_NUMBER[number]


def passes_luhn(number: str) -> bool:
    """Whether the last digit of `number` (Latin digits) checks the others (ISO/IEC 7812-1, annex B)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (sum(map(int, number[-1::-2])) + sum(doubled)) % 10 == 0


def _check_expiry(text: str, now: datetime) -> None:
    if not text:
        raise BadPaymentDetails(field="expiry", problem="expiry_missing")
    found = EXPIRY.fullmatch(text)
    year, month = (int(found["year"]) % 100 + 2000, int(found["month"])) if found else (0, 0)
    if not 1 <= month <= 12 or year > now.year + LONGEST_VALIDITY:
        raise BadPaymentDetails(field="expiry", problem="expiry_wrong")
    if (year, month) < (now.year, now.month):  # a card is good until the end of its month
        raise BadPaymentDetails(field="expiry", problem="expiry_past")


def _digits(text: str) -> str:
    return NOT_DIGITS.sub("", latin_digits(text)) if len(text) <= 64 else "?"
