"""The console: staff sign in apart from shoppers, and see what their role may see."""

import re
from typing import Any

import pytest
from flask import Flask, render_template_string
from sqlalchemy import func, insert, select

from app.accounts.models import Customer, StaffMember
from app.cart.models import CartLineRow, CartRow
from app.catalog.models import Product, Variant
from app.database import tenancy
from app.database.base import db
from app.database.transaction import transaction
from app.demo.accounts import DEMO_ACCOUNTS, PASSWORD, seed_accounts
from app.events.models import OutboxRow
from app.ids import new_id
from app.inventory.models import Stock
from tests.conftest import NOW, TestStore
from tests.web.accounts.visitor import CONSOLE_SIGN_IN, Visitor

EMAILS = {account.role: account.email for account in DEMO_ACCOUNTS}
STAFF = ["analyst", "admin", "owner"]


def figures(html: str) -> list[tuple[int, str]]:
    found = re.findall(r'<li class="figure[^"]*"><strong>([^<]+)</strong><span>([^<]+)</span>', html)
    return [(int(number), words.replace("&#39;", "'")) for number, words in found]


@pytest.mark.parametrize("role", STAFF)
def test_each_role_signs_in_and_reads_what_it_may_do(visitor: Visitor, role: Any) -> None:
    answer = visitor.sign_in_to_console(EMAILS[role], PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/console")
    page = visitor.get("/console").text
    assert f"{role} at Test store" in page
    assert page.count('class="may"') == {"analyst": 1, "admin": 2, "owner": 3}[role]
    assert len(figures(page)) == 2


def test_guests_are_sent_to_the_staffs_sign_in_and_back(visitor: Visitor) -> None:
    answer = visitor.get("/console")
    assert (answer.status_code, answer.location) == (303, "/console/sign-in?next=/console")
    assert visitor.sign_in_to_console(EMAILS["owner"], PASSWORD, next="//evil.example").location == "/console"
    assert visitor.get("/console/sign-in").location == "/console"


def test_a_customer_may_not_enter(visitor: Visitor) -> None:
    assert visitor.sign_in(EMAILS["customer"], PASSWORD).status_code == 303
    answer = visitor.get("/console")
    assert answer.status_code == 403
    assert "Your role does not allow this." in answer.text


def test_staff_are_no_customers_and_customers_no_staff(visitor: Visitor) -> None:
    assert visitor.sign_in(EMAILS["owner"], PASSWORD).status_code == 422
    assert visitor.sign_in_to_console(EMAILS["customer"], PASSWORD).status_code == 422
    visitor.sign_in_to_console(EMAILS["owner"], PASSWORD)
    assert (visitor.get("/account").location or "").startswith("/account/sign-in")


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(visitor: Visitor) -> None:
    for email in (EMAILS["owner"], "nobody@toranj.example"):
        answer = visitor.sign_in_to_console(email, "not the right one")
        assert answer.status_code == 422
        assert answer.text.count("Email and password do not match an account here.") == 2
    assert visitor.sign_in_to_console("nobody").status_code == 422


def test_signing_out_of_the_console_ends_the_session(visitor: Visitor, app: Flask, staffed: TestStore) -> None:
    visitor.sign_in_to_console(EMAILS["admin"], PASSWORD)
    thief = Visitor(app, staffed)
    thief.carry_session(visitor.session_cookie() or "")
    assert thief.get("/console").status_code == 200
    answer = visitor.post("/console/sign-out", page="/console")
    assert (answer.status_code, answer.location) == (303, CONSOLE_SIGN_IN)
    assert visitor.get("/console").status_code == thief.get("/console").status_code == 303


def test_roles_that_a_door_does_not_name_are_refused(app: Flask, visitor: Visitor) -> None:
    from app.accounts.guards import requires_role

    visitor.sign_in_to_console(EMAILS["analyst"], PASSWORD)
    base = {"base_url": f"http://{visitor.store.host}", "headers": {"Cookie": f"dualcart={visitor.session_cookie()}"}}
    for roles, allowed in ((("admin", "owner"), False), (("analyst",), True)):
        with app.test_request_context(**base):
            app.preprocess_request()
            door = requires_role(*roles)(lambda: render_template_string("in"))  # type: ignore[arg-type]
            if allowed:
                assert door() == "in"
            else:
                with pytest.raises(Exception, match="role_refused"):
                    door()


def test_the_figures_are_true(app: Flask, visitor: Visitor, staffed: TestStore) -> None:
    with app.app_context(), tenancy.use_store(staffed.id), transaction() as session:
        fill(session, staffed)
    visitor.sign_in_to_console(EMAILS["analyst"], PASSWORD)
    assert figures(visitor.get("/console").text) == [
        (2, "published products"),
        (1, "variant sold out"),
    ]


def test_another_stores_figures_are_not_counted(app: Flask, visitor: Visitor, make_store: Any) -> None:
    elsewhere = make_store()
    with app.app_context(), tenancy.use_store(elsewhere.id):
        seed_accounts(NOW)
        with transaction() as session:
            fill(session, elsewhere)
    visitor.sign_in_to_console(EMAILS["owner"], PASSWORD)
    assert [number for number, _words in figures(visitor.get("/console").text)] == [0] * 2


def test_seeding_twice_changes_nothing(app: Flask, staffed: TestStore) -> None:
    with app.app_context(), tenancy.use_store(staffed.id):
        before = db.session.execute(select(StaffMember.id, StaffMember.password_hash)).all()
        seed_accounts(NOW)
        assert db.session.execute(select(StaffMember.id, StaffMember.password_hash)).all() == before
        assert db.session.scalar(select(func.count()).select_from(StaffMember)) == 4
        assert db.session.scalars(select(Customer.email_verified_at)).all() == [NOW]


def fill(session: Any, store: TestStore) -> None:
    """Two published products and a hidden one; four variants without stock of which one counts; carts; letters."""
    here = {"store_id": store.id}
    products = [new_id() for _ in range(3)]
    for number, (product, status) in enumerate(zip(products, ("published", "published", "hidden"), strict=True)):
        session.execute(
            insert(Product).values(
                **here, id=product, handle=f"p{number}", title={"en": "P"}, body={"en": ""}, option_names=[], status=status,
                search_text="", position=number, created_at=NOW, updated_at=NOW,
            )
        )  # fmt: skip
    shelf = [
        (products[0], 0, True, False, None), (products[0], 0, False, False, None), (products[0], 0, True, True, None),
        (products[1], 0, True, False, NOW), (products[1], 3, True, False, None), (products[2], 0, True, False, None),
    ]  # fmt: skip
    for number, (product, available, tracked, oversell, withdrawn_at) in enumerate(shelf):
        variant = new_id()
        session.execute(
            insert(Variant).values(
                **here, id=variant, product_id=product, sku=f"s{number}", options=[{"en": str(number)}], price=100,
                currency="EUR", position=number, withdrawn_at=withdrawn_at,
            )
        )  # fmt: skip
        session.execute(
            insert(Stock).values(**here, variant_id=variant, available=available, tracked=tracked, oversell=oversell)
        )
    customers = session.scalars(select(Customer.id)).all()
    for customer, pane, status in ((customers[0], "active", "open"), (customers[0], "active", "archived")):
        cart = new_id()
        session.execute(
            insert(CartRow).values(
                **here, id=cart, customer_id=customer, status=status, currency="EUR", version=1, activation=0,
                auto_activation=True, created_at=NOW, updated_at=NOW,
            )
        )  # fmt: skip
        session.execute(
            insert(CartLineRow).values(
                **here, cart_id=cart, id=new_id(), position=0, pane=pane, variant_id=new_id(), options={}, options_hash="",
                quantity=1, snapshot={}, brought_back=False, added_at=NOW,
            )
        )  # fmt: skip
    for done_at, failed_at in ((None, None), (None, NOW), (NOW, None)):
        session.execute(
            insert(OutboxRow).values(
                **here, id=new_id(), topic="nothing", payload={}, due_at=NOW.replace(year=2100), done_at=done_at, failed_at=failed_at
            )
        )  # fmt: skip
