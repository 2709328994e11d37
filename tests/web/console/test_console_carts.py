"""Carts in the console: by saved view and by person, one cart through time, nobody in clear to who may not see them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from app.audit import log
from app.cart import repository, service
from app.cart.commands import EmptyPane
from app.cart.policy import Policy
from app.cart.service import Shopper
from app.cart.state import Pane
from app.console import cart_queries
from app.database.base import db
from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.demo.accounts import DEMO_ACCOUNTS, PASSWORD
from app.ids import CustomerId, new_id
from tests.conftest import NOW, TestStore
from tests.factories import make_customer, make_product
from tests.ordering import put
from tests.web.accounts.visitor import Visitor

EMAILS = {account.role: account.email for account in DEMO_ACCOUNTS}


def at_work(app: Flask, store: TestStore, role: str) -> Visitor:
    visitor = Visitor(app, store)
    assert visitor.sign_in_to_console(EMAILS[role], PASSWORD).status_code == 303
    return visitor


def filled(email: str = "shirin@example.com") -> tuple[CustomerId, UUID]:
    """A cart with two throws and a saved kettle."""
    customer = make_customer(email)
    put(customer, make_product("Wool throw", price=5900, available=9).variant_id, 2)
    put(customer, make_product("Kettle", price=6400, available=9).variant_id, pane=Pane.NEXT_PURCHASE)
    stored = repository.find_open(customer)
    assert stored
    return customer, stored.id


def abandoned(customer: CustomerId, cart_id: UUID, state: str = "open", number: int = 1) -> None:
    with transaction() as session:
        session.execute(
            text("""INSERT INTO episodes (store_id, id, trigger, cart_id, customer_id, number, activation, cart_version,
                        inactive_since, opened_at, state, closed_at, value, currency, units, arm, bucket)
                    SELECT store_id, :id, 'cart_abandoned', :cart, :customer, :number, 0, 1, :at, :at, :state,
                        CASE WHEN :state = 'open' THEN NULL ELSE CAST(:at AS timestamptz) END, 11800, 'EUR', 2, 'none', 7
                    FROM carts WHERE id = :cart"""),
            {"id": new_id(), "cart": cart_id, "customer": customer, "number": number, "state": state,
             "at": NOW + timedelta(minutes=number)},
        )  # fmt: skip


@pytest.fixture
def cart(app: Flask, staffed: TestStore) -> UUID:
    with app.app_context(), use_store(staffed.id):
        customer, cart_id = filled()
        abandoned(customer, cart_id)
        return cart_id


@pytest.mark.parametrize("view", cart_queries.VIEWS)
def test_every_view_explains_itself_when_it_is_empty(app: Flask, staffed: TestStore, view: str) -> None:
    page = at_work(app, staffed, "analyst").get(f"/console/carts?view={view}")
    assert page.status_code == 200
    assert "<table" not in page.text


def test_abandoned_carts_are_listed_and_found(app: Flask, staffed: TestStore, cart: UUID) -> None:
    owner = at_work(app, staffed, "owner")
    for found in ("", "?view=active", "?q=Shirin@example.com", f"?q={cart}", "?view=nonsense"):
        page = owner.get(f"/console/carts{found}").text
        assert f"/console/carts/{cart}" in page, found
        assert "€118.00" in page, found
    for missed in ("?view=recovered", "?q=nobody@example.com", f"?q={new_id()}", "?before=x~y&view=campaign"):
        assert f"/console/carts/{cart}" not in owner.get(f"/console/carts{missed}").text, missed


def test_pages_meet(app: Flask, staffed: TestStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cart_queries, "PAGE", 2)
    with app.app_context(), use_store(staffed.id):
        customer, cart_id = filled()
        for number in range(1, 6):
            abandoned(customer, cart_id, "recovered", number)
        seen, before = [], ""
        while found := cart_queries.list_carts("recovered", before):
            seen += found[:2]
            before = found[min(1, len(found) - 1)].cursor
        assert [one.last_at for one in seen] == [NOW + timedelta(minutes=n) for n in range(5, 0, -1)]


def test_an_analyst_sees_nobody_in_clear(app: Flask, staffed: TestStore, cart: UUID) -> None:
    analyst = at_work(app, staffed, "analyst")
    for path in ("/console/carts", f"/console/carts/{cart}"):
        page = analyst.get(path).text
        assert "s•••@example.com" in page
        assert "shirin@example.com" not in page
    assert f"/console/carts/{cart}" not in analyst.get("/console/carts?q=shirin@example.com").text


def test_looking_is_kept(app: Flask, staffed: TestStore, cart: UUID) -> None:
    at_work(app, staffed, "admin").get(f"/console/carts/{cart}")
    with app.app_context(), use_store(staffed.id):
        assert [entry.action for entry in log.list_entries(kind="cart")] == ["cart_viewed"]


def test_a_cart_through_time(app: Flask, staffed: TestStore, cart: UUID) -> None:
    with app.app_context(), use_store(staffed.id):
        customer = CustomerId(
            db.session.execute(text("SELECT customer_id FROM carts WHERE id = :cart"), {"cart": cart}).scalar_one()
        )
        command = EmptyPane(Pane.ACTIVE)
        options: dict[str, Any] = {"currency": "EUR", "policy": Policy(), "days": 30, "now": NOW}
        service.change(Shopper(customer), command, op_id=new_id(), **options)
    owner = at_work(app, staffed, "owner")
    now = owner.get(f"/console/carts/{cart}").text
    assert "Emptied: 2 × Wool throw" in now
    assert "Into next purchase: 1 × Kettle" in now
    assert "The cart now" in now
    assert "taken out" in now
    then = owner.get(f"/console/carts/{cart}?at=2").text
    assert "You are looking at" in then
    assert "€118.00" in then
    assert "at=1#state" in then
    assert "at=3#state" in then
    for bad in ("0", "99", "-1"):
        assert owner.get(f"/console/carts/{cart}?at={bad}").status_code == (200 if bad == "0" else 404)


def test_what_is_not_there(app: Flask, staffed: TestStore, cart: UUID, make_store: Any) -> None:
    owner = at_work(app, staffed, "owner")
    for missing in ("x", str(new_id())):
        assert owner.get(f"/console/carts/{missing}").status_code == 404
    other = make_store()
    with app.app_context(), use_store(other.id):
        _customer, foreign = filled("leila@example.com")
    assert owner.get(f"/console/carts/{foreign}").status_code == 404
    assert at_work(app, staffed, "seller").get(f"/console/carts/{cart}").status_code == 403


def test_in_persian(app: Flask, staffed: TestStore, cart: UUID) -> None:
    owner = at_work(app, staffed, "owner")
    page = owner.get(f"/console/carts/{cart}?lang=fa").text
    assert 'dir="rtl"' in page
    assert "رهاشده" in page
