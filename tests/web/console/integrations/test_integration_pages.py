"""Integrations in the console: cards without secrets, checks, and endpoints with their deliveries; without JavaScript."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from flask import Flask

from app.audit import log
from app.database.tenancy import use_store
from app.ids import new_id
from app.webhooks import delivering, endpoints, publishing
from tests.conftest import NOW, TestStore
from tests.faulty_server import Server, serving
from tests.hearing import deliver, deliveries, tell, verified
from tests.web.accounts.visitor import Visitor
from tests.web.console.test_console_orders import at_work

HERE = "/console/integrations"


@pytest.fixture(autouse=True)
def by_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is woken; a hanging receiver is given up soon."""
    monkeypatch.setattr(publishing, "_wake", None)
    monkeypatch.setattr(delivering, "SECONDS", 0.4)


@pytest.fixture
def receiver() -> Iterator[Server]:
    """A server that takes everything."""
    server = Server()
    with serving(server, lambda _asked: (200, {}, b'{"thanks": true}')):
        yield server


@pytest.fixture
def admin(app: Flask, staffed: TestStore) -> Visitor:
    """An admin, signed in."""
    return at_work(app, staffed, "admin")


def follow(visitor: Visitor, answer: Any) -> str:
    assert answer.status_code == 303, answer.text
    return unescape(visitor.get(answer.headers["Location"].partition("#")[0]).text)


def add(visitor: Visitor, url: str, *types: str, **more: str) -> tuple[str, str]:
    """A new endpoint by the form: its address in the console, and its secret."""
    form: dict[str, Any] = {"url": url, "type": list(types or ("order.placed",)), **more}
    page = visitor.post(f"{HERE}/webhooks", form, page=f"{HERE}/webhooks/new")
    assert page.status_code == 200, page.text
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", unescape(page.text))
    there = re.search(rf'href="({HERE}/webhooks/[^"]+)"', page.text)
    assert secret
    assert there
    return there[1], secret[0]


def actions(app: Flask, store: TestStore) -> list[str]:
    with app.app_context(), use_store(store.id):
        assert log.verify().broken_at is None
        return [entry.action for entry in log.list_entries() if entry.action != "signed_in"]


def test_cards_without_secrets(app: Flask, staffed: TestStore) -> None:
    page = unescape(at_work(app, staffed, "analyst").get(HERE).text)
    assert "Email: SMTP" in page
    assert "Pay on delivery" in page
    assert "No endpoint yet." in page
    assert "<form" not in page.partition('id="main"')[2]
    assert app.config["DUALCART"].secret_key not in page
    assert "Stripe" not in page  # not set up here: no card


def test_a_check_tells_what_it_found(app: Flask, staffed: TestStore, admin: Visitor) -> None:
    page = follow(admin, admin.post(f"{HERE}/checks", {"key": "email"}, page=HERE))
    assert "It could not be reached." in page  # nobody listens at port 25 here
    page = follow(admin, admin.post(f"{HERE}/test-email", page=HERE))
    assert "It could not be reached." in page
    assert actions(app, staffed) == ["test_email_sent", "connection_checked"]
    for key in ("payment:manual", "payment:dance", "dance", ""):
        assert admin.post(f"{HERE}/checks", {"key": key}, page=HERE).status_code == 404


def test_added_tried_out_and_looked_at(app: Flask, staffed: TestStore, admin: Visitor, receiver: Server) -> None:
    there, secret = add(admin, f"{receiver.url}/hook", "order.placed", "cart.abandoned")
    assert "whsec_" not in admin.get(there).text
    page = follow(admin, admin.post(f"{there}/test", page=there))
    assert "taken" in page
    assert '"type": "webhook.test"' in page
    assert '{"thanks": true}' in page
    assert verified(receiver.requests[0], secret)
    assert receiver.url in unescape(admin.get(HERE).text)
    assert actions(app, staffed) == ["webhook_tried_out", "webhook_added"]
    with app.app_context(), use_store(staffed.id):
        assert secret not in str([entry.details for entry in log.list_entries()])


@pytest.mark.parametrize("fault", ["500", "hang", "drip headers", "redirect"], ids=str)
def test_a_test_event_tells_what_is_wrong(admin: Visitor, receiver: Server, fault: str) -> None:
    there, _secret = add(admin, f"{receiver.url}/hook")
    receiver.fault = fault
    page = follow(admin, admin.post(f"{there}/test", page=there))
    said = {"500": "answered with 500", "redirect": "Redirects are not followed"}
    assert said.get(fault, "No answer within five seconds.") in page
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"url": ""}, "Enter a whole address"),
        ({"url": "javascript:alert(1)"}, "Enter a whole address"),
        ({"url": "https://a:b@example.com/"}, "Leave name, password"),
        ({"type": []}, "Choose at least one event."),
        ({"type": ["dance"]}, "Choose at least one event."),
    ],
    ids=["nothing", "script", "password", "no-events", "no-such-event"],
)
def test_bad_input_changes_nothing(app: Flask, staffed: TestStore, admin: Visitor, form: Any, said: str) -> None:
    whole = {"url": "https://example.com/hook", "type": ["order.placed"], **form}
    answer = admin.post(f"{HERE}/webhooks", whole, page=f"{HERE}/webhooks/new")
    assert answer.status_code == 422
    assert said in unescape(answer.text)
    assert actions(app, staffed) == []


def test_changed_unless_somebody_else_was_quicker(
    app: Flask, staffed: TestStore, admin: Visitor, receiver: Server
) -> None:
    there, _secret = add(admin, f"{receiver.url}/hook")
    seen = re.search(r'name="changed" value="(\d+)"', admin.get(there).text)
    assert seen
    form = {"url": f"{receiver.url}/other", "type": ["order.cancelled"], "changed": seen[1]}
    assert "Saved." in follow(admin, admin.post(f"{there}/settings", form, page=there))
    answer = admin.post(f"{there}/settings", {**form, "url": f"{receiver.url}/third"}, page=there)
    assert answer.status_code == 409
    assert "Somebody else has changed this endpoint" in answer.text
    assert f"{receiver.url}/other" in unescape(answer.text)
    assert admin.post(f"{there}/settings", {**form, "url": "x"}, page=there).status_code == 422


def test_another_secret_and_its_overlap(app: Flask, staffed: TestStore, admin: Visitor, receiver: Server) -> None:
    there, before = add(admin, f"{receiver.url}/hook")
    page = unescape(admin.post(f"{there}/secret", page=there).text)
    after = re.search(r"whsec_[A-Za-z0-9+/=]+", page)
    assert after
    assert after[0] != before
    assert "events carry both signatures until then" in page
    assert "End the old secret now" in admin.get(there).text
    page = follow(admin, admin.post(f"{there}/old-secret/removal", page=there))
    assert "The old secret is good for nothing any more." in page
    assert "End the old secret now" not in page


def test_failures_are_grouped_and_sent_again(app: Flask, staffed: TestStore, admin: Visitor, receiver: Server) -> None:
    there, _secret = add(admin, f"{receiver.url}/hook")
    with app.app_context(), use_store(staffed.id):
        receiver.fault, receiver.for_ever = "500", True
        for _ in range(2):
            tell(order_id=str(new_id()))
            deliver()
        first, second = (row.id for row in deliveries())
    page = unescape(admin.get(there).text)
    assert page.count('<section class="group"') == 1
    assert "The receiver answered with 500." in page
    receiver.fault = ""
    again = f"{there}/deliveries/again"
    assert "1 event is sent again." in follow(admin, admin.post(again, {"delivery": str(first)}, page=there))
    assert "2 events are sent again." in follow(admin, admin.post(again, {"error": "status_500"}, page=there))
    with app.app_context(), use_store(staffed.id):
        assert deliver() == 2
        assert [row.attempts for row in deliveries()] == [1, 1]
    assert "1 event is sent again." in follow(admin, admin.post(again, {"delivery": str(second)}, page=there))
    assert admin.post(again, page=there).status_code == 409
    assert admin.get(f"{there}/deliveries/{new_id()}").status_code == 404


def test_off_on_and_away(app: Flask, staffed: TestStore, admin: Visitor, receiver: Server) -> None:
    there, _secret = add(admin, f"{receiver.url}/hook")
    assert "Switched off by staff." in follow(admin, admin.post(f"{there}/switch", {"on": "0"}, page=there))
    answer = admin.post(f"{there}/deliveries/again", {"error": "status_500"}, page=there)
    assert "Switch it on first." in answer.text
    assert "It hears of events from now on." in follow(admin, admin.post(f"{there}/switch", {"on": "1"}, page=there))
    assert "The endpoint was removed." in follow(admin, admin.post(f"{there}/removal", page=there))
    assert admin.get(there).status_code == 404
    for act in ("test", "secret", "switch", "removal", "settings"):
        assert (
            admin.post(
                f"{there}/{act}", {"url": "https://example.com/", "type": ["order.placed"]}, page=HERE
            ).status_code
            == 404
        )


def test_told_in_the_navigation_when_it_went_off_by_itself(
    app: Flask, staffed: TestStore, admin: Visitor, receiver: Server
) -> None:
    there, _secret = add(admin, f"{receiver.url}/hook")
    with app.app_context(), use_store(staffed.id):
        [one] = endpoints.list_endpoints()
        endpoints.switch(one.id, on=False, reason="failing")
    page = unescape(admin.get(HERE).text)
    assert re.search(r'href="/console/integrations"[^>]*>.*?class="n">1<', page)
    assert "for five days nothing was taken" in unescape(admin.get(there).text)


@pytest.mark.parametrize("role", ["seller", "analyst"])
def test_only_for_whoever_may(app: Flask, staffed: TestStore, admin: Visitor, receiver: Server, role: str) -> None:
    there, _secret = add(admin, f"{receiver.url}/hook")
    visitor = at_work(app, staffed, role)
    allowed = 200 if role == "analyst" else 403
    assert visitor.get(HERE).status_code == visitor.get(there).status_code == allowed
    assert visitor.get(f"{HERE}/webhooks/new").status_code == 403
    if role == "analyst":
        assert "<form" not in visitor.get(there).text.partition('id="main"')[2]
    for path in (f"{HERE}/webhooks", f"{there}/secret", f"{there}/test", f"{there}/removal", f"{HERE}/test-email"):
        assert visitor.post(path, page="/console/you").status_code == 403


def test_another_stores_endpoint_is_not_there(app: Flask, admin: Visitor, receiver: Server, make_store: Any) -> None:
    from app.demo.accounts import seed_accounts

    there, _secret = add(admin, f"{receiver.url}/hook")
    other = make_store()
    with app.app_context(), use_store(other.id):
        seed_accounts(NOW)
    owner = at_work(app, other, "owner")
    assert owner.get(there).status_code == 404
    for act in ("secret", "test", "removal"):
        assert owner.post(f"{there}/{act}", page="/console/you").status_code == 404
    assert receiver.requests == []


def test_in_persian(admin: Visitor, receiver: Server) -> None:
    there, _secret = add(admin, f"{receiver.url}/hook")
    assert "اتصال‌ها" in admin.get(f"{HERE}?lang=fa").text
    assert "رویداد آزمایشی" in admin.get(f"{there}?lang=fa").text
