"""Customers in the console: found by who may, looked at (and that is kept), explained, left in peace, signed out."""

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from app.accounts.contacts import REMINDERS, record_consent
from app.audit import log
from app.cart.state import Pane
from app.console.customers import queries
from app.database.tenancy import use_store
from app.demo.accounts import DEMO_ACCOUNTS, PASSWORD
from app.ids import CustomerId
from app.recovery import preferences
from app.recovery.values import Channel
from tests.conftest import NOW, TestStore
from tests.factories import make_customer, make_product
from tests.ordering import put
from tests.web.accounts.visitor import Visitor

EMAILS = {account.role: account.email for account in DEMO_ACCOUNTS}


def at_work(app: Flask, store: TestStore, role: str) -> Visitor:
    visitor = Visitor(app, store)
    assert visitor.sign_in_to_console(EMAILS[role], PASSWORD).status_code == 303
    return visitor


def does(visitor: Visitor, path: str, page: str, **fields: str) -> Any:
    return visitor.post(path, {"op_id": str(uuid4()), **fields}, page=page)


@pytest.fixture
def shirin(app: Flask, staffed: TestStore) -> CustomerId:
    """Somebody with a cart who said yes to reminders by email."""
    with app.app_context(), use_store(staffed.id):
        customer = make_customer("shirin.k@example.com")
        put(customer, make_product("Wool throw", price=5900, available=5).variant_id, 2)
        put(customer, make_product("Kettle", price=6400, available=5).variant_id, pane=Pane.NEXT_PURCHASE)
        record_consent(
            customer, channel="email", purpose=REMINDERS, granted=True, wording="Remind me of my cart.", locale="en",
            source="checkout", now=NOW,
        )  # fmt: skip
        return customer


def actions(app: Flask, store: TestStore) -> list[str]:
    with app.app_context(), use_store(store.id):
        assert log.verify().broken_at is None
        return [entry.action for entry in log.list_entries(kind="customer")]


def test_found_by_address_name_and_number(app: Flask, staffed: TestStore, shirin: CustomerId) -> None:
    owner = at_work(app, staffed, "owner")
    for found in ("", "?q=Shirin.K@Example.com", "?q=shi", "?q=SHIRIN", f"?q={shirin}"):
        assert f"/console/customers/{shirin}" in owner.get(f"/console/customers{found}").text, found
    for missed in (
        "?q=irin",
        "?q=nobody@example.com",
        "?q=@",
        "?q=%25",
        "?q=_hirin",
        f"?q={uuid4()}",
        "?before=nonsense&q=x",
    ):
        page = owner.get(f"/console/customers{missed}")
        assert page.status_code == 200, missed
        assert f"/console/customers/{shirin}" not in page.text, missed


def test_pages_of_the_list_meet(
    app: Flask, staffed: TestStore, shirin: CustomerId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE", 1)
    with app.app_context(), use_store(staffed.id):
        other = make_customer("other@example.com")
        for read in (queries.list_newest, lambda before: queries.list_by_name("Shirin", before)):
            seen: list[CustomerId] = []
            while len(page := read(seen[-1] if seen else None)) > 1:
                seen.append(page[0].id)
            seen.append(page[0].id)
            assert len(seen) == len(set(seen))
            assert {shirin, other} <= set(seen)


def test_looked_at_in_clear_and_that_is_kept(app: Flask, staffed: TestStore, shirin: CustomerId) -> None:
    page = at_work(app, staffed, "admin").get(f"/console/customers/{shirin}").text
    for shown in ("shirin.k@example.com", "Remind me of my cart.", "at checkout", "€118.00", "Email: yes"):
        assert shown in page, shown
    assert actions(app, staffed) == ["customer_viewed"]


def test_an_analyst_sees_nobody_in_clear_and_changes_nothing(
    app: Flask, staffed: TestStore, shirin: CustomerId, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyst = at_work(app, staffed, "analyst")
    for path in ("/console/customers", f"/console/customers/{shirin}", f"/console/customers/{shirin}/why"):
        page = analyst.get(path).text
        assert "s•••@example.com" in page
        for secret in ("shirin.k@", "Shirin"):
            assert secret not in page, secret
        assert 'method="post"' not in page.partition('id="main"')[2]
    for asked in ("shirin.k@example.com", "Shirin"):
        assert "No customer matches" in analyst.get(f"/console/customers?q={asked}").text
    with app.app_context(), use_store(staffed.id):
        monkeypatch.setattr(queries, "PAGE", 1)
        make_customer("newer@example.com")
    assert "before=" in (page := analyst.get("/console/customers").text)
    assert "shirin" not in page.lower()
    for act in ("reminders", "sessions"):
        assert does(analyst, f"/console/customers/{shirin}/{act}", "/console").status_code == 403
    assert actions(app, staffed) == []
    assert at_work(app, staffed, "seller").get("/console/customers").status_code == 403


def test_why_nobody_was_written_to(app: Flask, staffed: TestStore, shirin: CustomerId) -> None:
    admin, path = at_work(app, staffed, "admin"), f"/console/customers/{shirin}"
    assert f'href="{path}/why"' in admin.get(path).text
    why = admin.get(f"{path}/why").text
    assert "Carts that do not count as abandoned" in why
    assert "€118.00" in why
    does(admin, f"{path}/reminders", path)
    assert "The person has unsubscribed." in admin.get(f"{path}/why").text
    with app.app_context(), use_store(staffed.id):
        nobody = make_customer("silent@example.com")
    assert "has not agreed to be reminded" in admin.get(f"/console/customers/{nobody}").text


def test_left_in_peace_for_good(app: Flask, staffed: TestStore, shirin: CustomerId) -> None:
    admin, path = at_work(app, staffed, "admin"), f"/console/customers/{shirin}"
    for _ in range(2):
        assert does(admin, f"{path}/reminders", path).status_code == 303
    with app.app_context(), use_store(staffed.id):
        choice = preferences.choices(shirin)[Channel.EMAIL]
    assert not choice.on
    assert choice.word is not None
    assert choice.word.source == "console"
    page = admin.get(f"{path}?done=stopped").text
    assert "by the store, because you asked it to" in page
    assert "No reminder goes to this customer any more." in page
    assert actions(app, staffed).count("customer_reminders_stopped") == 6


def test_signed_out_everywhere(app: Flask, staffed: TestStore) -> None:
    shopper = Visitor(app, staffed)
    assert shopper.sign_in(EMAILS["customer"], PASSWORD).status_code == 303
    admin = at_work(app, staffed, "admin")
    with app.app_context(), use_store(staffed.id):
        account = queries.list_of_address(EMAILS["customer"])[0]
    path = f"/console/customers/{account.id}"
    assert "in 1 browser" in admin.get(path).text
    assert does(admin, f"{path}/sessions", path).status_code == 303
    assert not shopper.is_signed_in()
    assert "in 0 browsers" in admin.get(path).text
    assert "customer_signed_out" in actions(app, staffed)


def test_another_stores_customer_is_not_there(
    app: Flask, staffed: TestStore, shirin: CustomerId, make_store: Any
) -> None:
    from app.demo.accounts import seed_accounts

    other = make_store()
    with app.app_context(), use_store(other.id):
        seed_accounts(NOW)
    owner = at_work(app, other, "owner")
    for path in ("", "/why"):
        assert owner.get(f"/console/customers/{shirin}{path}").status_code == 404
    assert does(owner, f"/console/customers/{shirin}/reminders", "/console").status_code == 404
    assert f"{shirin}" not in owner.get("/console/customers?q=shirin.k@example.com").text


def test_in_persian(app: Flask, staffed: TestStore, shirin: CustomerId) -> None:
    owner = at_work(app, staffed, "owner")
    for path in ("/console/customers", f"/console/customers/{shirin}", f"/console/customers/{shirin}/why"):
        page = owner.get(f"{path}?lang=fa").text
        assert 'dir="rtl"' in page
        assert "مشتریان" in page
