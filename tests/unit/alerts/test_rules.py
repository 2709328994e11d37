"""How many letters a return is worth, and how an address is shown."""

import pytest

from app.alerts.rules import letters_for, masked


@pytest.mark.parametrize(("available", "letters"), [(0, 0), (1, 10), (25, 250), (None, None)])
def test_ten_letters_for_each_unit(available: int | None, letters: int | None) -> None:
    assert letters_for(available) == letters


@pytest.mark.parametrize(
    ("email", "shown"), [("shirin@example.com", "s…@example.com"), ("a@b.example", "a…@b.example")]
)
def test_an_address_is_shown_to_its_owner_only(email: str, shown: str) -> None:
    assert masked(email) == shown
