"""Codes: typed in any digits, kept as a seal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts import codes


@pytest.mark.parametrize(
    "typed",
    [
        "482913",
        "482 913",
        " 482-913 ",
        "۴۸۲۹۱۳",
        "۴۸۲ ۹۱۳",
        "٤٨٢٩١٣",
        "\u200e482913\u200f",
        "4 8 2 9 1 3",
        "482\t913\n",
    ],
)
def test_a_code_is_read_however_it_is_typed_or_pasted(typed: str) -> None:
    assert codes.typed_code(typed) == "482913"


@pytest.mark.parametrize(
    "typed", ["", "48291", "4829134", "48291a", "४८२९१३", "²²²²²²", "4" * 1000, "482 913 is your code"]
)
def test_what_is_no_code_is_read_as_nothing(typed: str) -> None:
    assert codes.typed_code(typed) == ""


@given(st.text(max_size=100))
def test_whatever_is_typed_it_is_six_latin_digits_or_nothing(text: str) -> None:
    code = codes.typed_code(text)
    assert code == "" or (len(code) == 6 and set(code) <= set("0123456789"))


@given(st.integers(0, 999_999))
def test_the_shown_code_is_read_back(number: int) -> None:
    code = f"{number:06d}"
    assert codes.typed_code(codes.spaced(code)) == code


def test_a_seal_is_bound_to_its_registration_and_to_the_key() -> None:
    seal = codes.sealed("482913", key="k" * 32, about="one")
    assert seal == codes.sealed("482913", key="k" * 32, about="one")
    assert (
        len(
            {seal, codes.sealed("482913", key="k" * 32, about="two"), codes.sealed("482913", key="l" * 32, about="one")}
        )
        == 3
    )
    assert "482913" not in seal


def test_fresh_codes_have_six_digits() -> None:
    assert all(codes.typed_code(codes.new_code()) for _ in range(200))
