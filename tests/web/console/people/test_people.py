"""Who works here: inviting, changing, letting go, resetting; what none of it may leave behind."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from app.accounts import invitations, second_factor, staff
from app.audit import log
from app.database.base import db
from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.demo.accounts import DEMO_ACCOUNTS, PASSWORD, seed_accounts
from app.ids import StaffId
from tests.conftest import NOW, TestStore
from tests.web.accounts.visitor import Visitor, fresh_address

EMAILS = {account.role: account.email for account in DEMO_ACCOUNTS}
PEOPLE = "/console/people"
NEW_PASSWORD = "a teapot walks to the river"


@pytest.fixture
def owner(app: Flask, staffed: TestStore) -> Visitor:
    """An owner at work."""
    return at_work(app, staffed, "owner")


def at_work(app: Flask, store: TestStore, role: str) -> Visitor:
    visitor = Visitor(app, store)
    assert visitor.sign_in_to_console(EMAILS[role], PASSWORD).status_code == 303
    return visitor


def id_of(visitor: Visitor, role: str) -> str:
    with visitor.app.app_context(), use_store(visitor.store.id):
        return str(next(one.id for one in staff.list_staff() if one.email == EMAILS[role]))


def link_to(visitor: Visitor, email: str) -> str:
    """The link as the letter has it."""
    with visitor.app.app_context(), use_store(visitor.store.id):
        return next(
            f"/console/invitations/{invitations._token(one.id)}"
            for one in invitations.list_open()
            if one.email == email
        )


def entries(visitor: Visitor) -> list[str]:
    with visitor.app.app_context(), use_store(visitor.store.id):
        assert log.verify().broken_at is None
        return [entry.action for entry in log.list_entries() if entry.action != "signed_in"]


def invite(visitor: Visitor, email: str, role: str = "analyst", **more: str) -> Any:
    return visitor.post(f"{PEOPLE}/invitations", {"email": email, "role": role, **more}, page=PEOPLE)


def test_everybody_is_listed_with_role_and_last_sign_in(owner: Visitor) -> None:
    page = owner.get(PEOPLE).text
    assert all(f"<bdi>{EMAILS[role]}</bdi>" in page for role in ("seller", "analyst", "admin", "owner"))
    assert page.count("never signed in") == 3


def test_an_invitation_is_good_once(app: Flask, owner: Visitor) -> None:
    email = fresh_address()
    assert invite(owner, f" {email.upper()} ", "seller").status_code == 303
    link, guest = link_to(owner, email), Visitor(app, owner.store)
    assert "seller" in guest.get(link).text
    for bad in ("short", "password123"):
        assert guest.post(link, {"name": "Mina", "password": bad}, page=link).status_code == 422
    answer = guest.post(link, {"name": "Mina", "password": NEW_PASSWORD}, page=link)
    assert (answer.status_code, answer.location) == (303, "/console")
    assert "Mina" in guest.get("/console/seller").text
    assert Visitor(app, owner.store).get(link).status_code == 404
    assert Visitor(app, owner.store).sign_in_to_console(email, NEW_PASSWORD).location == "/console"
    assert "Mina" in owner.get(PEOPLE).text
    assert entries(owner) == ["invitation_accepted", "staff_invited"]


def test_the_letter_has_the_link_and_the_database_has_not(app: Flask, owner: Visitor) -> None:
    email = fresh_address()
    invite(owner, email, "admin", language="fa")
    link = link_to(owner, email)
    with app.app_context(), use_store(owner.store.id):
        for table in ("outbox", "staff_invitations", "audit_entries"):
            rows = db.session.execute(text(f"SELECT t::text FROM {table} t")).scalars().all()
            assert not any(link.rpartition("/")[2] in row for row in rows), table
            assert table != "audit_entries" or not any(email in row for row in rows)


def test_a_revoked_invitation_opens_nothing_until_that_is_undone(app: Flask, owner: Visitor) -> None:
    email = fresh_address()
    invite(owner, email)
    link = link_to(owner, email)
    path = re.findall(rf'action="({PEOPLE}/invitations/[^"]+/removal)"', owner.get(PEOPLE).text)[0]
    answer = owner.post(path, page=PEOPLE)
    assert Visitor(app, owner.store).get(link).status_code == 404
    undo = re.findall(rf'action="({PEOPLE}/invitations/[^"]+/return)"', owner.get(answer.location).text)[0]
    assert owner.post(undo, page=PEOPLE).status_code == 303
    assert Visitor(app, owner.store).get(link).status_code == 200
    assert owner.post(undo, page=PEOPLE).status_code == 404


def test_an_invitation_expires(app: Flask, owner: Visitor) -> None:
    email = fresh_address()
    invite(owner, email)
    link = link_to(owner, email)
    with app.app_context(), use_store(owner.store.id), transaction() as session:
        session.execute(text("UPDATE staff_invitations SET expires_at = :then"), {"then": NOW - timedelta(days=400)})
    assert Visitor(app, owner.store).get(link).status_code == 404
    assert "expired" in owner.get(PEOPLE).text
    assert invite(owner, email).status_code == 303, "sent again: a new one takes its place"
    assert owner.get(PEOPLE).text.count(f"<bdi>{email}</bdi>") == 1


def test_bad_invitations_are_refused(owner: Visitor) -> None:
    assert invite(owner, "nobody").status_code == 422
    assert invite(owner, fresh_address(), "king").status_code == 422
    assert invite(owner, EMAILS["admin"]).status_code == 409
    assert entries(owner) == []


def test_a_role_changes_with_what_it_gives_and_takes_and_signs_out(app: Flask, owner: Visitor) -> None:
    admin = at_work(app, owner.store, "admin")
    person = f"{PEOPLE}/{id_of(owner, 'admin')}"
    page = owner.get(f"{person}?role=analyst").text
    assert "Loses:" in page
    assert "Gains:" not in page
    answer = owner.post(f"{person}/role", {"seen": "admin", "role": "analyst"}, page=f"{person}?role=analyst")
    assert answer.status_code == 303
    assert admin.get("/console").status_code == 303, "the old session knew the old role"
    late = owner.post(f"{person}/role", {"seen": "admin", "role": "owner"}, page=person)
    assert late.status_code == 409
    assert owner.post(f"{person}/role", {"seen": "analyst", "role": "king"}, page=person).status_code == 422
    assert entries(owner) == ["role_changed"]


def test_the_last_owner_stays(app: Flask, owner: Visitor) -> None:
    person = f"{PEOPLE}/{id_of(owner, 'owner')}"
    assert owner.post(f"{person}/role", {"seen": "owner", "role": "admin"}, page=person).status_code == 409
    assert owner.post(f"{person}/removal", page=person).status_code == 409
    assert owner.get(PEOPLE).status_code == 200
    other = f"{PEOPLE}/{id_of(owner, 'admin')}"
    owner.post(f"{other}/role", {"seen": "admin", "role": "owner"}, page=other)
    assert owner.post(f"{person}/removal", page=person).status_code == 303
    assert owner.get(PEOPLE).status_code == 303


def test_who_is_removed_is_out_at_once_and_may_be_invited_again(app: Flask, owner: Visitor) -> None:
    analyst = at_work(app, owner.store, "analyst")
    known = id_of(owner, "analyst")
    assert owner.post(f"{PEOPLE}/{known}/removal", page=f"{PEOPLE}/{known}").status_code == 303
    assert analyst.get("/console").status_code == 303
    assert Visitor(app, owner.store).sign_in_to_console(EMAILS["analyst"], PASSWORD).status_code == 422
    assert owner.get(f"{PEOPLE}/{known}").status_code == 404
    assert "Nika" in owner.get("/console/audit").text, "the log still knows who it was"
    invite(owner, EMAILS["analyst"], "seller")
    link = link_to(owner, EMAILS["analyst"])
    back = Visitor(app, owner.store)
    assert back.post(link, {"name": "Nika", "password": NEW_PASSWORD}, page=link).location == "/console"
    assert id_of(owner, "analyst") == known


def test_a_second_step_is_reset_by_an_owner_and_told(app: Flask, owner: Visitor) -> None:
    known = id_of(owner, "admin")
    with app.app_context(), use_store(owner.store.id):
        secret, at = second_factor.new_secret(), app.config["CLOCK"].now()
        step = int(at.timestamp()) // second_factor.STEP_SECONDS * second_factor.STEP_SECONDS
        second_factor.confirm(StaffId(UUID(known)), secret, second_factor._totp(secret).generate(step).decode(), at)
    assert Visitor(app, owner.store).sign_in_to_console(EMAILS["admin"], PASSWORD).location == "/console/sign-in/code"
    page = owner.get(f"{PEOPLE}/{known}").text
    assert "Reset the second step" in page
    assert owner.post(f"{PEOPLE}/{known}/second-step", page=f"{PEOPLE}/{known}").status_code == 303
    assert Visitor(app, owner.store).sign_in_to_console(EMAILS["admin"], PASSWORD).location == "/console"
    assert [letter["template"] for letter in owner.letters_to(EMAILS["admin"])] == ["staff_factor_reset"]
    assert entries(owner)[0] == "second_factor_reset"


def test_only_owners_come_here_and_only_to_their_own_store(app: Flask, owner: Visitor, make_store: Any) -> None:
    for role in ("seller", "analyst", "admin"):
        assert at_work(app, owner.store, role).get(PEOPLE).status_code == 403
    elsewhere = make_store()
    with app.app_context(), use_store(elsewhere.id):
        seed_accounts(NOW)
    stranger = id_of(at_work(app, elsewhere, "owner"), "seller")
    assert owner.get(f"{PEOPLE}/{stranger}").status_code == 404
    assert owner.post(f"{PEOPLE}/{stranger}/removal", page=PEOPLE).status_code == 404
