"""All owners leave at once: one stays. A link is followed by many at once: one comes in. With a control without the lock."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.accounts import invitations, repository, staff
from app.accounts.errors import AlreadyStaff, InvitationGone, LastOwner
from app.accounts.identity import StaffIdentity
from app.database.transaction import unit_of_work
from app.ids import StaffId
from tests.concurrency.racing import race
from tests.conftest import NOW, TestStore

MANY = 8


@unit_of_work
def owners(count: int) -> list[StaffId]:
    """So many people who own the store."""
    for number in range(count):
        repository.add_staff(email=f"o{number}@example.com", name="", password_hash="-", role="owner", now=NOW)
    return [one.id for one in staff.list_staff()]


def leave(staff_id: StaffId) -> Any:
    try:
        staff.remove(staff_id, actor=f"staff:{staff_id}", now=NOW)
        return "gone"
    except LastOwner:
        return "stays"


def test_of_all_owners_who_leave_at_once_one_stays(app: Flask, in_store: TestStore) -> None:
    people = owners(MANY)
    results = race(app, in_store.id, [lambda one=one: leave(one) for one in people])
    assert sorted(results) == ["gone"] * (MANY - 1) + ["stays"]
    assert len(staff.list_staff()) == 1


def test_control_without_the_lock_nobody_stays(
    app: Flask, in_store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = text(str(staff.LOCK).replace("FOR NO KEY UPDATE", "").replace("SELECT id", "SELECT pg_sleep(0.3), id"))
    monkeypatch.setattr(staff, "LOCK", slow)
    people = owners(2)
    assert race(app, in_store.id, [lambda one=one: leave(one) for one in people]) == ["gone", "gone"]
    assert staff.list_staff() == []


def test_a_link_lets_one_in_however_many_follow_it_at_once(app: Flask, in_store: TestStore) -> None:
    (owner,) = owners(1)
    made = invitations.invite("new@example.com", "admin", by=owner, inviter="O", locale="en", now=NOW)
    token, config = invitations._token(made), app.config["DUALCART"]

    def follow() -> Any:
        try:
            return invitations.accept(token, name="N", password="a teapot walks by", config=config, now=NOW)
        except (InvitationGone, AlreadyStaff) as refusal:
            return refusal.code

    results = race(app, in_store.id, [follow] * MANY)
    assert len([one for one in results if isinstance(one, StaffIdentity)]) == 1
    assert results.count("invitation_gone") == MANY - 1
    assert len(staff.list_staff()) == 2
