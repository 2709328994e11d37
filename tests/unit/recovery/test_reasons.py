"""Why a cart was left: each reason with its evidence, which goes first, how likely it is to come back unaided."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.cart.events import CouponAdded, CouponRemoved, Event, ItemAdded, LineRemoved, LinesMoved
from app.cart.pricing import Availability, ReviewedLine
from app.cart.state import Line, Move, Pane, Placed, Snapshot
from app.ids import LineId, VariantId, new_id
from app.money import Money
from app.recovery import reasons
from app.recovery.reasons import FINDERS, Checkout, Known, Reason, find
from app.recovery.sentences_reasons import SENTENCES, WORDS
from app.recovery.values import Trigger
from tests.conftest import NOW

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def euros(amount: int) -> Money:
    return Money(amount, "EUR")


def line(title: str = "Kettle", *, pane: Pane = Pane.ACTIVE, price: int = 1000) -> Line:
    seen = Snapshot(title.lower(), {"en": title}, (), (), None, euros(price))
    return Line(LineId(new_id()), pane, VariantId(new_id()), (), 1, seen, NOW)


def reviewed(one: Line, *, change: int = 0, availability: Availability = Availability.OK) -> ReviewedLine:
    return ReviewedLine(one, None, availability, one.snapshot.unit_price + euros(change), euros(change))


KETTLE, THROW = line("Kettle"), line("Throw", price=5000)
PLAIN = Known(
    left_at=NOW, events=((NOW, ItemAdded(KETTLE)),), lines=(reviewed(KETTLE),), delivery=euros(990), coupon="",
    coupon_problem="", checkout=None, failed="", has_account=False, orders=0,
)  # fmt: skip


def known(*events: tuple[timedelta, Event], **changes: Any) -> Known:
    """What is known, with events so long before the cart was left."""
    at = tuple((NOW - before, event) for before, event in events)
    return replace(PLAIN, **({"events": at} if at else {}), **changes)


def saved(one: Line, *, undo: bool = False) -> LinesMoved:
    return LinesMoved((Move(one, 0, LineId(new_id())),), undo=undo)


def kettle(count: int = 1) -> dict[str, Any]:
    return {"title": {"en": "Kettle"}, "variant_id": str(KETTLE.variant_id), "count": count}


CHANGES = [(n * MINUTE, ItemAdded(line())) for n in range(8, 0, -1)]
CASES: dict[str, tuple[Known, Reason, dict[str, Any]]] = {
    "nothing": (PLAIN, Reason.JUST_LEFT, {}),
    "no-events": (replace(PLAIN, events=()), Reason.JUST_LEFT, {}),
    "payment": (known(failed="declined"), Reason.PAYMENT_FAILED, {"why": "declined"}),
    "sold-out": (
        known(lines=(reviewed(THROW), reviewed(KETTLE, availability=Availability.SOLD_OUT))),
        Reason.OUT_OF_STOCK,
        kettle(),
    ),
    "price": (
        known(lines=(reviewed(THROW, change=10), reviewed(KETTLE, change=200))),
        Reason.PRICE_ROSE,
        {**kettle(2), "before": {"amount": 1000, "currency": "EUR"}, "after": {"amount": 1200, "currency": "EUR"}},
    ),
    "price-fell": (known(lines=(reviewed(KETTLE, change=-200),)), Reason.JUST_LEFT, {}),
    "code-refused": (
        known(coupon="SPRING", coupon_problem="coupon_ended"),
        Reason.COUPON_REFUSED,
        {"code": "SPRING", "why": "coupon_ended"},
    ),
    "code-counts": (known((MINUTE, CouponAdded("SPRING")), coupon="SPRING"), Reason.JUST_LEFT, {}),
    "code-taken-off": (
        known((2 * MINUTE, CouponAdded("SPRING")), (MINUTE, CouponRemoved("SPRING"))),
        Reason.COUPON_REFUSED,
        {"code": "SPRING", "why": "taken_off"},
    ),
    "code-long-ago": (known((DAY, CouponRemoved("SPRING"))), Reason.JUST_LEFT, {}),
    "code-undone": (known((MINUTE, CouponRemoved("SPRING", undo=True))), Reason.JUST_LEFT, {}),
    "delivery": (
        known(checkout=Checkout(NOW, "payment")),
        Reason.DELIVERY_COST,
        {"cost": {"amount": 990, "currency": "EUR"}, "page": "payment"},
    ),
    "delivery-free": (known(checkout=Checkout(NOW, "payment"), delivery=euros(0)), Reason.JUST_LEFT, {}),
    "delivery-nowhere": (known(checkout=Checkout(NOW, "delivery"), delivery=None), Reason.JUST_LEFT, {}),
    "delivery-other-visit": (known(checkout=Checkout(NOW - DAY, "payment")), Reason.JUST_LEFT, {}),
    "saved": (known((MINUTE, saved(KETTLE))), Reason.SAVED_FOR_LATER, kettle()),
    "saved-undone": (known((MINUTE, saved(KETTLE, undo=True))), Reason.JUST_LEFT, {}),
    "brought-back": (known((MINUTE, saved(line(pane=Pane.NEXT_PURCHASE)))), Reason.JUST_LEFT, {}),
    "taken-out": (
        known((MINUTE, LineRemoved(Placed(KETTLE, 0))), lines=(reviewed(THROW),)),
        Reason.CHANGED_MIND,
        kettle(),
    ),
    "taken-out-and-put-in-again": (known((MINUTE, LineRemoved(Placed(KETTLE, 0)))), Reason.JUST_LEFT, {}),
    "many-changes": (known(*CHANGES), Reason.LONG_COMPARISON, {"changes": 8, "days": 0}),
    "few-changes": (known(*CHANGES[1:]), Reason.JUST_LEFT, {}),
    "over-days": (
        known((3 * DAY, ItemAdded(KETTLE)), *CHANGES[:3]),
        Reason.LONG_COMPARISON,
        {"changes": 4, "days": 2},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_reasons(name: str) -> None:
    facts, reason, evidence = CASES[name]
    found = find(facts)
    assert (found.reason, found.evidence) == (reason, evidence)


def test_the_first_that_applies_is_the_reason() -> None:
    """Everything at once; then one obstacle after the other goes away."""
    left = known(
        *CHANGES,
        (2 * MINUTE, saved(KETTLE)),
        (MINUTE, LineRemoved(Placed(line("Bowl"), 0))),
        lines=(reviewed(KETTLE, availability=Availability.GONE), reviewed(THROW, change=5)),
        coupon="SPRING", coupon_problem="unknown_code", checkout=Checkout(NOW, "review"), failed="declined",
    )  # fmt: skip
    assert find(left).reason is Reason.PAYMENT_FAILED
    found = [find(replace(left, failed="")).reason]
    left = replace(left, failed="", lines=(reviewed(THROW, change=5),))
    found.append(find(left).reason)
    left = replace(left, lines=(reviewed(THROW),))
    found.append(find(left).reason)
    left = replace(left, coupon="", coupon_problem="")
    found.append(find(left).reason)
    left = replace(left, checkout=None)
    found.append(find(left).reason)
    left = replace(left, events=tuple(one for one in left.events if not isinstance(one[1], LinesMoved)))
    found.append(find(left).reason)
    left = replace(left, events=tuple(one for one in left.events if not isinstance(one[1], LineRemoved)))
    found.append(find(left).reason)
    assert found == list(FINDERS)[1:]


def test_what_speaks_for_coming_back_counts() -> None:
    plain = find(PLAIN).likelihood
    assert plain == reasons.BASE
    assert find(replace(PLAIN, has_account=True, orders=2)).likelihood == plain + 0.15
    assert find(known(checkout=Checkout(NOW, "delivery"), delivery=None)).likelihood == plain + 0.10
    assert find(known(checkout=Checkout(NOW, "review"), failed="declined")).likelihood == plain + 0.35
    assert find(known((2 * DAY, ItemAdded(KETTLE)), (MINUTE, ItemAdded(THROW)))).likelihood == plain + 0.05
    assert 0.01 <= min(find(facts).likelihood for facts, _reason, _evidence in CASES.values()) < plain


def test_everything_has_its_words() -> None:
    assert set(Reason) == {*FINDERS, Reason.JUST_LEFT} == set(reasons.BY_REASON)
    assert set(Reason) | set(Trigger) - {Trigger.CART_ABANDONED} == WORDS.keys()
    assert set(Reason) - {Reason.JUST_LEFT} == SENTENCES.keys()
