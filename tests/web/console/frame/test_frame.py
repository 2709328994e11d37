"""What stands around every page: the jump finds what the role may see, notices come and go, the look is kept, other stores."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.demo.accounts import DEMO_ACCOUNTS, PASSWORD, seed_accounts
from app.orders import queries
from app.orders.values import Order
from tests.bank import ScriptedBank
from tests.conftest import NOW, TestStore
from tests.factories import make_customer, make_product
from tests.ordering import place, put, ready
from tests.web.accounts.visitor import Visitor

EMAILS = {account.role: account.email for account in DEMO_ACCOUNTS}
JUMP = "/console/jump"


def at_work(app: Flask, store: TestStore, role: str) -> Visitor:
    visitor = Visitor(app, store)
    assert visitor.sign_in_to_console(EMAILS[role], PASSWORD).status_code == 303
    return visitor


@pytest.fixture
def order(app: Flask, staffed: TestStore) -> Order:
    """An order of shirin@example.com."""
    with app.app_context(), use_store(staffed.id):
        customer = make_customer("shirin@example.com")
        put(customer, make_product("Wool throw", price=5900, available=5).variant_id, 2)
        placed = place(customer, ready(customer), {"scripted": ScriptedBank()})
        return queries.get_order(placed.order_id)


def found(visitor: Visitor, typed: str) -> list[str]:
    answer = visitor.get(JUMP, query_string={"q": typed}, headers={"HX-Request": "true"})
    assert "<html" not in answer.text
    return re.findall(r'<a href="([^"]+)"', answer.text)


def test_the_jump_leads_to_what_the_role_may_see(app: Flask, staffed: TestStore, order: Order) -> None:
    owner, analyst, seller = (at_work(app, staffed, role) for role in ("owner", "analyst", "seller"))
    number, address = str(order.number), "SHIRIN@example.com"
    assert owner.get(JUMP, query_string={"q": f"#{number}"}).location == f"/console/orders/{order.id}"
    assert found(analyst, "".join("۰۱۲۳۴۵۶۷۸۹"[int(digit)] for digit in number)) == [f"/console/orders/{order.id}"]
    assert found(owner, address) == ["/console/orders?q=shirin@example.com", "/console/carts?q=shirin@example.com"]
    assert found(analyst, address) == [], "who sees no addresses finds nobody by one"
    assert found(owner, "shirin@example") == []
    assert found(seller, number) == []
    assert found(owner, "people") == ["/console/people"]
    assert found(analyst, "people") == []
    assert "Nothing here is called" in owner.get(JUMP, query_string={"q": "no such thing"}).text
    assert owner.get(JUMP).text.count('role="search"') == 2


def test_a_cart_is_found_by_its_id_in_its_own_store_only(
    app: Flask, staffed: TestStore, order: Order, make_store: Any
) -> None:
    elsewhere = make_store()
    with app.app_context(), use_store(elsewhere.id):
        seed_accounts(NOW)
    with app.app_context(), use_store(staffed.id), transaction() as session:
        cart = session.execute(text("SELECT id FROM carts LIMIT 1")).scalar_one()
    assert found(at_work(app, staffed, "analyst"), str(cart)) == [f"/console/carts/{cart}"]
    assert found(at_work(app, elsewhere, "analyst"), str(cart)) == []


def test_a_notice_is_put_away_for_oneself_until_something_new(app: Flask, staffed: TestStore, order: Order) -> None:
    hold = text("UPDATE orders SET state = 'in_review' WHERE store_id = :store")
    with app.app_context(), use_store(staffed.id), transaction() as session:
        session.execute(hold, {"store": staffed.id})
    owner, analyst = at_work(app, staffed, "owner"), at_work(app, staffed, "analyst")
    page = owner.get("/console/notices").text
    assert "1 order waits to be checked" in page
    fields = dict(re.findall(r'name="(kind|mark)" value="([^"]+)"', page))
    assert owner.post("/console/notices/removal", fields, page="/console/notices").status_code == 303
    assert 'class="btn btn-quiet btn-icon bell"' in owner.get("/console").text
    assert "</span><b>" not in owner.get("/console").text
    assert "</span><b>1</b>" in analyst.get("/console").text, "what one puts away others still see"
    owner.post("/console/notices/return", {"kind": "orders_in_review"}, page="/console/notices")
    assert "</span><b>1</b>" in owner.get("/console").text
    owner.post("/console/notices/removal", {"kind": fields["kind"], "mark": "older"}, page="/console/notices")
    assert "</span><b>1</b>" in owner.get("/console").text, "something newer than what was seen"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_look_is_kept_with_the_person(app: Flask, staffed: TestStore, theme: str) -> None:
    here = at_work(app, staffed, "analyst")
    assert "data-theme" not in here.get("/console").text
    answer = here.post("/console/you/theme", {"theme": theme, "next": "/console/you"}, page="/console")
    assert answer.location == "/console/you"
    assert f'data-theme="{theme}"' in here.get("/console").text
    assert f'data-theme="{theme}"' in at_work(app, staffed, "analyst").get("/console").text
    here.post("/console/you/theme", {"theme": "pink"}, page="/console")
    assert f'data-theme="{theme}"' in here.get("/console").text


def test_the_dark_colours_are_the_same_twice() -> None:
    from pathlib import Path

    css = Path(__file__).resolve().parents[4] / "static" / "css"
    tokens = re.compile(r"(--[\w-]+|color-scheme): ([^;]+);")
    dark = re.compile(r'prefers-color-scheme: dark\) \{ :root:not\(\[data-theme="light"\]\) \{(.*?)\}', re.DOTALL)
    asked = {}
    for name in ("base.css", "console.css"):
        for block in dark.findall((css / name).read_text()):
            asked |= dict(tokens.findall(block))
    assert dict(tokens.findall((css / "components" / "dark.css").read_text())) == asked


def test_the_other_stores_of_a_person(app: Flask, staffed: TestStore, make_store: Any, owner_engine: Any) -> None:
    sister = make_store()
    with Session(owner_engine) as session, session.begin():
        session.execute(
            text(
                "UPDATE stores SET organization_id = (SELECT organization_id FROM stores WHERE id = :a) WHERE id = :b"
            ),
            {"a": staffed.id, "b": sister.id},
        )
    with app.app_context(), use_store(sister.id):
        seed_accounts(NOW)
    stranger = make_store()
    with app.app_context(), use_store(stranger.id):
        seed_accounts(NOW)
    owner = at_work(app, staffed, "owner")
    page = owner.get("/console").text
    assert f"http://{sister.host}/console" in page
    assert stranger.host not in page
    assert f"http://{sister.host}/console" in owner.get("/console/stores").text
    assert "Test store: owner" in owner.get("/console/people").text
    assert owner.get("/console/stores", query_string={"q": "nowhere"}).text.count("None of your stores") == 1
    answer = owner.post(
        "/console/people/invitations",
        {"email": "sisters@example.com", "role": "analyst", f"role-{sister.id}": "admin"},
        page="/console/people",
    )
    assert answer.status_code == 303
    there = at_work(app, sister, "owner").get("/console/people").text
    assert "sisters@example.com" in there
    analyst = at_work(app, staffed, "analyst").post("/console/people/invitations", page="/console")
    assert analyst.status_code == 403
