"""The list of carts narrowed down: by what an address says, within a bounded depth, kept as views, acted on as a whole."""

from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from app.console import cart_queries, reminder_actions
from app.database.tenancy import use_store
from app.database.transaction import transaction
from tests.conftest import NOW, TestStore
from tests.recovering import consents
from tests.web.console.test_console_carts import abandoned, at_work, filled
from tests.web.console.test_console_reminders import messages, undo_form

LIST = "/console/carts"


@pytest.fixture
def carts(app: Flask, staffed: TestStore) -> list[UUID]:
    """Two abandoned carts: the first person agreed to reminders and left because of the delivery's cost."""
    with app.app_context(), use_store(staffed.id):
        made = []
        for number, email in enumerate(("shirin@example.com", "leila@example.com"), 1):
            customer, cart_id = filled(email)
            abandoned(customer, cart_id)
            made.append(cart_id)
            if number == 1:
                consents(customer, "email", now=NOW - timedelta(days=2))
        with transaction() as session:
            session.execute(
                text("UPDATE episodes SET reason = 'delivery_cost' WHERE cart_id = :cart"), {"cart": made[0]}
            )
            session.execute(text("UPDATE episodes SET value = 4000 WHERE cart_id = :cart"), {"cart": made[1]})
        return made


def test_each_condition_narrows(app: Flask, staffed: TestStore, carts: list[UUID]) -> None:
    owner = at_work(app, staffed, "owner")
    today = NOW.date()
    first, second = f'value="{carts[0]}"', f'value="{carts[1]}"'
    for query, shows in (
        ("reason=delivery_cost", (True, False)),
        ("reason=nonsense", (True, True)),
        ("consent=yes", (True, False)),
        ("consent=no", (False, True)),
        ("from=50", (True, False)),
        ("to=۵۰", (False, True)),
        ("channel=sms", (False, False)),
        ("language=fa", (False, False)),
        (f"since={today}&until={today}", (True, True)),
        (f"until={today - timedelta(days=3)}", (False, False)),
        ("since=nonsense", (True, True)),
    ):
        page = owner.get(f"{LIST}?{query}").text
        assert (first in page, second in page) == shows, query
    assert first in owner.get(f"{LIST}?view=active&consent=yes&from=1&since={today - timedelta(days=9)}").text
    assert "No cart of this view is like that." in owner.get(f"{LIST}?channel=push").text


def test_what_is_rare_is_looked_for_in_steps(
    app: Flask, staffed: TestStore, carts: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cart_queries, "DEPTH", 1)
    with app.app_context(), use_store(staffed.id):
        seen, before = set(), ""
        for _step in range(5):
            seen |= {one.cart_id for one in cart_queries.list_carts("abandoned", before, {"reason": "delivery_cost"})}
            before = cart_queries.looked_until("abandoned", before, {"reason": "delivery_cost"})
            if not before:
                break
        assert seen == {carts[0]}
    assert "Look further back" in at_work(app, staffed, "owner").get(f"{LIST}?reason=price_rose").text


def test_a_view_is_kept_by_whoever_made_it(app: Flask, staffed: TestStore, carts: list[UUID]) -> None:
    analyst = at_work(app, staffed, "analyst")
    form = {"reason": "delivery_cost", "name": " Too  dear ", "view": "abandoned"}
    answer = analyst.post(f"{LIST}/views", form, page=LIST)
    assert answer.status_code == 303
    page = analyst.get(answer.headers["Location"]).text
    assert "Too dear" in page
    assert "Remove the view Too dear" in page
    assert "Too dear" not in at_work(app, staffed, "owner").get(LIST).text
    view = page.split(f"{LIST}/views/")[1].split("/")[0]
    assert at_work(app, staffed, "owner").post(f"{LIST}/views/{view}/removal", {}, page=LIST).status_code == 404
    gone = analyst.post(f"{LIST}/views/{view}/removal", {}, page=LIST).headers["Location"]
    page = analyst.get(gone).text
    assert "The view is removed." in page
    assert "Too dear" not in page
    assert analyst.post(f"{LIST}/views/{view}/return", {}, page=LIST).status_code == 303
    assert "Too dear" in analyst.get(LIST).text
    assert analyst.post(f"{LIST}/views", {**form, "name": " "}, page=LIST).status_code == 422


def test_all_that_is_found_at_once(
    app: Flask, staffed: TestStore, carts: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cart_queries, "PAGE", 1)  # so that two carts are more than an address holds
    admin = at_work(app, staffed, "admin")
    asked = unescape(admin.post(f"{LIST}/all", {"do": "remind", "view": "abandoned"}, page=LIST).text)
    assert "Send a reminder of 2 carts?" in asked
    assert messages(app, staffed) == []
    form = {"do": "remind", "cart": [str(cart_id) for cart_id in carts], "list": "view=abandoned&consent=no"}
    answer = admin.post(reminder_path(), {**form, "op_id": "0198f000-0000-7000-8000-000000000001"}, page=LIST)
    address = answer.headers["Location"]
    assert "many=1" in address
    assert "consent=no" in address
    page = unescape(admin.get(address).text)
    assert "2 reminders leave in half a minute" in page
    undone = admin.get(admin.send(reminder_path(), undo_form(page)).headers["Location"]).text
    assert "Called off. Nothing was sent." in undone
    assert {state for _kind, state, _reason in messages(app, staffed)} == {"cancelled"}
    monkeypatch.setattr(reminder_actions, "AT_ONCE", 1)
    assert "There are more." in admin.post(f"{LIST}/all", {"do": "stop"}, page=LIST).text
    assert at_work(app, staffed, "analyst").post(f"{LIST}/all", {"do": "stop"}, page=LIST).status_code == 403


def reminder_path() -> str:
    return f"{LIST}/reminders"
