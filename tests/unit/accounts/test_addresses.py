"""Addresses and names: one spelling for every way to type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.addresses import mailable, normalize_email, normalize_name, shown_name
from app.accounts.errors import BadAddress, BadName


@pytest.mark.parametrize(
    "typed",
    [
        "Roya.12@Example.com",
        "  roya.12@example.COM\n",
        "roya.۱۲@example.com",
        "roya.١٢@example.com",
        "\u200eroya.12@example.com\u200f",
        "roya.12＠example.com",
    ],
)
def test_every_way_to_type_an_address_gives_one_spelling(typed: str) -> None:
    assert normalize_email(typed) == "roya.12@example.com"


def test_an_international_domain_has_one_spelling_and_one_form_for_mail_servers() -> None:
    unicode_form = normalize_email("info@Bücher.example")
    assert unicode_form == normalize_email("info@xn--bcher-kva.example") == "info@bücher.example"
    assert mailable(unicode_form) == "info@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "typed",
    ["", "roya", "roya@", "@example.com", "roya@localhost", "a@b@example.com", "roya@example.com\r\nBcc: x@example.com",
     "roya@exam ple.com", "\x00@example.com", "a" * 500 + "@example.com"],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(BadAddress):
        normalize_email(typed)


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_refused_and_normalizing_twice_changes_nothing(text: str) -> None:
    try:
        once = normalize_email(text)
    except BadAddress:
        return
    assert normalize_email(once) == once
    assert not set(once) & set("\r\n\x00 ")


@given(st.text(max_size=200))
def test_a_name_has_no_control_characters_and_stays_as_it_is_the_second_time(text: str) -> None:
    try:
        name = normalize_name(text)
    except BadName:
        return
    assert normalize_name(name) == name
    assert not any(letter in name for letter in "\r\n\t\x00\u202e")


def test_a_persian_name_keeps_its_half_space() -> None:
    assert normalize_name("  علی\u200cرضا   احمدی ") == "علی\u200cرضا احمدی"


def test_a_name_of_81_characters_is_refused() -> None:
    assert normalize_name("n" * 80) == "n" * 80
    with pytest.raises(BadName):
        normalize_name("n" * 81)


def test_who_gave_no_name_is_called_by_the_address() -> None:
    assert shown_name("", "roya@example.com") == "roya"
    assert shown_name("Roya", "roya@example.com") == "Roya"
