"""What speaks against an order: each rule by its steps, whole cases by whether they are held, and that evidence only ever adds."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.money import Money
from app.orders.fraud import HOLD_FROM, MOST, STEPS, RiskFacts, Velocity, assess

TOTAL = Money(12000, "EUR")
CLEAN = RiskFacts(TOTAL, usual=Money(9000, "EUR"), posted=TOTAL, took=timedelta(minutes=9), country="DE")
SECOND = timedelta(seconds=1)


def with_(**changes: Any) -> RiskFacts:
    return replace(CLEAN, **changes)


def test_an_ordinary_order_has_nothing_against_it() -> None:
    assessed = assess(CLEAN)
    assert (assessed.score, assessed.reasons, assessed.hold) == (0, (), False)


@pytest.mark.parametrize(
    ("facts", "code", "points"),
    [
        (with_(velocity={"ip": Velocity(hour=2, day=7)}), "", 0),
        (with_(velocity={"ip": Velocity(hour=3)}), "many_orders_hour", 15),
        (with_(velocity={"device": Velocity(hour=5), "ip": Velocity(hour=3)}), "many_orders_hour", 35),
        (with_(velocity={"email": Velocity(day=15)}), "many_orders_day", 25),
        (with_(failed_payments=1), "", 0),
        (with_(failed_payments=4), "failed_payments", 40),
        (with_(cards=2), "", 0),
        (with_(cards=5), "many_cards", 55),
        (with_(codes_refused=10), "refused_codes", 25),
        (with_(codes_tried=7), "", 0),
        (with_(total=Money(27000, "EUR"), posted=None), "large_total", 10),
        (with_(total=Money(10**9, "USD"), posted=None), "", 0),
        (with_(usual=Money(0, "EUR")), "", 0),
        (with_(posted=Money(1, "EUR")), "other_total", 70),
        (with_(posted=Money(12000, "USD")), "other_total", 70),
        (with_(took=60 * SECOND), "", 0),
        (with_(took=59 * SECOND), "hasty", 15),
        (with_(took=14 * SECOND), "hasty", 30),
        (with_(took=-SECOND), "hasty", 30),
        (with_(visitor="suspect"), "robot", 30),
        (with_(visitor="declared_bot"), "robot", 70),
        (with_(account_age=timedelta(hours=25)), "", 0),
        (with_(account_age=timedelta(0)), "new_account", 5),
        (with_(countries_before=frozenset({"DE", "FR"})), "", 0),
        (with_(countries_before=frozenset({"FR"})), "other_country", 15),
        (with_(countries_today=4), "many_countries", 20),
    ],
    ids=[
        "few orders", "three in an hour", "of whoever has most", "a day", "one failure", "four failures", "two cards",
        "five cards", "refused codes", "few codes", "three times", "other currency", "no usual", "tampered",
        "other currency posted", "a minute", "hasty", "very hasty", "clock behind", "suspect", "declared", "known",
        "new", "same country", "other country", "many countries",
    ],
)  # fmt: skip
def test_each_rule(facts: RiskFacts, code: str, points: int) -> None:
    assessed = assess(facts)
    assert [(reason.code, reason.points) for reason in assessed.reasons] == ([(code, points)] if points else [])
    assert assessed.score == points


@pytest.mark.parametrize(
    ("facts", "held"),
    [
        (with_(failed_payments=2, cards=2), False),
        (with_(total=Money(60000, "EUR"), posted=None, account_age=timedelta(hours=1)), False),
        (with_(failed_payments=5, cards=4), True),
        (with_(velocity={"ip": Velocity(6, 6)}, visitor="suspect", took=20 * SECOND), True),
        (with_(posted=Money(100, "EUR")), True),
        (with_(codes_refused=40, codes_tried=40, visitor="suspect"), True),
        (with_(countries_before=frozenset({"FR"}), total=Money(30000, "EUR"), posted=None), False),
    ],
    ids=[
        "mistyped twice", "large first order", "card testing", "script", "price tampering", "code guessing",
        "a present for somebody abroad",
    ],
)  # fmt: skip
def test_whole_cases(facts: RiskFacts, held: bool) -> None:
    assert assess(facts).hold is held


def test_the_largest_reason_comes_first() -> None:
    codes = [reason.code for reason in assess(with_(failed_payments=4, visitor="suspect", cards=5)).reasons]
    assert codes == ["many_cards", "failed_payments", "robot"]


def counts() -> st.SearchStrategy[int]:
    return st.integers(0, 40)


FACTS = st.builds(
    RiskFacts,
    total=st.builds(Money, st.integers(0, 200_000), st.just("EUR")),
    velocity=st.dictionaries(
        st.sampled_from(("ip", "device", "email")), st.builds(Velocity, hour=counts(), day=counts())
    ),
    failed_payments=counts(),
    cards=counts(),
    codes_tried=counts(),
    codes_refused=counts(),
    usual=st.none() | st.just(Money(9000, "EUR")),
    visitor=st.sampled_from(("person", "suspect", "declared_bot")),
    took=st.none() | st.timedeltas(timedelta(0), timedelta(hours=1)),
    country=st.sampled_from(("", "DE", "FR")),
    countries_before=st.frozensets(st.sampled_from(("DE", "FR", "IR"))),
    countries_today=st.integers(0, 9),
    account_age=st.none() | st.timedeltas(timedelta(0), timedelta(days=9)),
)


@given(FACTS)
def test_the_score_is_the_sum_of_its_reasons_within_bounds(facts: RiskFacts) -> None:
    assessed = assess(facts)
    assert assessed.score == min(MOST, sum(reason.points for reason in assessed.reasons))
    assert all(reason.points > 0 for reason in assessed.reasons)
    assert assessed.hold == (assessed.score >= HOLD_FROM)


@given(FACTS, st.integers(0, 10), counts())
def test_more_evidence_never_lowers_the_score(facts: RiskFacts, which: int, more: int) -> None:
    before = facts.velocity.get("ip", Velocity())
    worse = (
        {"failed_payments": facts.failed_payments + more},
        {"cards": facts.cards + more},
        {"codes_tried": facts.codes_tried + more},
        {"codes_refused": facts.codes_refused + more},
        {"velocity": {**facts.velocity, "ip": Velocity(before.hour + more, before.day + more)}},
        {"total": facts.total + Money(more * 1000, "EUR")},
        {"posted": facts.total + Money(1, "EUR")},
        {"visitor": "declared_bot"},
        {"took": None if facts.took is None else facts.took / (more + 1)},
        {"countries_today": facts.countries_today + more},
        {"account_age": timedelta(0)},
    )[which]
    assert assess(replace(facts, **worse)).score >= assess(facts).score  # type: ignore[arg-type]


def test_the_table_rises() -> None:
    for steps in STEPS.values():
        assert list(steps) == sorted(steps)
        assert [points for _, points in steps] == sorted({points for _, points in steps})
