"""Failing too often locks an address and a caller for a while, says for how long, is kept, told, and can be lifted."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.accounts import lockout
from app.audit import log
from app.config import Config
from app.database.tenancy import use_store
from app.demo.accounts import DEMO_ACCOUNTS, PASSWORD
from tests.applications import another_application
from tests.conftest import TestStore
from tests.web.accounts.visitor import CONSOLE_SIGN_IN, Visitor, fresh_address

EMAILS = {account.role: account.email for account in DEMO_ACCOUNTS}


@pytest.fixture(scope="module")
def strict(app: Flask, config: Config) -> Iterator[Flask]:
    """The application as it is outside of tests: with its limits."""
    with another_application(config, rate_limits=True) as made:
        yield made


def tries(visitor: Visitor, email: str, password: str = "not the right one", caller: str = "192.0.2.1") -> int:
    data = {"csrf_token": visitor.token(CONSOLE_SIGN_IN), "email": email, "password": password}
    return visitor.send(CONSOLE_SIGN_IN, data, environ_overrides={"REMOTE_ADDR": caller}).status_code


def actions(app: Flask, store: TestStore) -> list[str]:
    with app.app_context(), use_store(store.id):
        return [entry.action for entry in log.list_entries()]


def test_an_address_is_locked_told_and_unlocked(strict: Flask, staffed: TestStore) -> None:
    visitor, email = Visitor(strict, staffed), EMAILS["admin"]
    answers = [tries(visitor, email, caller=f"192.0.2.{number}") for number in range(lockout.TRIES_OF_ACCOUNT)]
    assert answers == [422] * lockout.TRIES_OF_ACCOUNT
    assert tries(visitor, email, PASSWORD, "192.0.2.77") == 429, "the right password does not help now"
    data = {"csrf_token": visitor.token(CONSOLE_SIGN_IN), "email": email, "password": PASSWORD}
    locked = visitor.send(CONSOLE_SIGN_IN, data)
    assert "possible again in 15 minutes" in locked.text
    assert 0 < int(locked.headers["Retry-After"]) <= 900
    assert actions(strict, staffed) == ["sign_in_locked"]
    assert [letter["template"] for letter in visitor.letters_to(email)] == ["staff_locked"]

    owner = Visitor(strict, staffed)
    assert tries(owner, EMAILS["owner"], PASSWORD, "192.0.2.200") == 303
    assert "locked for 15 more minutes" in owner.get("/console/people").text
    assert "Signing in was locked 1 time since yesterday" in owner.get("/console/notices").text
    with strict.app_context(), use_store(staffed.id):
        from app.accounts import staff

        person = next(f"/console/people/{one.id}" for one in staff.list_staff() if one.email == email)
    assert owner.post(f"{person}/lock", page=person).status_code == 303
    assert tries(visitor, email, PASSWORD, "192.0.2.201") == 303
    assert actions(strict, staffed)[1] == "lock_lifted"


def test_an_address_that_nobody_has_is_locked_alike(strict: Flask, staffed: TestStore) -> None:
    visitor, email = Visitor(strict, staffed), fresh_address()
    answers = [tries(visitor, email, caller=f"192.0.2.{number}") for number in range(lockout.TRIES_OF_ACCOUNT + 1)]
    assert answers == [422] * lockout.TRIES_OF_ACCOUNT + [429]
    assert actions(strict, staffed) == []


def test_a_caller_is_locked_whatever_addresses_it_tries(strict: Flask, staffed: TestStore) -> None:
    visitor, caller = Visitor(strict, staffed), "198.51.100.7"
    answers = [tries(visitor, fresh_address(), caller=caller) for _ in range(lockout.TRIES_OF_CALLER)]
    assert answers == [422] * lockout.TRIES_OF_CALLER
    assert tries(visitor, EMAILS["owner"], PASSWORD, caller) == 429
    assert tries(visitor, EMAILS["owner"], PASSWORD, "198.51.100.8") == 303
    with strict.app_context(), use_store(staffed.id):
        locked = next(entry for entry in log.list_entries() if entry.action == "caller_locked")
        assert caller not in str(locked)


def test_success_forgets_the_failures_of_an_address(strict: Flask, staffed: TestStore) -> None:
    visitor = Visitor(strict, staffed)
    for number in range(3):
        for _ in range(3):
            assert tries(visitor, EMAILS["analyst"], caller=f"203.0.113.{number}") == 422
        assert tries(Visitor(strict, staffed), EMAILS["analyst"], PASSWORD, f"203.0.113.{number}") == 303


def test_redis_holds_no_address_of_those_who_try(strict: Flask, staffed: TestStore) -> None:
    email = fresh_address()
    tries(Visitor(strict, staffed), email, caller="203.0.113.99")
    keys = [key.decode() for key in strict.extensions["redis"].keys("*lock-out*")]
    assert keys
    assert not any("example.com" in key or "203.0.113" in key for key in keys)
