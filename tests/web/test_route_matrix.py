"""Every route against every role: who is let in, what another store's ids lead to, and that looking changes nothing.

Built from `flask routes-matrix --json`, so that a new route is tried without anybody thinking of it; who may come through is
held against tests/web/route_table.py.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.accounts import invitations, repository, staff
from app.database.base import Base, db
from app.database.tenancy import use_store
from app.database.transaction import finish_reading, transaction
from app.demo.accounts import DEMO_ACCOUNTS, PASSWORD, seed_accounts
from app.ids import CustomerId
from app.recovery import campaigns
from app.stores import service
from tests.bank import ScriptedBank
from tests.conftest import NOW, TestStore
from tests.factories import make_product
from tests.ordering import place, put, ready
from tests.web.accounts.visitor import Visitor
from tests.web.route_table import CUSTOMER, CUSTOMERS_ONLY, EVERYBODY, GUEST, OPEN, ROLES, allowed

EMAILS = {account.role: account.email for account in DEMO_ACCOUNTS}
SECRET = "Leakage"  # stands in everything of the other store that has a name
SIGN_IN = {"/console": "/console/sign-in", "/account": "/account/sign-in"}
# Looking at personal data is entered into the audit log, by design.
LOOKED = re.compile(r".*_viewed$")
AUDIT = ("audit_entries", "audit_heads")
# What is not the store's: moving the demonstration's clock would move it for all tests.
LEFT_OUT = {"/demo/mailbox/clock", "/static/<path:filename>"}

Row = dict[str, Any]


@dataclass
class Stage:
    """Two stores with the same people; ids of things in each, by the names that routes have for them."""

    app: Flask
    here: TestStore
    elsewhere: TestStore
    own: dict[str, str]
    foreign: dict[str, str]
    visitors: dict[str, Visitor]


@pytest.fixture(scope="module")
def matrix(app: Flask) -> list[Row]:
    """Every route, once for each method."""
    listed: list[Row] = json.loads(app.test_cli_runner().invoke(args=["routes-matrix", "--json"]).output)
    rows = [{**row, "method": method} for row in listed for method in row["methods"]]
    return [row for row in rows if row["path"] not in LEFT_OUT]


@pytest.fixture(scope="module")
def stage(app: Flask, owner_engine: Engine) -> Iterator[Stage]:
    """Furnished once for all roles."""
    here, elsewhere = _store(owner_engine), _store(owner_engine)
    with app.app_context():
        own, foreign = _furnish(here, "Wool"), _furnish(elsewhere, SECRET) | {"pane": "none", "answer": "none"}
    visitors = {role: Visitor(app, here) for role in ROLES}
    assert visitors[CUSTOMER].sign_in(EMAILS["customer"], PASSWORD).status_code == 303
    for role in sorted(EVERYBODY):
        assert visitors[role].sign_in_to_console(EMAILS[role], PASSWORD).status_code == 303
    yield Stage(app, here, elsewhere, own, foreign, visitors)
    for store in (here, elsewhere):
        with app.app_context(), use_store(store.id), transaction() as session:
            session.execute(text("DELETE FROM outbox"))


def test_every_console_door_is_declared_and_asks_for_exactly_those_roles(matrix: list[Row]) -> None:
    console = [row for row in matrix if row["path"] == "/console" or row["path"].startswith("/console/")]
    asked = {(row["method"], row["path"]): frozenset(row["roles"] or OPEN) for row in console}
    declared = {door: allowed(*door) for door in asked}
    assert [door for door, who in declared.items() if who is None] == [], "say in tests/web/route_table.py who may"
    assert asked == declared
    assert all(row["roles"] or row["audience"] == "everyone" for row in console)


def test_the_shop_asks_for_customers_where_it_says_so(matrix: list[Row]) -> None:
    shop = {(row["method"], row["path"]) for row in matrix if row["roles"] == ["customer"]}
    assert shop == CUSTOMERS_ONLY
    assert not [row for row in matrix if row["audience"] != "staff" and row["roles"] not in ([], ["customer"])]


@pytest.mark.parametrize("role", ROLES)
def test_who_may_not_is_turned_away_and_changes_nothing(stage: Stage, matrix: list[Row], role: str) -> None:
    visitor, before = stage.visitors[role], _state(stage.app, stage.here)
    token = visitor.token("/account/sign-in" if role == GUEST else "/cart")
    for row in matrix:
        who = _who(row)
        if role in who:
            continue
        answer = _ask(visitor, row, stage.own, token)
        if role == GUEST or (who == {CUSTOMER} and role != CUSTOMER):
            there = SIGN_IN["/console" if row["path"].startswith("/console") else "/account"]
            assert (answer.status_code, (answer.location or "").startswith(there)) == (303, True), row
        else:
            assert answer.status_code == 403, row
    assert _changed(before, _state(stage.app, stage.here)) == []


@pytest.mark.parametrize("role", ROLES)
def test_what_is_another_stores_is_not_there(stage: Stage, matrix: list[Row], role: str) -> None:
    visitor, before = stage.visitors[role], _state(stage.app, stage.elsewhere)
    ours = _state(stage.app, stage.here)
    token = visitor.token("/account/sign-in" if role == GUEST else "/cart")
    for row in matrix:
        if role not in _who(row) or (row["method"] == "POST" and "<" not in row["path"]):
            continue
        answer = _ask(visitor, row, stage.foreign, token)
        assert answer.status_code < 500, row
        assert SECRET not in answer.text, row
        if row["path"].startswith("/console/") and "_id>" in row["path"]:
            assert answer.status_code == 404, row
    assert _changed(before, _state(stage.app, stage.elsewhere)) == []
    assert _changed(ours, _state(stage.app, stage.here)) == []


@pytest.mark.parametrize("role", [GUEST, CUSTOMER, "seller", "owner"])
def test_looking_changes_nothing(stage: Stage, matrix: list[Row], role: str) -> None:
    visitor, before = stage.visitors[role], _state(stage.app, stage.here)
    for row in matrix:
        if row["method"] != "GET" or role not in _who(row):
            continue
        entries = _entries(stage)
        answer = _ask(visitor, row, stage.own, "")
        assert answer.status_code < 500, row
        assert not (row["roles"] and "/sign-in" in (answer.location or "")), row
        after = _state(stage.app, stage.here)
        changed = _changed(before, after)
        if set(changed) <= set(AUDIT):
            assert all(LOOKED.match(action) for action in _entries(stage)[len(entries) :]), row
        else:
            assert changed == [], row
        before = after


def _who(row: Row) -> frozenset[str]:
    who = allowed(row["method"], row["path"]) if row["path"].startswith("/console") else None
    return who or frozenset(row["roles"] or OPEN)


def _ask(visitor: Visitor, row: Row, ids: dict[str, str], token: str) -> Any:
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: ids.get(found[1], ids["else"]), row["path"])
    path = path if "<int:" not in row["path"] else re.sub(r"(?<=/)[0-9a-f-]{36}$|(?<=steps/)[^/]+", "1", path)
    if row["method"] == "GET":
        return visitor.get(path)
    return visitor.send(path, {"csrf_token": token, "op_id": str(uuid4())})


def _entries(stage: Stage) -> list[str]:
    with stage.app.app_context(), use_store(stage.here.id):
        actions = db.session.execute(text("SELECT action FROM audit_entries ORDER BY number")).scalars().all()
        finish_reading()
        return list(actions)


# Of every table of a store: how many rows, and a number that any written row changes.
def _state(app: Flask, store: TestStore) -> dict[str, tuple[int, int]]:
    tables = sorted(name for name, table in Base.metadata.tables.items() if "store_id" in table.columns)
    each = " UNION ALL ".join(
        f"SELECT '{name}', count(*), coalesce(sum(xmin::text::bigint), 0) FROM {name} WHERE store_id = :store"
        for name in tables
    )
    with app.app_context(), use_store(store.id):
        rows = db.session.execute(text(each), {"store": store.id}).all()
        finish_reading()
    return {name: (count, int(mark)) for name, count, mark in rows}


def _changed(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> list[str]:
    return [name for name in before if before[name] != after[name]]


def _store(engine: Engine) -> TestStore:
    slug = f"s{uuid4().hex[:12]}"
    with Session(engine) as session, session.begin():
        organization = service.create_organization(session, name=slug, now=NOW)
        named = {"slug": slug, "name": {"en": "Matrix"}, "locales": ["en", "fa"], "currency": "EUR"}
        store_id = service.create_store(
            session, organization_id=organization, hosts=[f"{slug}.localhost"], now=NOW, **named
        )
    return TestStore(store_id, slug, f"{slug}.localhost")


def _furnish(store: TestStore, name: str) -> dict[str, str]:
    """Somebody of each role, a product, a filled cart, an order, a campaign, an invitation; everything is called `name`."""
    with use_store(store.id):
        seed_accounts(NOW)
        with transaction() as session:
            session.execute(text("UPDATE customers SET name = :name"), {"name": f"{name} Roya"})
            if name == SECRET:
                session.execute(text("UPDATE staff_members SET name = :name || ' ' || role"), {"name": name})
        found = repository.find_customer_by_email(EMAILS["customer"])
        assert found
        shopper, product = CustomerId(found.id), make_product(f"{name} teapot", price=5900, available=9)
        put(shopper, product.variant_id, 2)
        order = place(shopper, ready(shopper), {"scripted": ScriptedBank()})
        put(shopper, product.variant_id, 1)
        campaign = campaigns.create_from_preset("cart_reminder", actor="test", now=NOW)
        people = {one.role: one.id for one in staff.list_staff()}
        invitation = invitations.invite(
            f"{name.lower()}@example.com", "analyst", by=people["owner"], inviter=name, locale="en", now=NOW
        )
        with transaction() as session:
            cart, line = session.execute(text("SELECT cart_id, id FROM cart_lines LIMIT 1")).one()
        known: dict[str, UUID | str] = {
            "order_id": order.order_id,
            "cart_id": cart,
            "line_id": line,
            "campaign_id": campaign,
            "staff_id": people["analyst"],
            "invitation_id": invitation,
            "customer_id": shopper,
            "product_id": product.id,
            "variant_id": product.variant_id,
            "handle": product.handle,
            "token": "none",
            "pane": "active",
            "answer": "undo",
            "slug": "all",
            "provider": "demo",
            "else": uuid4(),
        }
        return {key: str(value) for key, value in known.items()}
