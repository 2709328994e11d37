"""Passwords: which are refused, and what is kept of them."""

import unicodedata

import msgspec
import pytest

from app.accounts import passwords
from app.accounts.errors import PasswordIsAddress, PasswordTooCommon, PasswordTooLong, PasswordTooShort
from app.config import Config

CHEAP = Config(database_url="-", redis_url="-", secret_key="k" * 32, password_time_cost=1, password_memory_kib=8)
EMAIL = "roya.karimi@example.com"


@pytest.mark.parametrize(
    "password",
    ["correct horse battery staple", "walnut-teapot-saffron-42", "aB3$efgh", "xkqzvwpt", "گربه روی دیوار نشست", "🦊🦊🐢🐢🦜🦜🐙🐙",
     "p" * 4 + "uvbxk" + "0", "e\u0301" * 3 + "norme-fjord", "}{%~#;!+"],
)  # fmt: skip
def test_long_enough_and_unknown_is_enough(password: str) -> None:
    passwords.check_new(password, EMAIL)


@pytest.mark.parametrize("password", ["", "1234567", "aB3$efg", "e\u0301" * 7])
def test_fewer_than_eight_characters_are_refused(password: str) -> None:
    with pytest.raises(PasswordTooShort):
        passwords.check_new(password, EMAIL)


def test_the_longest_has_128_characters() -> None:
    words = "walnut teapot saffron " * 6
    passwords.check_new(words[:128], EMAIL)
    with pytest.raises(PasswordTooLong):
        passwords.check_new(words[:129], EMAIL)


@pytest.mark.parametrize(
    "password",
    ["password", "Password1", "PASSWORD123!", "p@ssw0rd", "12345678", "987654321", "qwertyui", "QwertyUiop", "iloveyou", "abcd1234",
     "1q2w3e4r", "1qaz2wsx", "aaaaaaaa", "abababab", "abcabcabc", "12341234", "football99", "2024dragon", "trustno1", "sunshine!",
     "letmein123", "--------", "!@#$%^&*", "عشقم۱۲۳۴", "mohammad1375", "asheghetam", "toranj1405"],
)  # fmt: skip
def test_what_attackers_try_first_is_refused(password: str) -> None:
    with pytest.raises(PasswordTooCommon):
        passwords.check_new(password, EMAIL)


@pytest.mark.parametrize(
    "password", ["roya.karimi@example.com", "Roya.Karimi", "roya.karimi1!", "example.com", "ROYA.KARIMIexample.com"]
)
def test_the_address_itself_is_refused(password: str) -> None:
    with pytest.raises(PasswordIsAddress):
        passwords.check_new(password, EMAIL)


def test_a_password_matches_its_hash_however_the_keyboard_composed_it() -> None:
    stored = passwords.hash_password("cafe\u0301-au-lait", CHEAP)
    assert stored.startswith("$argon2id$")
    assert passwords.verify(stored, unicodedata.normalize("NFC", "cafe\u0301-au-lait"), CHEAP)
    assert not passwords.verify(stored, "cafe-au-lait", CHEAP)


def test_without_a_stored_hash_the_answer_is_no_at_the_same_price(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = passwords.hash_password("walnut-teapot", CHEAP)
    passwords.verify(None, "x", CHEAP)
    verified: list[str] = []
    hasher = passwords._hasher(CHEAP.password_time_cost, CHEAP.password_memory_kib)
    original = type(hasher).verify
    monkeypatch.setattr(
        type(hasher), "verify", lambda self, stored, text: verified.append(stored) or original(self, stored, text)
    )
    assert not passwords.verify(None, "walnut-teapot", CHEAP)
    assert passwords.verify(stored, "walnut-teapot", CHEAP)
    assert [text.rsplit("$", 2)[0] for text in verified] == [stored.rsplit("$", 2)[0]] * 2


def test_a_broken_hash_lets_nobody_in() -> None:
    assert not passwords.verify("not a hash", "walnut-teapot", CHEAP)


def test_a_hash_made_with_other_parameters_is_outdated() -> None:
    stored = passwords.hash_password("walnut-teapot", CHEAP)
    assert not passwords.outdated(stored, CHEAP)
    assert passwords.outdated(stored, msgspec.structs.replace(CHEAP, password_time_cost=2))
