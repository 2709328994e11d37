"""A form of the account sent twice, as a double click sends it: with the same token and the same cookies. It does no harm."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import use_store
from tests.conftest import TestStore
from tests.web.accounts.visitor import PASSWORD, SIGN_IN, Visitor, fresh_address


def twice(visitor: Visitor, path: str, data: dict[str, str], *, page: str) -> list[Any]:
    """Both answers. The second request leaves the browser before the first one's cookies have come."""
    form = {"csrf_token": visitor.token(page), **data}
    cookie = visitor.session_cookie()
    first = visitor.send(path, form)
    visitor.carry_session(cookie or "")
    return [first, visitor.send(path, form)]


@pytest.fixture
def member(visitor: Visitor) -> str:
    """An address with an account; nobody is signed in."""
    email = fresh_address()
    visitor.create_account(email)
    visitor.sign_out()
    return email


def customers(app: Flask, store: TestStore) -> int:
    with app.app_context(), use_store(store.id):
        return int(db.session.execute(text("SELECT count(*) FROM customers")).scalar_one())


def test_signing_in_twice(visitor: Visitor, member: str) -> None:
    answers = twice(visitor, SIGN_IN, {"email": member, "password": PASSWORD}, page=SIGN_IN)
    assert [answer.status_code for answer in answers] == [303, 303]
    assert visitor.is_signed_in()


def test_registering_twice(visitor: Visitor, app: Flask, store: TestStore) -> None:
    email = fresh_address()
    answers = twice(visitor, "/account/register", {"email": email, "password": PASSWORD}, page=SIGN_IN)
    assert [answer.location for answer in answers] == ["/account/register/code"] * 2
    assert visitor.enter_code(visitor.code_for(email)).status_code == 303
    assert visitor.is_signed_in()
    assert customers(app, store) == 1


def test_entering_the_code_twice(visitor: Visitor, app: Flask, store: TestStore) -> None:
    email = fresh_address()
    visitor.register(email)
    page = "/account/register/code"
    answers = twice(visitor, page, {"code": visitor.code_for(email)}, page=page)
    assert [answer.status_code for answer in answers] == [303, 303]
    assert customers(app, store) == 1
    assert visitor.sign_in(email).status_code == 303


def test_asking_for_another_code_twice(visitor: Visitor) -> None:
    email = fresh_address()
    visitor.register(email)
    page = "/account/register/code"
    answers = twice(visitor, f"{page}/again", {}, page=page)
    assert all(answer.status_code in (303, 429) for answer in answers)
    visitor.register(email)  # a browser that lost its place begins again
    assert visitor.enter_code(visitor.code_for(email)).status_code == 303


@pytest.mark.parametrize(
    ("path", "data"),
    [("/account/language", {"locale": "fa"}), ("/account/sign-out", {}), ("/account/sign-out/everywhere", {})],
    ids=["language", "sign out", "everywhere"],
)
def test_what_a_member_sends_twice(visitor: Visitor, member: str, path: str, data: dict[str, str]) -> None:
    visitor.sign_in(member)
    answers = twice(visitor, path, data, page="/account")
    # Signed out by the first, the second has a token of a session that is no more: it is refused, or led to the door.
    assert answers[0].status_code == 303
    assert answers[1].status_code in (303, 403)
    assert visitor.is_signed_in() is (path == "/account/language")
