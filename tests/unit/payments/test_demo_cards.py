"""Test cards are read in any script, real ones are refused, and what is wrong is said of the right entry."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.payments.demo_cards import BY_NUMBER, CARDS, COURSES, Behaviour, passes_luhn, read_card
from app.payments.provider import BadPaymentDetails, Status
from app.payments.sentences import PROBLEMS

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
GOOD = {"number": "4242 4242 4242 4242", "expiry": "12/30", "code": "123"}
SCRIPTS = ("0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩")


def problem(**entries: str) -> tuple[str, str]:
    with pytest.raises(BadPaymentDetails) as caught:
        read_card({**GOOD, **entries}, NOW)
    assert caught.value.params["problem"] in PROBLEMS
    return caught.value.params["field"], caught.value.params["problem"]


def test_every_card_has_a_course_and_can_be_entered() -> None:
    assert {card.behaviour for card in CARDS} == set(COURSES) == set(Behaviour)
    for card in CARDS:
        assert passes_luhn(card.number.replace(" ", ""))
        assert read_card({**GOOD, "number": card.number}, NOW) is card
        assert card.number.endswith(card.last)
    assert len({card.last for card in CARDS}) == len(CARDS)


@given(
    st.sampled_from(CARDS),
    st.lists(st.sampled_from(SCRIPTS), min_size=16, max_size=16),
    st.sampled_from(["", " ", "-", "\u200f"]),
)
def test_digits_of_any_script_spaced_as_people_do(card: object, scripts: list[str], gap: str) -> None:
    digits = card.number.replace(" ", "")  # type: ignore[attr-defined]
    typed = gap.join(script[int(digit)] for script, digit in zip(scripts, digits, strict=True))
    assert read_card({**GOOD, "number": typed}, NOW) is card


@given(st.from_regex(r"[0-9]{15}", fullmatch=True), st.integers(0, 15), st.integers(1, 9))
def test_luhn_finds_every_single_wrong_digit(stem: str, place: int, off: int) -> None:
    (number,) = [stem + last for last in "0123456789" if passes_luhn(stem + last)]
    wrong = number[:place] + str((int(number[place]) + off) % 10) + number[place + 1 :]
    assert not passes_luhn(wrong)


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_nothing_else_is_taken(number: str, expiry: str, code: str) -> None:
    with pytest.raises(BadPaymentDetails):
        read_card({"number": number, "expiry": expiry, "code": code}, NOW)


@pytest.mark.parametrize(
    "expiry", ["12/30", "12/2030", "1230", "12 / 30", "1/30", "11/26", "۱۲/۳۰", "١٢/٢٠٣٠", "12-30", "11/46"]
)
def test_dates_as_they_are_typed(expiry: str) -> None:
    assert read_card({**GOOD, "expiry": expiry}, NOW)


@pytest.mark.parametrize(
    ("expiry", "expected"),
    [
        ("", "expiry_missing"),
        ("10/26", "expiry_past"),
        ("12/2025", "expiry_past"),
        ("13/30", "expiry_wrong"),
        ("00/30", "expiry_wrong"),
        ("130", "expiry_wrong"),
        ("12/1999", "expiry_wrong"),
        ("12/47", "expiry_wrong"),
        ("30 December", "expiry_wrong"),
    ],
    ids=["none", "last-month", "last-year", "month-13", "month-0", "three", "1999", "far", "words"],
)
def test_dates_that_are_none(expiry: str, expected: str) -> None:
    assert problem(expiry=expiry) == ("expiry", expected)


def test_numbers() -> None:
    assert problem(number=" ") == ("number", "number_missing")
    assert problem(number="4242 4242 4242 4241") == ("number", "number_wrong")
    assert problem(number="4242") == ("number", "number_wrong")
    assert problem(number="4" * 500) == ("number", "number_wrong")
    assert problem(number="5555 5555 5555 4444") == ("number", "number_real")


def test_codes() -> None:
    assert problem(code="") == ("code", "code_missing")
    assert problem(code="12") == ("code", "code_wrong")
    assert problem(code="12a") == ("code", "code_wrong")
    assert read_card({**GOOD, "code": "۱۲۳۴"}, NOW)


def test_courses_end_and_success_is_reported_as_the_truth() -> None:
    for course in COURSES.values():
        assert course.ends in (Status.SUCCEEDED, Status.FAILED)
        assert bool(course.reason) == (course.ends == Status.FAILED)
        assert course.settled <= course.tells
        for told in course.events:
            assert told.occurred <= told.sent
            assert told.status != Status.SUCCEEDED or told.occurred >= course.settled


def test_numbers_have_no_owner() -> None:
    assert all(re.fullmatch(r"4(242|000)[0-9]{12}", number) for number in BY_NUMBER)
