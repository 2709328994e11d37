"""`flask staff`: a store's first owner comes in by a letter, and an owner who has lost everything starts anew."""

from typing import Any

from flask import Flask

from app.accounts import invitations, staff
from app.audit import log
from app.database.tenancy import use_store
from tests.conftest import TestStore
from tests.web.accounts.visitor import Visitor, fresh_address


def test_the_first_owner(app: Flask, store: TestStore) -> None:
    def run(*words: str) -> Any:
        return app.test_cli_runner().invoke(args=["staff", *words, "--store", store.slug])

    email, visitor = fresh_address(), Visitor(app, store)
    assert run("invite", email).output == f"owner of {store.slug} invited\n"
    assert run("invite", "nobody").exit_code == 2
    assert run("invite", email, "--role", "king").exit_code == 2
    assert run("reset", email).exit_code == 2
    with app.app_context(), use_store(store.id):
        link = f"/console/invitations/{invitations._token(invitations.list_open()[0].id)}"
    assert visitor.post(link, {"name": "", "password": "a teapot walks by"}, page=link).location == "/console"
    assert run("invite", email).exit_code == 2
    assert run("reset", email.upper()).exit_code == 0
    assert visitor.get("/console").status_code == 303
    with app.app_context(), use_store(store.id):
        (only,) = staff.list_staff()
        assert only.role == "owner"
        assert [entry.action for entry in log.list_entries() if entry.actor.startswith("operator:")] == [
            "second_factor_reset",
            "staff_invited",
        ]
