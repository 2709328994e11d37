"""The second step of staff's sign-in: set up by who must, asked of who has it, codes that open one door once."""

import re

import pytest
from flask import Flask
from sqlalchemy import text

from app import sealing
from app.accounts import second_factor
from app.audit import log
from app.console import sign_in_pages
from app.database.base import db
from app.database.tenancy import use_store
from app.demo.accounts import DEMO_ACCOUNTS, PASSWORD
from tests.conftest import TestStore
from tests.web.accounts.visitor import Visitor

EMAILS = {account.role: account.email for account in DEMO_ACCOUNTS}
CODE = "/console/sign-in/code"


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """As outside the demonstration."""
    monkeypatch.setattr(sign_in_pages, "must_have", lambda role: role in sign_in_pages.MUST_HAVE_SECOND_FACTOR)


def now() -> float:
    from flask import current_app

    return float(current_app.config["CLOCK"].now().timestamp())


def code_of(app: Flask, secret: str, steps: int = 0) -> str:
    with app.app_context():
        step = int(now()) // second_factor.STEP_SECONDS + steps
        return second_factor._totp(secret).generate(step * second_factor.STEP_SECONDS).decode()


def secret_on(page: str) -> str:
    found = re.search(r"secret=([A-Z2-7]+)", page)
    assert found
    return found[1]


def set_up(app: Flask, store: TestStore, role: str = "owner") -> tuple[str, list[str]]:
    """Sign in for the first time; the secret and the recovery codes."""
    visitor = Visitor(app, store)
    assert visitor.sign_in_to_console(EMAILS[role], PASSWORD).location == CODE
    secret = secret_on(visitor.get(CODE).text)
    answer = visitor.post(CODE, {"code": code_of(app, secret)}, page=CODE)
    assert answer.status_code == 200, answer.text
    assert visitor.get("/console").status_code == 200
    return secret, re.findall(r'<code dir="ltr">([a-z0-9-]+)</code>', answer.text)


def test_who_must_have_it_sets_it_up_before_anything_else(app: Flask, staffed: TestStore, strict: None) -> None:
    visitor = Visitor(app, staffed)
    assert visitor.sign_in_to_console(EMAILS["admin"], PASSWORD).location == CODE
    assert visitor.get("/console").status_code == 303, "a password alone opens nothing"
    wrong = visitor.post(CODE, {"code": "000000"}, page=CODE)
    assert wrong.status_code == 422
    assert visitor.get("/console").status_code == 303
    _secret, codes = set_up(app, staffed, "admin")
    assert len(set(codes)) == 10


@pytest.mark.parametrize("role", ["seller", "analyst"])
def test_others_may_go_without(app: Flask, staffed: TestStore, strict: None, role: str) -> None:
    visitor = Visitor(app, staffed)
    assert visitor.sign_in_to_console(EMAILS[role], PASSWORD).location == "/console"
    assert "Set it up" in visitor.get("/console/you").text


def test_a_code_lets_in_once(app: Flask, staffed: TestStore, strict: None) -> None:
    secret, _codes = set_up(app, staffed)
    code = code_of(app, secret, 1)  # the one of the set-up is used up
    first, second = Visitor(app, staffed), Visitor(app, staffed)
    for visitor in (first, second):
        assert visitor.sign_in_to_console(EMAILS["owner"], PASSWORD).location == CODE
    assert first.post(CODE, {"code": f"{code[:3]} {code[3:]}"}, page=CODE).location == "/console"
    assert second.post(CODE, {"code": code}, page=CODE).status_code == 422
    assert second.get("/console").status_code == 303


def test_a_recovery_code_lets_in_once(app: Flask, staffed: TestStore, strict: None) -> None:
    _secret, codes = set_up(app, staffed)
    for expected in (303, 422):
        visitor = Visitor(app, staffed)
        visitor.sign_in_to_console(EMAILS["owner"], PASSWORD)
        assert visitor.post(CODE, {"code": codes[0].upper()}, page=CODE).status_code == expected
    with app.app_context(), use_store(staffed.id):
        assert [entry.details.get("how") for entry in log.list_entries(action="signed_in")] == ["recovery_code", "totp"]


def test_another_phone_takes_the_place_of_the_first(app: Flask, staffed: TestStore, strict: None) -> None:
    old, old_codes = set_up(app, staffed)
    visitor = Visitor(app, staffed)
    visitor.sign_in_to_console(EMAILS["owner"], PASSWORD)
    visitor.post(CODE, {"code": old_codes[0]}, page=CODE)
    page = "/console/you/second-factor"
    new = secret_on(visitor.get(page).text)
    assert visitor.post(page, {"code": "123456"}, page=page).status_code == 422
    answer = visitor.post(page, {"code": code_of(app, new)}, page=page)
    assert answer.status_code == 200
    late = Visitor(app, staffed)
    late.sign_in_to_console(EMAILS["owner"], PASSWORD)
    for refused in (code_of(app, old, 1), old_codes[1]):
        assert late.post(CODE, {"code": refused}, page=CODE).status_code == 422
    assert late.post(CODE, {"code": code_of(app, new, 1)}, page=CODE).status_code == 303


def test_the_step_is_not_there_without_a_password(app: Flask, staffed: TestStore, strict: None) -> None:
    visitor = Visitor(app, staffed)
    assert visitor.get(CODE).location == "/console/sign-in"
    assert visitor.post(CODE, {"code": "123456"}, page="/console/sign-in").location == "/console/sign-in"


def test_the_secret_is_not_in_the_database(app: Flask, staffed: TestStore, strict: None) -> None:
    secret, codes = set_up(app, staffed)
    with app.app_context(), use_store(staffed.id):
        rows = db.session.execute(text("SELECT f::text FROM staff_factors f")).scalars().all()
        rows += db.session.execute(text("SELECT c::text FROM staff_recovery_codes c")).scalars().all()
    assert not any(secret in row or codes[0] in row for row in rows)


def test_signed_out_everywhere(app: Flask, staffed: TestStore) -> None:
    here, there = Visitor(app, staffed), Visitor(app, staffed)
    for visitor in (here, there):
        visitor.sign_in_to_console(EMAILS["owner"], PASSWORD)
    assert here.post("/console/you/sign-out", page="/console/you").status_code == 303
    assert there.get("/console").status_code == 303


def test_a_sealed_text_opens_in_its_place_only() -> None:
    sealed = sealing.seal("k" * 32, "secret", "store|table|column|1")
    assert sealing.unseal("k" * 32, sealed, "store|table|column|1") == "secret"
    for key, about, text_ in (
        ("k" * 32, "store|table|column|2", sealed),
        ("x" * 32, "store|table|column|1", sealed),
        ("k" * 32, "store|table|column|1", sealed[:-4] + "AAAA"),
        ("k" * 32, "store|table|column|1", "nonsense"),
    ):
        with pytest.raises(sealing.Unreadable):
            sealing.unseal(key, text_, about)
