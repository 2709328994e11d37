"""Orders in the console: found, looked at (and that is kept), moved on once, never by who may not."""

import re
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from app.audit import log
from app.database.tenancy import use_store
from app.demo.accounts import DEMO_ACCOUNTS, PASSWORD
from app.orders import queries, staff_queries
from app.orders.values import Order, OrderState
from tests.bank import ScriptedBank
from tests.conftest import TestStore
from tests.factories import make_customer, make_product
from tests.ordering import place, put, ready
from tests.web.accounts.visitor import Visitor

EMAILS = {account.role: account.email for account in DEMO_ACCOUNTS}
ACTS = ("release", "hand-over", "payment", "refund", "cancellation")


@pytest.fixture
def order(app: Flask, staffed: TestStore, asleep: None) -> Order:
    """Two throws, paid, placed. Its letter and its receipt are not written: nobody here reads them."""
    with app.app_context(), use_store(staffed.id):
        customer = make_customer("shirin@example.com")
        put(customer, make_product("Wool throw", price=5900, available=5).variant_id, 2)
        placed = place(customer, ready(customer), {"scripted": ScriptedBank()})
        return queries.get_order(placed.order_id)


def at_work(app: Flask, store: TestStore, role: str) -> Visitor:
    visitor = Visitor(app, store)
    assert visitor.sign_in_to_console(EMAILS[role], PASSWORD).status_code == 303
    return visitor


def does(visitor: Visitor, order: Order, act: str, **fields: str) -> Any:
    data = {"op_id": str(uuid4()), **fields}
    return visitor.post(f"/console/orders/{order.id}/{act}", data, page=f"/console/orders/{order.id}")


def now(app: Flask, store: TestStore, order: Order) -> Order:
    with app.app_context(), use_store(store.id):
        return queries.get_order(order.id)


def actions(app: Flask, store: TestStore) -> list[str]:
    with app.app_context(), use_store(store.id):
        assert log.verify().broken_at is None
        return [entry.action for entry in log.list_entries(kind="order")]


def test_orders_are_listed_and_found(app: Flask, staffed: TestStore, order: Order) -> None:
    owner = at_work(app, staffed, "owner")
    page = owner.get("/console/orders").text
    assert f"<bdi>{order.number}</bdi>" in page
    assert "shirin@example.com" in page
    for found in (f"q={order.number}", "q=Shirin@Example.com", "q=۱۰۰۱", "state=placed"):
        assert f"<bdi>{order.number}</bdi>" in owner.get(f"/console/orders?{found}").text, found
    for missed in ("q=999999", "q=nobody@example.com", "q=%27;--", "state=cancelled", "state=in_review"):
        answer = owner.get(f"/console/orders?{missed}")
        assert answer.status_code == 200
        assert f"<bdi>{order.number}</bdi>" not in answer.text, missed


def test_pages_of_the_list_meet(app: Flask, staffed: TestStore, order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff_queries, "PAGE", 1)
    with app.app_context(), use_store(staffed.id):
        customer = make_customer("leila@example.com")
        put(customer, make_product("Kettle", price=6400, available=5).variant_id)
        place(customer, ready(customer), {"scripted": ScriptedBank()})
    owner = at_work(app, staffed, "owner")
    first = owner.get("/console/orders").text
    assert "<bdi>1002</bdi>" in first
    assert "<bdi>1001</bdi>" not in first
    older = re.search(r'href="(/console/orders\?[^"]*before=1002)"', first)
    assert older
    second = owner.get(older[1].replace("&amp;", "&")).text
    assert "<bdi>1001</bdi>" in second
    assert "Older orders" not in second


def test_an_analyst_sees_nobody_in_clear_and_changes_nothing(app: Flask, staffed: TestStore, order: Order) -> None:
    analyst = at_work(app, staffed, "analyst")
    for path in ("/console/orders", f"/console/orders/{order.id}"):
        page = analyst.get(path).text
        assert "s•••@example.com" in page
        for secret in ("shirin@example.com", "Shirin", "Lindenstra", "123456"):
            assert secret not in page, secret
    assert "<form" not in page.partition('id="main"')[2]
    assert "No order matches" in analyst.get(f"/console/orders?q={order.contact.email}").text
    assert analyst.get(f"/console/orders/{order.id}/receipt.pdf").status_code == 403
    for act in ACTS:
        assert does(analyst, order, act, cause="customer", amount="1").status_code == 403
    assert now(app, staffed, order) == order


@pytest.mark.parametrize("role", ["seller", "shopper", "nobody"])
def test_nobody_else_comes_near(app: Flask, staffed: TestStore, order: Order, role: str) -> None:
    visitor = Visitor(app, staffed)
    if role == "seller":
        visitor = at_work(app, staffed, "seller")
    elif role == "shopper":
        assert visitor.sign_in(EMAILS["customer"], PASSWORD).status_code == 303
    for path in ("/console/orders", f"/console/orders/{order.id}", f"/console/orders/{order.id}/receipt.pdf"):
        assert visitor.get(path).status_code in (303, 403)
    for act in ACTS:
        answer = visitor.post(
            f"/console/orders/{order.id}/{act}",
            {"cause": "customer", "amount": "1"},
            page="/account" if role == "shopper" else "/account/sign-in",
        )
        assert answer.status_code in (303, 403)
    assert now(app, staffed, order) == order


def test_looking_at_a_person_is_kept(app: Flask, staffed: TestStore, order: Order) -> None:
    at_work(app, staffed, "analyst").get(f"/console/orders/{order.id}")
    assert actions(app, staffed) == []
    at_work(app, staffed, "admin").get(f"/console/orders/{order.id}")
    assert actions(app, staffed) == ["order_viewed"]


def test_handed_over_once(app: Flask, staffed: TestStore, order: Order) -> None:
    admin = at_work(app, staffed, "admin")
    assert does(admin, order, "hand-over").status_code == 303
    assert now(app, staffed, order).state is OrderState.FULFILLED
    again = does(admin, order, "hand-over")
    assert again.status_code == 409
    assert "This order has moved on" in again.text
    assert actions(app, staffed).count("order_fulfilled") == 1


def test_a_refund_sent_twice_is_one(app: Flask, staffed: TestStore, order: Order) -> None:
    admin = at_work(app, staffed, "admin")
    op_id = str(uuid4())
    for _ in range(2):
        answer = does(admin, order, "refund", amount="10,50", cause="damaged", op_id=op_id)
        assert answer.status_code == 303, answer.text
    page = admin.get(f"/console/orders/{order.id}").text
    assert f"At most <bdi>€{(order.total.amount - 1050) / 100:.2f}</bdi>" in page


@pytest.mark.parametrize(
    ("amount", "cause"),
    [("10", ""), ("10", "because"), ("", "late"), ("ten", "late"), ("-1", "late"), ("0", "late"), ("100000", "late")],
    ids=["no-reason", "another-reason", "nothing", "words", "negative", "zero", "too-much"],
)
def test_a_bad_refund_changes_nothing(app: Flask, staffed: TestStore, order: Order, amount: str, cause: str) -> None:
    admin = at_work(app, staffed, "admin")
    answer = does(admin, order, "refund", amount=amount, cause=cause)
    assert answer.status_code in (409, 422)
    assert 'role="alert"' in answer.text
    assert now(app, staffed, order) == order
    assert "order_refunded" not in actions(app, staffed)


def test_cancelled_with_a_reason(app: Flask, staffed: TestStore, order: Order) -> None:
    admin = at_work(app, staffed, "admin")
    assert does(admin, order, "cancellation", cause="").status_code == 422
    assert now(app, staffed, order).state is OrderState.PLACED
    assert does(admin, order, "cancellation", cause="sold_out").status_code == 303
    page = admin.get(f"/console/orders/{order.id}").text
    assert "The order was cancelled: It cannot be delivered" in page
    assert now(app, staffed, order).state is OrderState.CANCELLED


def test_another_stores_order_is_not_there(app: Flask, staffed: TestStore, order: Order, make_store: Any) -> None:
    from app.demo.accounts import seed_accounts
    from tests.conftest import NOW

    other = make_store()
    with app.app_context(), use_store(other.id):
        seed_accounts(NOW)
    owner = at_work(app, other, "owner")
    assert owner.get(f"/console/orders/{order.id}").status_code == 404
    assert owner.post(f"/console/orders/{order.id}/cancellation", {"cause": "fraud"}).status_code == 404
    assert now(app, staffed, order) == order


def test_the_audit_log_is_read_and_checked(app: Flask, staffed: TestStore, order: Order) -> None:
    owner = at_work(app, staffed, "owner")
    does(owner, order, "refund", amount="5", cause="late")
    page = owner.get("/console/audit?verify=1").text
    assert "Gave money back" in page
    assert "none was changed" in page
    assert "shirin" not in page
    assert "Gave money back" not in owner.get("/console/audit?action=order_viewed").text.partition("<ol")[2]
    assert at_work(app, staffed, "seller").get("/console/audit").status_code == 403


def test_in_persian(app: Flask, staffed: TestStore, order: Order) -> None:
    owner = at_work(app, staffed, "owner")
    for path in ("/console", "/console/orders", f"/console/orders/{order.id}", "/console/audit"):
        page = owner.get(f"{path}?lang=fa").text
        assert 'dir="rtl"' in page
        assert "گزارش کارها" in page
