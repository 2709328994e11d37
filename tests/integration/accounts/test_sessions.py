"""Sessions on a real Valkey: what a guest costs, who can be revoked, what happens when it is away."""

from typing import Any

import msgspec
import pytest
import redis
from flask import Flask

from app.accounts import identity
from app.cache.client import store_key
from app.database import tenancy
from tests.conftest import TestStore
from tests.web.accounts.visitor import PASSWORD, SIGN_IN, Visitor, fresh_address


@pytest.fixture
def commands(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notes every session command to Redis."""
    seen: list[str] = []
    original = redis.Redis.execute_command

    def noted(self: Any, *args: Any, **options: Any) -> Any:
        if ":session:" in str(args[1:2]):
            seen.append(str(args[0]))
        return original(self, *args, **options)

    monkeypatch.setattr(redis.Redis, "execute_command", noted)
    return seen


class Away:
    """A Redis that does not answer."""

    def __getattr__(self, name: str) -> Any:
        def fail(*args: Any, **kwargs: Any) -> Any:
            raise redis.ConnectionError("away")

        return fail


def test_a_guests_page_costs_no_session_command_and_keeps_the_cookie(visitor: Visitor, commands: list[str]) -> None:
    visitor.token()
    cookie = visitor.session_cookie()
    commands.clear()
    for _ in range(3):
        answer = visitor.get(SIGN_IN)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    assert commands == []
    assert visitor.session_cookie() == cookie


def test_a_customers_page_costs_one_session_command_and_no_query_for_the_person(
    visitor: Visitor, app: Flask, commands: list[str]
) -> None:
    visitor.create_account(fresh_address())
    commands.clear()
    with app.test_request_context(
        base_url=f"http://{visitor.store.host}", headers={"Cookie": f"dualcart={visitor.session_cookie()}"}
    ):
        app.preprocess_request()
        assert identity.current_customer_id() is not None
        assert identity.current_customer_id() is not None
        assert identity.current_staff() is None
    assert commands == ["GETEX"]


def test_after_signing_out_a_guest_costs_nothing_again(visitor: Visitor, commands: list[str]) -> None:
    visitor.create_account(fresh_address())
    visitor.sign_out()
    commands.clear()
    assert visitor.get(SIGN_IN).status_code == 200
    assert commands == []


def test_all_sessions_of_a_person_end_at_once(app: Flask, store: TestStore) -> None:
    email = fresh_address()
    devices = [Visitor(app, store) for _ in range(3)]
    devices[0].create_account(email)
    for device in devices[1:]:
        device.sign_in(email)
    with app.app_context(), tenancy.use_store(store.id):
        listed = app.extensions["redis"].keys(store_key("sessions-of", "c:*"))
        assert len(listed) == 1
        assert app.extensions["redis"].scard(listed[0]) == 3
        identity.revoke_sessions(listed[0].decode().rsplit("sessions-of:", 1)[1])
    assert [device.is_signed_in() for device in devices] == [False] * 3


def test_sessions_that_ended_leave_the_list(app: Flask, store: TestStore) -> None:
    email = fresh_address()
    visitor = Visitor(app, store)
    visitor.create_account(email)
    for _ in range(3):
        visitor.sign_out()
        visitor.sign_in(email)
    with app.app_context(), tenancy.use_store(store.id):
        (listed,) = app.extensions["redis"].keys(store_key("sessions-of", "*"))
        assert app.extensions["redis"].scard(listed) == 1
        assert app.extensions["redis"].ttl(listed) > 0


def test_a_session_has_an_end_even_when_it_is_used(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor.create_account(fresh_address())
    assert visitor.is_signed_in()
    later = identity.time.time() + identity.CUSTOMER_SECONDS + 1
    monkeypatch.setattr(identity.time, "time", lambda: later)
    assert not visitor.is_signed_in()


def test_without_redis_signing_in_is_refused_before_the_password_is_looked_at(
    visitor: Visitor, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    email = fresh_address()
    visitor.create_account(email)
    visitor.sign_out()
    token = visitor.token()
    monkeypatch.setitem(app.extensions, "redis", Away())
    for password in (PASSWORD, "not the right one"):
        answer = visitor.send(SIGN_IN, {"csrf_token": token, "email": email, "password": password})
        assert answer.status_code == 503
        assert "Signing in is not possible right now." in answer.text
    registered = visitor.send(
        "/account/register", {"csrf_token": token, "email": fresh_address(), "password": PASSWORD}
    )
    assert registered.status_code == 503


def test_without_redis_a_customer_is_told_and_not_asked_to_sign_in(
    visitor: Visitor, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.create_account(fresh_address())
    token = visitor.token("/account")
    with monkeypatch.context() as patch:
        patch.setitem(app.extensions, "redis", Away())
        assert visitor.get("/account").status_code == 503
        signed_out = visitor.send("/account/sign-out", {"csrf_token": token})
        assert signed_out.status_code == 503
        assert "still signed in" in signed_out.text
        assert visitor.send("/account/sign-out/everywhere", {"csrf_token": token}).status_code == 503
    assert visitor.is_signed_in()


def test_a_session_that_could_not_be_listed_is_no_session(
    visitor: Visitor, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    email = fresh_address()
    visitor.create_account(email)
    visitor.sign_out()
    token = visitor.token()

    def fail(*args: Any) -> None:
        monkeypatch.setitem(app.extensions, "redis", Away())
        raise redis.ConnectionError("away")

    with monkeypatch.context() as patch:
        patch.setattr(identity, "_enlist", fail)
        answer = visitor.send(SIGN_IN, {"csrf_token": token, "email": email, "password": PASSWORD})
    assert answer.status_code == 503
    assert "Set-Cookie" not in answer.headers


def test_a_password_kept_under_old_parameters_is_renewed_at_sign_in(
    visitor: Visitor, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.accounts import passwords, repository

    email = fresh_address()
    visitor.create_account(email)
    visitor.sign_out()
    stronger = msgspec.structs.replace(app.config["DUALCART"], password_time_cost=2)
    monkeypatch.setitem(app.config, "DUALCART", stronger)
    assert visitor.sign_in(email).status_code == 303
    with app.app_context(), tenancy.use_store(visitor.store.id):
        record = repository.find_customer_by_email(email)
        assert record
        assert record.password_hash
        assert not passwords.outdated(record.password_hash, stronger)
    visitor.sign_out()
    assert visitor.sign_in(email).status_code == 303
