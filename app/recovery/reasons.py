"""Why a cart was left, with the evidence, and how likely it is to be recovered unaided. Pure.

The order of FINDERS is the rule. First what kept the shopper from buying (a payment that failed, things that are not to be
had, prices that rose), then what they saw last (a code that does not count, the cost of delivery), then what they did
themselves (saved things, took things out, compared for long). Whoever did nothing of all that just left.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from app.cart.events import (
    CouponAdded,
    CouponRemoved,
    Event,
    ItemAdded,
    ItemsAdded,
    LineRemoved,
    LinesMoved,
    VariantChanged,
)
from app.cart.pricing import ReviewedLine
from app.cart.state import Line, Pane
from app.money import Money

VISIT = timedelta(minutes=30)  # what happened this long before the last change belongs to the last visit
MANY_CHANGES = 8  # of what is in the cart, since the last order
LONG, FEW_CHANGES = timedelta(days=2), 4  # or fewer of them, over days

Evidence = dict[str, Any]


class Reason(StrEnum):
    """Why a cart was left: stored, and known to conditions of campaigns. They never change."""

    PAYMENT_FAILED = "payment_failed"
    OUT_OF_STOCK = "out_of_stock"
    PRICE_ROSE = "price_rose"
    COUPON_REFUSED = "coupon_refused"
    DELIVERY_COST = "delivery_cost"
    SAVED_FOR_LATER = "saved_for_later"
    CHANGED_MIND = "changed_mind"
    LONG_COMPARISON = "long_comparison"
    JUST_LEFT = "just_left"


@dataclass(frozen=True, slots=True)
class Checkout:
    """How far they came on the way to an order, and when: `page` is delivery, payment or review."""

    at: datetime
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What there is to decide by. `events` with their times since the last order, up to `left_at`, oldest first.

    `lines` are the active ones against the catalogue; `delivery` what delivery costs, as checkout showed it; `coupon` the
    code in the cart, and `coupon_problem` the code of the refusal if it does not count; `failed` why the last payment that
    was tried failed (declined, …), "" if it did not.
    """

    left_at: datetime
    events: tuple[tuple[datetime, Event], ...]
    lines: tuple[ReviewedLine, ...]
    delivery: Money | None
    coupon: str
    coupon_problem: str
    checkout: Checkout | None
    failed: str
    has_account: bool
    orders: int  # that the person placed before


@dataclass(frozen=True, slots=True)
class Finding:
    """The reason, its evidence as plain values, the likelihood (0 to 1) of being recovered unaided."""

    reason: Reason
    evidence: Evidence
    likelihood: float


def find(known: Known) -> Finding:
    """The first reason that applies."""
    for reason, finder in FINDERS.items():
        evidence = finder(known)
        if evidence is not None:
            return Finding(reason, evidence, likelihood(known, reason))
    return Finding(Reason.JUST_LEFT, {}, likelihood(known, Reason.JUST_LEFT))


# A simple sum, not a model: the holdout says how often carts are recovered unaided, and these are where it may be refined.
BASE = 0.15
WEIGHTS: dict[str, float] = {
    "account": 0.05,
    "bought_before": 0.10,
    "checkout": 0.10,
    "payment": 0.10,
    "came_back": 0.05,
}
BY_REASON: dict[Reason, float] = {
    Reason.PAYMENT_FAILED: 0.15,  # they wanted to pay
    Reason.OUT_OF_STOCK: -0.10,
    Reason.PRICE_ROSE: -0.05,
    Reason.COUPON_REFUSED: -0.05,
    Reason.DELIVERY_COST: -0.05,
    Reason.SAVED_FOR_LATER: 0.05,  # they mean to come back
    Reason.CHANGED_MIND: -0.05,
    Reason.LONG_COMPARISON: -0.05,
    Reason.JUST_LEFT: 0.0,
}


def likelihood(known: Known, reason: Reason) -> float:
    """Of being recovered unaided: a documented sum of what speaks for it and against it, between 0.01 and 0.95."""
    speaks = {
        "account": known.has_account,
        "bought_before": known.orders > 0,
        "checkout": known.checkout is not None,
        "payment": known.checkout is not None and known.checkout.page != "delivery",
        "came_back": _visits(known) > 1,
    }
    score = BASE + BY_REASON[reason] + sum(WEIGHTS[name] for name, holds in speaks.items() if holds)
    return round(min(max(score, 0.01), 0.95), 2)


def _payment_failed(known: Known) -> Evidence | None:
    return {"why": known.failed} if known.failed else None


def _out_of_stock(known: Known) -> Evidence | None:
    gone = [one.line for one in known.lines if not one.counted]
    return _about(gone) if gone else None


def _price_rose(known: Known) -> Evidence | None:
    risen = [one for one in known.lines if one.counted and one.change.amount > 0]
    if not risen:
        return None
    worst = max(risen, key=lambda one: one.change.amount * one.line.quantity)
    prices = {"before": _plain(worst.unit_price - worst.change), "after": _plain(worst.unit_price)}
    return {**_about([worst.line]), "count": len(risen), **prices}


def _coupon_refused(known: Known) -> Evidence | None:
    if known.coupon:
        return {"code": known.coupon, "why": known.coupon_problem} if known.coupon_problem else None
    codes = [
        event.code for event in _last_visit(known) if isinstance(event, CouponAdded | CouponRemoved) and not event.undo
    ]
    return {"code": codes[-1], "why": "taken_off"} if codes else None


def _delivery_cost(known: Known) -> Evidence | None:
    seen = known.checkout is not None and known.checkout.at >= known.left_at - VISIT
    if not seen or known.delivery is None or not known.delivery or known.checkout is None:
        return None
    return {"cost": _plain(known.delivery), "page": known.checkout.page}


def _saved_for_later(known: Known) -> Evidence | None:
    saved = [
        move.line
        for event in _last_visit(known)
        if isinstance(event, LinesMoved) and not event.undo
        for move in event.moves
        if move.to_pane is Pane.NEXT_PURCHASE
    ]
    return _about(saved) if saved else None


def _changed_mind(known: Known) -> Evidence | None:
    there = {one.line.variant_id for one in known.lines}
    gone = [
        event.removed.line
        for event in _last_visit(known)
        if isinstance(event, LineRemoved) and not event.undo and event.removed.line.pane is Pane.ACTIVE
    ]
    gone = [line for line in gone if line.variant_id not in there]
    return _about(gone) if gone else None


def _long_comparison(known: Known) -> Evidence | None:
    wanted = (ItemAdded, ItemsAdded, VariantChanged, LineRemoved, LinesMoved)
    times = [at for at, event in known.events if isinstance(event, wanted)]
    span = times[-1] - times[0] if times else timedelta()
    if len(times) < MANY_CHANGES and (len(times) < FEW_CHANGES or span < LONG):
        return None
    return {"changes": len(times), "days": span.days}


FINDERS: dict[Reason, Callable[[Known], Evidence | None]] = {
    Reason.PAYMENT_FAILED: _payment_failed,
    Reason.OUT_OF_STOCK: _out_of_stock,
    Reason.PRICE_ROSE: _price_rose,
    Reason.COUPON_REFUSED: _coupon_refused,
    Reason.DELIVERY_COST: _delivery_cost,
    Reason.SAVED_FOR_LATER: _saved_for_later,
    Reason.CHANGED_MIND: _changed_mind,
    Reason.LONG_COMPARISON: _long_comparison,
}


def _last_visit(known: Known) -> Iterator[Event]:
    return (event for at, event in known.events if at >= known.left_at - VISIT)


def _visits(known: Known) -> int:
    times = [at for at, _event in known.events]
    return 1 + sum(later - earlier > VISIT for earlier, later in pairwise(times))


def _about(lines: list[Line]) -> Evidence:
    return {"title": dict(lines[-1].snapshot.title), "variant_id": str(lines[-1].variant_id), "count": len(lines)}


def _plain(money: Money) -> Evidence:
    return {"amount": money.amount, "currency": money.currency}
