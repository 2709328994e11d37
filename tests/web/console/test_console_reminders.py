"""Reminders by hand in the console: one cart or a selection, with an undo; only for whoever may, without JavaScript."""

import re
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.ids import new_id
from app.recovery import explaining
from app.stores import directory
from tests.abandoning import make_campaign
from tests.conftest import TestStore
from tests.web.accounts.visitor import Visitor
from tests.web.console.test_console_carts import abandoned, at_work, filled

REMINDERS = "/console/carts/reminders"


@pytest.fixture
def carts(app: Flask, staffed: TestStore) -> list[UUID]:
    """Two abandoned carts, without a campaign."""
    with app.app_context(), use_store(staffed.id):
        made = []
        for email in ("shirin@example.com", "leila@example.com"):
            customer, cart_id = filled(email)
            abandoned(customer, cart_id)
            made.append(cart_id)
        return made


def messages(app: Flask, store: TestStore) -> list[tuple[str, str, str]]:
    with app.app_context(), use_store(store.id), transaction() as session:
        found = session.execute(text("SELECT kind, state, reason FROM messages ORDER BY id"))
        return [(row.kind, row.state, row.reason) for row in found]


def send(visitor: Visitor, doing: str, *cart_ids: UUID, **fields: Any) -> str:
    """Press a button; the page that follows."""
    form: dict[str, Any] = {
        "do": doing,
        "cart": [str(cart_id) for cart_id in cart_ids],
        "op_id": str(new_id()),
        **fields,
    }
    answer = visitor.post(REMINDERS, form, page="/console/carts")
    assert answer.status_code == 303, answer.text
    return unescape(visitor.get(answer.headers["Location"]).text)


def undo_form(page: str) -> dict[str, Any]:
    """What the undo of a page sends."""
    form = re.search(r'<div class="flag flag-ok reminded".*?</form>', page, re.S)
    assert form
    fields = re.findall(r'name="(\w+)" value="([^"]*)"', form[0])
    return {"cart": [value for name, value in fields if name == "cart"], **{n: v for n, v in fields if n != "cart"}}


def test_one_cart_and_its_undo(app: Flask, staffed: TestStore, carts: list[UUID]) -> None:
    admin = at_work(app, staffed, "admin")
    page = send(admin, "remind", carts[0], page=str(carts[0]))
    assert "1 reminder leaves in half a minute" in page
    assert messages(app, staffed) == [("manual", "scheduled", "")]
    assert "A reminder is about to leave already." in send(admin, "remind", carts[0], page=str(carts[0]))
    answer = admin.send(REMINDERS, undo_form(page))
    assert "Called off. Nothing was sent." in admin.get(answer.headers["Location"]).text
    assert messages(app, staffed) == [("manual", "cancelled", "called_off")]
    again = admin.send(REMINDERS, undo_form(page))
    assert "It is too late to undo this." in admin.get(again.headers["Location"]).text


def test_a_selection_keeps_its_view(app: Flask, staffed: TestStore, carts: list[UUID]) -> None:
    owner = at_work(app, staffed, "owner")
    page = send(owner, "remind", *carts, new_id(), view="abandoned")
    assert "2 reminders leave in half a minute" in page
    assert page.count('name="cart" value=') == 4  # two marks in the list, two in the undo
    page = send(owner, "stop", *carts, view="abandoned")
    assert "Nothing more is sent about 2 carts." in page
    answer = owner.send(REMINDERS, undo_form(page))
    assert "The messages go out as they were planned." in owner.get(answer.headers["Location"]).text


def test_what_cannot_be(app: Flask, staffed: TestStore, carts: list[UUID]) -> None:
    admin = at_work(app, staffed, "admin")
    assert "Choose at least one cart." in send(admin, "remind")
    assert "Choose at least one cart." in send(admin, "dance", carts[0])
    assert "No message is waiting for this cart." in send(admin, "stop", carts[0])
    form = {"do": "remind", "cart": str(new_id())}
    assert admin.post(REMINDERS, form, page="/console/carts").status_code == 404
    assert messages(app, staffed) == []


def test_whoever_is_left_alone_asks_for_a_reason(app: Flask, staffed: TestStore, carts: list[UUID]) -> None:
    admin, page = at_work(app, staffed, "admin"), str(carts[0])
    assert 'name="although"' not in admin.get(f"/console/carts/{page}").text
    with app.app_context(), use_store(staffed.id), transaction() as session:
        campaign_id = make_campaign()
        session.execute(
            text("UPDATE episodes SET arm = 'holdout', campaign_id = :id, campaign_version = 1"), {"id": campaign_id}
        )
    assert 'name="although"' in admin.get(f"/console/carts/{page}").text
    assert "This person is left alone" in send(admin, "remind", carts[0], page=page)
    assert "1 reminder leaves" in send(admin, "remind", carts[0], page=page, although="Asked by phone")


def test_only_for_whoever_may(app: Flask, staffed: TestStore, carts: list[UUID]) -> None:
    analyst = at_work(app, staffed, "analyst")
    for path in ("/console/carts", f"/console/carts/{carts[0]}"):
        page = analyst.get(path).text
        assert "Send a reminder now" not in page
        assert 'type="checkbox"' not in page
    form = {"do": "remind", "cart": str(carts[0])}
    assert analyst.post(REMINDERS, form, page="/console/you").status_code == 403


def test_the_reason_is_told(app: Flask, staffed: TestStore, carts: list[UUID]) -> None:
    admin = at_work(app, staffed, "admin")
    assert "Not looked at yet" in admin.get("/console/carts").text
    with app.app_context(), use_store(staffed.id):
        explaining.explain(directory.get(staffed.id))
        with transaction() as session:
            session.execute(
                text("""UPDATE episodes SET reason = 'delivery_cost', evidence = '{"cost": {"amount": 990, "currency": "EUR"}}'
                        WHERE cart_id = :cart"""),
                {"cart": carts[0]},
            )
    page = admin.get("/console/carts").text
    assert "The cost of delivery" in page
    assert "Just left" in page
    assert "after seeing the delivery cost (€9.90)." in admin.get(f"/console/carts/{carts[0]}").text
    persian = admin.get(f"/console/carts/{carts[0]}?lang=fa").text
    assert "پس از دیدن هزینهٔ ارسال" in persian
    assert "فرستادن یادآوری همین حالا" in persian
