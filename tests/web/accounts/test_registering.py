"""Registering: both answers of every form, and the same answer whether or not the address is known."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask

from tests.conftest import TestStore
from tests.web.accounts.visitor import PASSWORD, Visitor, fresh_address


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Notes each piece of Argon2 work."""
    done: list[str] = []
    for name in ("hash", "verify"):
        original = getattr(PasswordHasher, name)

        def noted(self: Any, *args: Any, _name: str = name, _original: Any = original, **kwargs: Any) -> Any:
            done.append(_name)
            return _original(self, *args, **kwargs)

        monkeypatch.setattr(PasswordHasher, name, noted)
    return done


def without_what_differs_anyway(html: str, email: str) -> str:
    return re.sub(r'(?<=csrf_token" value=")[^"]+|(?<=X-CSRFToken":")[^"]+', "", html).replace(email, "ADDRESS")


def test_a_new_address_gets_a_code_and_becomes_a_customer(visitor: Visitor) -> None:
    email = fresh_address()
    answer = visitor.register(email, name="Roya")
    assert (answer.status_code, answer.location) == (303, "/account/register/code")
    assert re.fullmatch(r"\d{3} \d{3}", visitor.code_for(email))
    finished = visitor.enter_code(visitor.code_for(email))
    assert (finished.status_code, finished.location) == (303, "/account")
    page = visitor.get("/account").text
    assert "Roya" in page
    assert email in page


def test_the_code_page_leads_back_to_where_the_shopper_was(visitor: Visitor) -> None:
    email = fresh_address()
    visitor.register(email, next="/cart")
    assert visitor.enter_code(visitor.code_for(email)).location == "/cart"


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_no_form_leads_to_another_site(visitor: Visitor, wanted: str) -> None:
    email = fresh_address()
    visitor.register(email, next=wanted)
    assert visitor.enter_code(visitor.code_for(email)).location == "/account"
    visitor.sign_out()
    assert visitor.sign_in(email, next=wanted).location == "/account"


def test_known_and_new_addresses_are_answered_alike(app: Flask, store: TestStore, hashes: list[str]) -> None:
    known, new = fresh_address(), fresh_address()
    Visitor(app, store).create_account(known)
    answers, work = [], []
    for email in (known, new):
        visitor = Visitor(app, store)
        hashes.clear()
        answer = visitor.register(email)
        work.append(list(hashes))
        page = visitor.get("/account/register/code")
        wrong = visitor.enter_code("000000")
        answers.append(
            [(r.status_code, r.location, without_what_differs_anyway(r.text, email)) for r in (answer, page, wrong)]
            + [sorted(set(answer.headers.keys())), sorted(set(page.headers.keys()))]
        )
    assert answers[0] == answers[1]
    assert work[0] == work[1] == ["hash"]
    letters = Visitor(app, store)
    assert [letter["template"] for letter in letters.letters_to(known)] == ["registration_code", "address_known"]
    assert [letter["template"] for letter in letters.letters_to(new)] == ["registration_code"]


def test_no_code_opens_the_registration_of_a_known_address(app: Flask, store: TestStore) -> None:
    email = fresh_address()
    owner = Visitor(app, store)
    owner.create_account(email)
    old_code = str(owner.letters_to(email)[0]["params"]["code"])
    intruder = Visitor(app, store)
    intruder.register(email, password="another password entirely")
    answer = intruder.enter_code(old_code)
    assert answer.status_code == 422
    assert "That code is not right or no longer valid." in answer.text
    assert not intruder.is_signed_in()
    assert Visitor(app, store).sign_in(email).status_code == 303


@pytest.mark.parametrize("digits", ["۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩"])
def test_the_code_is_taken_in_persian_and_arabic_digits(visitor: Visitor, digits: str) -> None:
    email = fresh_address()
    visitor.register(email)
    typed = visitor.code_for(email).translate(str.maketrans("0123456789", digits))
    assert visitor.enter_code(f" {typed} ").status_code == 303
    assert visitor.is_signed_in()


def test_a_wrong_code_is_said_at_the_field_and_in_the_summary(visitor: Visitor) -> None:
    email = fresh_address()
    visitor.register(email)
    right = visitor.code_for(email).replace(" ", "")
    answer = visitor.enter_code(f"{(int(right) + 1) % 1_000_000:06d}")
    assert answer.status_code == 422
    assert answer.text.count("That code is not right or no longer valid.") == 2
    assert "<title>Error:" in answer.text
    assert 'href="#code"' in answer.text
    assert 'id="code"' in answer.text
    assert visitor.enter_code(right).status_code == 303


def test_after_five_tries_the_right_code_is_refused_too(visitor: Visitor) -> None:
    email = fresh_address()
    visitor.register(email)
    right = visitor.code_for(email).replace(" ", "")
    for step in range(1, 6):
        assert visitor.enter_code(f"{(int(right) + step) % 1_000_000:06d}").status_code == 422
    assert visitor.enter_code(right).status_code == 422
    assert not visitor.is_signed_in()


def test_a_code_is_good_for_fifteen_minutes(visitor: Visitor, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    email = fresh_address()
    visitor.register(email)
    now = app.config["CLOCK"].now()

    class Later:
        def now(self) -> Any:
            return now + timedelta(minutes=15, seconds=5)

    monkeypatch.setitem(app.config, "CLOCK", Later())
    assert visitor.enter_code(visitor.code_for(email)).status_code == 422


def test_another_letter_brings_another_code_and_only_that_one_counts(visitor: Visitor) -> None:
    email = fresh_address()
    visitor.register(email)
    first = visitor.code_for(email)
    answer = visitor.post("/account/register/code/again", page="/account/register/code")
    assert (answer.status_code, answer.location) == (303, "/account/register/code?again=1")
    assert "Only the newest code is valid" in visitor.get(answer.location or "").text
    second = visitor.code_for(email)
    assert len(visitor.letters_to(email)) == 2
    if first != second:
        assert visitor.enter_code(first).status_code == 422
    assert visitor.enter_code(second).status_code == 303


@pytest.mark.parametrize(
    ("data", "field", "sentence"),
    [
        ({"email": "roya", "password": PASSWORD}, "register-email", "Enter an email address, like name@example.com."),
        ({"email": "", "password": PASSWORD}, "register-email", "Enter an email address, like name@example.com."),
        ({"email": "r@example.com", "password": "short"}, "register-password", "Choose a password of 8 characters or more."),
        ({"email": "r@example.com", "password": "Password1"}, "register-password", "among the first that attackers try"),
        ({"email": "royakarimi@example.com", "password": "royakarimi1"}, "register-password", "too close to your email"),
        ({"email": "r@example.com", "password": PASSWORD, "name": "n" * 81}, "register-name", "80 characters or fewer"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_twice_in_the_same_words_and_nothing_typed_is_lost(
    visitor: Visitor, data: dict[str, str], field: str, sentence: str
) -> None:
    answer = visitor.post("/account/register", data)
    assert answer.status_code == 422
    assert answer.text.count(sentence) == 2
    assert f'href="#{field}"' in answer.text
    assert "<title>Error:" in answer.text
    assert f'value="{data["email"]}"' in answer.text
    assert data["password"] not in answer.text
    assert "autofocus" in answer.text
    assert 'role="alert"' in answer.text


def test_a_form_without_fields_is_an_error_not_a_crash(visitor: Visitor) -> None:
    assert visitor.post("/account/register").status_code == 422
    assert visitor.post("/account/sign-in").status_code == 422
    visitor.register(fresh_address())
    assert visitor.post("/account/register/code", page="/account/register/code").status_code == 422


@pytest.mark.parametrize("path", ["/account/register/code", "/account/register/code/again"])
def test_without_a_registration_there_is_nothing_to_enter(visitor: Visitor, path: str) -> None:
    answer = visitor.post(path)
    assert (answer.status_code, answer.location) == (303, "/account/sign-in")
    assert visitor.get("/account/register/code").status_code == 303


def test_a_used_code_opens_nothing_again(visitor: Visitor) -> None:
    email = fresh_address()
    visitor.register(email)
    token = visitor.token("/account/register/code")
    pending_cookie = visitor.session_cookie()
    code = visitor.code_for(email)
    assert visitor.enter_code(code).status_code == 303
    visitor.carry_session(pending_cookie or "")
    again = visitor.send("/account/register/code", {"csrf_token": token, "code": code})
    assert (again.status_code, again.location) == (303, "/account/sign-in")


def test_in_persian_the_letter_is_persian_and_the_code_too(visitor: Visitor) -> None:
    email = fresh_address()
    visitor.get("/account/sign-in?lang=fa")
    answer = visitor.register(email)
    assert answer.status_code == 303
    letter = visitor.letters_to(email)[0]
    assert letter["locale"] == "fa"
    assert re.fullmatch("[۰-۹]{6}", letter["params"]["code"])
    assert visitor.enter_code(letter["params"]["code"]).status_code == 303
    assert 'dir="rtl"' in visitor.get("/account").text
