"""The review in the console: one order after the other, decided by whoever may, with a way back; without JavaScript."""

import re
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from app.audit import log
from app.database.tenancy import use_store
from app.events import outbox
from app.ids import OrderId
from app.orders import queries, reviewing
from app.orders.values import OrderState
from tests.conftest import NOW, TestStore
from tests.integration.orders.test_reviewing import hold
from tests.web.accounts.visitor import Visitor
from tests.web.console.test_console_orders import at_work

REVIEW = "/console/review"


@pytest.fixture
def held(app: Flask, staffed: TestStore, monkeypatch: pytest.MonkeyPatch) -> list[OrderId]:
    """Two orders that wait."""
    monkeypatch.setattr(outbox, "_wake", None)
    with app.app_context(), use_store(staffed.id):
        return [hold("shirin@example.com"), hold("leila@example.com")]


def fields(page: str, order_id: OrderId, decision: str) -> dict[str, str]:
    """The form of a decision as the page has it."""
    forms = re.findall(rf'<form method="post" action="{REVIEW}/{order_id}/decision">.*?</form>', page, re.S)
    form = next(form for form in forms if f'name="decision" value="{decision}"' in form)
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))


def decide(visitor: Visitor, order_id: OrderId, decision: str, **more: str) -> Any:
    page = visitor.get(f"{REVIEW}/{order_id}").text
    return visitor.send(f"{REVIEW}/{order_id}/decision", {**fields(page, order_id, decision), **more})


def follow(visitor: Visitor, answer: Any) -> str:
    assert answer.status_code == 303, answer.text
    return unescape(visitor.get(answer.headers["Location"]).text)


def actions(app: Flask, store: TestStore) -> list[str]:
    with app.app_context(), use_store(store.id):
        return [entry.action for entry in log.list_entries(kind="order") if entry.action != "order_viewed"]


def test_the_first_one_is_open_with_its_reasons(app: Flask, staffed: TestStore, held: list[OrderId]) -> None:
    page = unescape(at_work(app, staffed, "admin").get(REVIEW).text)
    assert "The visitor calls itself a robot." in page
    assert page.index("calls itself a robot") < page.index("in 50 seconds")
    assert "same delivery address" in page
    assert page.count('class="queue"') == 1
    assert re.search(r'href="/console/review"[^>]*>.*?class="n">2<', page)


def test_the_next_one_opens_and_it_can_be_undone(app: Flask, staffed: TestStore, held: list[OrderId]) -> None:
    admin = at_work(app, staffed, "admin")
    page = follow(admin, decide(admin, held[0], "allow"))
    assert "Allowed; will be carried out" in page
    assert f'action="{REVIEW}/{held[1]}/decision"' in page
    undo = re.search(rf'action="({REVIEW}/decisions/[^"]+/undo)"', page)
    assert undo
    page = follow(admin, admin.post(undo[1], page=REVIEW))
    assert "The order waits for a decision again." in page
    assert f'action="{REVIEW}/{held[0]}/decision"' in page
    again = admin.post(undo[1], page=REVIEW)
    assert again.status_code == 409
    assert "It is too late to undo this" in again.text
    assert actions(app, staffed) == ["order_review_undone", "order_reviewed"]


def test_carried_out_at_once(app: Flask, staffed: TestStore, held: list[OrderId]) -> None:
    admin = at_work(app, staffed, "admin")
    follow(admin, decide(admin, held[0], "block", cause="robot", note="Ten orders in a minute"))
    page = unescape(admin.get(f"{REVIEW}/{held[0]}").text)
    assert "Ten orders in a minute" in page
    now = re.search(rf'action="({REVIEW}/decisions/[^"]+/now)"', page)
    assert now
    follow(admin, admin.post(now[1], page=REVIEW))
    with app.app_context(), use_store(staffed.id):
        assert queries.get_order(held[0]).state is OrderState.CANCELLED
    assert "1 of 1" in unescape(admin.get(REVIEW).text)
    assert actions(app, staffed) == ["order_review_carried_out", "order_reviewed"]


def test_somebody_else_was_quicker(app: Flask, staffed: TestStore, held: list[OrderId]) -> None:
    admin, owner = at_work(app, staffed, "admin"), at_work(app, staffed, "owner")
    old = fields(owner.get(f"{REVIEW}/{held[0]}").text, held[0], "block")
    follow(admin, decide(admin, held[0], "hold", cause="asked"))
    answer = owner.send(f"{REVIEW}/{held[0]}/decision", {**old, "cause": "robot"})
    assert answer.status_code == 409
    assert "has decided about this order meanwhile: Held on to." in unescape(answer.text)
    follow(owner, decide(owner, held[0], "block", cause="robot"))


@pytest.mark.parametrize(
    "form", [{}, {"cause": "dance"}, {"cause": "robot", "note": "x" * 201}, {"decision": "dance"}],
    ids=["no-reason", "no-such-reason", "long-note", "no-such-decision"],
)  # fmt: skip
def test_bad_input_changes_nothing(app: Flask, staffed: TestStore, held: list[OrderId], form: dict[str, str]) -> None:
    admin = at_work(app, staffed, "admin")
    whole = {**fields(admin.get(f"{REVIEW}/{held[0]}").text, held[0], "block"), **form}
    answer = admin.send(f"{REVIEW}/{held[0]}/decision", whole)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert actions(app, staffed) == []


def test_analysts_see_no_names_and_decide_nothing(app: Flask, staffed: TestStore, held: list[OrderId]) -> None:
    analyst = at_work(app, staffed, "analyst")
    page = analyst.get(f"{REVIEW}/{held[0]}").text
    assert "s•••@example.com" in page
    for secret in ("shirin@example.com", "Shirin", "Lindenstra", "123456"):
        assert secret not in page
    assert "<form" not in page.partition('id="main"')[2]
    answer = analyst.post(f"{REVIEW}/{held[0]}/decision", {"decision": "allow"}, page="/console/you")
    assert answer.status_code == 403
    assert at_work(app, staffed, "seller").get(REVIEW).status_code == 403


def test_what_is_not_there(app: Flask, staffed: TestStore, held: list[OrderId], make_store: Any) -> None:
    from app.demo.accounts import seed_accounts

    other = make_store()
    with app.app_context(), use_store(other.id):
        seed_accounts(NOW)
    with app.app_context(), use_store(staffed.id):
        review = uuid4()
        reviewing.decide(held[0], "allow", cause="", note="", seen=None, op_id=review, actor="staff:a", now=NOW)
    owner = at_work(app, other, "owner")
    assert "Nothing to review." in owner.get(REVIEW).text
    for path in (f"{REVIEW}/{held[0]}", f"{REVIEW}/dance"):
        assert owner.get(path).status_code == 404
    for path in (f"{REVIEW}/{held[0]}/decision", f"{REVIEW}/decisions/{review}/undo", f"{REVIEW}/decisions/x/now"):
        assert owner.post(path, {"decision": "allow"}, page="/console/you").status_code == 404


def test_in_persian(app: Flask, staffed: TestStore, held: list[OrderId]) -> None:
    page = at_work(app, staffed, "owner").get(f"{REVIEW}?lang=fa").text
    assert 'dir="rtl"' in page
    assert "بررسی سفارش‌ها" in page
