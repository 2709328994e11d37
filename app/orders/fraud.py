"""How suspicious an order is, from plain facts: a score of 0 to 100 with its reasons, and whether somebody looks at it first. Pure.

Nothing is ever refused by it: an order that is held is seen by a person, and its shopper is told (fraud_words.py). More
evidence never lowers the score.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from app.money import Money

HOLD_FROM = 70
MOST = 100

# What counts, from how much on, and how much it adds: the highest step that is reached. Points of all reasons add up.
STEPS: dict[str, tuple[tuple[int, int], ...]] = {
    "many_orders_hour": ((3, 15), (5, 35), (10, 60)),  # orders begun in an hour, of whoever has most
    "many_orders_day": ((8, 10), (15, 25), (30, 50)),
    "failed_payments": ((2, 15), (4, 40), (7, 70)),  # in a day
    "many_cards": ((3, 30), (5, 55), (8, 70)),  # distinct, in a day
    "refused_codes": ((5, 10), (10, 25), (30, 40)),  # in a day
    "many_codes": ((8, 5), (20, 15)),  # tried in a day, valid or not
    "large_total": ((3, 10), (6, 20), (12, 30)),  # how many times the store's usual
    "other_total": ((1, 70),),  # the form's total was not ours
    "hasty": ((1, 15), (2, 30)),  # 1 under a minute, 2 under a quarter of it
    "robot": ((1, 30), (2, 70)),  # 1 suspect, 2 declared
    "new_account": ((1, 5),),
    "other_country": ((1, 15),),  # unlike where they had things sent before
    "many_countries": ((2, 10), (4, 20)),  # in a day, of one device or address
}
USUAL_HASTE = timedelta(seconds=60)
GREAT_HASTE = timedelta(seconds=15)
NEW = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Velocity:
    """Orders begun within the last hour and the last day by whoever shares one trait with this order, it included."""

    hour: int = 0
    day: int = 0


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """What is known about an order and whoever placed it; the default says: nothing that speaks against it.

    `velocity` is by trait: address, customer, email, ip, device; `visitor` a kind as app/web/visitors.py names them.
    `usual` is the store's usual total in the same currency, `posted` the total in the form. `account_age` None: no account. `took` is the time from the first page to the order.
    `country` is the delivery's, `countries_before` where earlier orders went, `countries_today` how many countries today.
    """

    total: Money
    velocity: dict[str, Velocity] = field(default_factory=dict)
    failed_payments: int = 0
    cards: int = 0
    codes_tried: int = 0
    codes_refused: int = 0
    usual: Money | None = None
    posted: Money | None = None
    visitor: str = "person"
    took: timedelta | None = None
    country: str = ""
    countries_before: frozenset[str] = frozenset()
    countries_today: int = 1
    account_age: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Something that speaks against an order. `evidence` fills its sentence: plain numbers and words, nothing personal."""

    code: str
    points: int
    evidence: dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Assessment:
    """The reasons, most points first. `hold`: a person decides before the order goes on."""

    score: int
    reasons: tuple[Reason, ...]
    hold: bool


def assess(facts: RiskFacts) -> Assessment:
    """What speaks against an order, and whether that is enough to look at it."""
    reasons = [reason for reason in (*_velocity(facts), *_trials(facts), *_order(facts), *_person(facts)) if reason]
    reasons.sort(key=lambda reason: (-reason.points, reason.code))
    score = min(MOST, sum(reason.points for reason in reasons))
    return Assessment(score, tuple(reasons), score >= HOLD_FROM)


def _reason(code: str, level: int, **evidence: str | int) -> Reason | None:
    """The reason for reaching `level` of a row of the table, if it reaches its first step."""
    points = max((points for at, points in STEPS[code] if level >= at), default=0)
    return Reason(code, points, evidence) if points else None


def _velocity(facts: RiskFacts) -> tuple[Reason | None, ...]:
    hourly = max(((velocity.hour, trait) for trait, velocity in facts.velocity.items()), default=(0, ""))
    daily = max(((velocity.day, trait) for trait, velocity in facts.velocity.items()), default=(0, ""))
    return (
        _reason("many_orders_hour", hourly[0], count=hourly[0], trait=hourly[1]),
        _reason("many_orders_day", daily[0], count=daily[0], trait=daily[1]),
    )


def _trials(facts: RiskFacts) -> tuple[Reason | None, ...]:
    """Card testing, and guessing of discount codes."""
    return (
        _reason("failed_payments", facts.failed_payments, count=facts.failed_payments),
        _reason("many_cards", facts.cards, count=facts.cards),
        _reason("refused_codes", facts.codes_refused, count=facts.codes_refused),
        _reason("many_codes", facts.codes_tried, count=facts.codes_tried),
    )


def _order(facts: RiskFacts) -> tuple[Reason | None, ...]:
    times = 0
    if facts.usual is not None and facts.usual.amount > 0 and facts.usual.currency == facts.total.currency:
        times = facts.total.amount // facts.usual.amount
    tampered = facts.posted is not None and facts.posted != facts.total
    return (
        _reason("large_total", times, times=times),
        _reason("other_total", int(tampered)),
    )


def _person(facts: RiskFacts) -> tuple[Reason | None, ...]:
    haste = 0 if facts.took is None else (facts.took < USUAL_HASTE) + (facts.took < GREAT_HASTE)
    robot = {"suspect": 1, "declared_bot": 2}.get(facts.visitor, 0)
    moved = bool(facts.country and facts.countries_before and facts.country not in facts.countries_before)
    return (
        _reason("hasty", haste, seconds=0 if facts.took is None else max(0, int(facts.took.total_seconds()))),
        _reason("robot", robot, kind=facts.visitor),
        _reason("new_account", int(facts.account_age is not None and facts.account_age < NEW)),
        _reason("other_country", int(moved), country=facts.country),
        _reason("many_countries", facts.countries_today, count=facts.countries_today),
    )
