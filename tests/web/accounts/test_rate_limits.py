"""Guessing is slowed down, per caller and per address, and the page says for how long."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.config import Config
from tests.applications import another_application
from tests.conftest import TestStore
from tests.web.accounts.visitor import CONSOLE_SIGN_IN, SIGN_IN, Visitor, fresh_address


@pytest.fixture
def limited(app: Flask, config: Config) -> Iterator[Flask]:
    """The application with its limits on."""
    with another_application(config, rate_limits=True) as limited:
        yield limited


def attempt(visitor: Visitor, email: str, *, address: str, page: str = SIGN_IN) -> int:
    data = {"csrf_token": visitor.token(page), "email": email, "password": "not the right one"}
    return visitor.send(page, data, environ_overrides={"REMOTE_ADDR": address}).status_code


def test_one_caller_may_try_twenty_times(limited: Flask, store: TestStore) -> None:
    visitor = Visitor(limited, store)
    assert [attempt(visitor, fresh_address(), address="192.0.2.1") for _ in range(20)] == [422] * 20
    assert attempt(visitor, fresh_address(), address="192.0.2.1") == 429
    assert attempt(visitor, fresh_address(), address="192.0.2.1", page=CONSOLE_SIGN_IN) == 429
    assert attempt(visitor, fresh_address(), address="192.0.2.2") == 422


def test_one_address_may_be_tried_ten_times_from_wherever(limited: Flask, store: TestStore) -> None:
    visitor, email = Visitor(limited, store), fresh_address()
    for number in range(10):
        assert attempt(visitor, email.upper() if number % 2 else email, address=f"192.0.2.{number}") == 422
    assert attempt(visitor, email, address="192.0.2.99") == 429
    assert attempt(visitor, fresh_address(), address="192.0.2.99") == 422


def test_the_page_says_how_long_to_wait(limited: Flask, store: TestStore) -> None:
    visitor, email = Visitor(limited, store), fresh_address()
    for _ in range(10):
        attempt(visitor, email, address="192.0.2.1")
    token = visitor.token()
    answer = visitor.send(SIGN_IN, {"csrf_token": token, "email": email, "password": "x"})
    assert answer.status_code == 429
    assert "Too many tries. You can try again in 10 minutes." in answer.text
    assert 0 < int(answer.headers["Retry-After"]) <= 601
    persian = visitor.send(f"{SIGN_IN}?lang=fa", {"csrf_token": token, "email": email, "password": "x"})
    assert "۱۰ دقیقهٔ دیگر" in persian.text
    assert visitor.get(SIGN_IN).status_code == 200


def test_registering_and_sending_codes_is_limited_too(limited: Flask, store: TestStore) -> None:
    email = fresh_address()
    answers = [Visitor(limited, store).register(email).status_code for _ in range(6)]
    assert answers == [303] * 5 + [429]
    visitor = Visitor(limited, store)
    visitor.register(fresh_address())
    page = "/account/register/code"
    again = [visitor.post("/account/register/code/again", page=page).status_code for _ in range(4)]
    assert again == [303] * 3 + [429]


def test_redis_holds_no_address_in_clear(limited: Flask, store: TestStore) -> None:
    email = fresh_address()
    attempt(Visitor(limited, store), email, address="192.0.2.1")
    keys = [key.decode() for key in limited.extensions["redis"].keys("*dc-limit*")]
    assert keys
    assert not any(email in key or "example.com" in key for key in keys)


def test_nobody_gets_more_than_twenty_letters_a_day(limited: Flask, store: TestStore, monkeypatch: Any) -> None:
    import time

    email, began = fresh_address(), time.time()
    answers = []
    for number in range(21):
        moment = began + number * 700
        monkeypatch.setattr("limits.storage.redis.time.time", lambda moment=moment: moment)
        answers.append(Visitor(limited, store).register(email))
    assert [answer.status_code for answer in answers] == [303] * 20 + [429]
    assert "You can try again in 21 hours." in answers[-1].text
