"""Asking for a mail when something is back: with one press, with an address, with nonsense, at another store."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from app.alerts import service
from app.alerts.models import StockAlert
from app.config import Config
from app.database.base import db
from app.database.tenancy import use_store
from app.events.models import OutboxRow
from app.ids import new_id
from tests.applications import another_application
from tests.conftest import NOW, TestStore
from tests.factories import MadeProduct, hide, make_product, set_stock
from tests.web.alerts.conftest import EMAIL
from tests.web.browser import Browser


def alerts(app: Flask, store: TestStore) -> list[Any]:
    with app.app_context(), use_store(store.id):
        rows = list(db.session.execute(select(StockAlert.__table__).order_by(StockAlert.id)))
        db.session.rollback()
        return rows


def test_a_customer_asks_with_one_press(app: Flask, store: TestStore, customer: Browser, kettle: MadeProduct) -> None:
    answer = customer.post(f"/alerts/{kettle.variant_id}", htmx=True, source="product")
    assert "We email you at s…@example.com when it is back." in answer.text
    assert "Undo" in answer.text
    (alert,) = alerts(app, store)
    assert (alert.email, alert.state, alert.source, alert.locale) == (None, "waiting", "product", "en")
    assert alert.wording == "Email me when it's back"
    assert EMAIL not in str(tuple(alert))
    customer.post(f"/alerts/{kettle.variant_id}", htmx=True)
    assert len(alerts(app, store)) == 1


def test_a_customer_takes_it_back(app: Flask, store: TestStore, customer: Browser, kettle: MadeProduct) -> None:
    customer.post(f"/alerts/{kettle.variant_id}")
    page = customer.get(f"/alerts/{kettle.variant_id}?done=asked").text
    assert "We email you when it is back." in page
    assert customer.post(f"/alerts/{kettle.variant_id}/undo").status_code == 303
    assert [alert.state for alert in alerts(app, store)] == ["stopped"]
    answer = customer.post(f"/alerts/{kettle.variant_id}/undo", htmx=True)
    assert "No mail about this, then." in answer.text


def test_a_guest_is_asked_for_an_address(app: Flask, store: TestStore, guest: Browser, kettle: MadeProduct) -> None:
    first = guest.post(f"/alerts/{kettle.variant_id}", source="cart")
    assert first.status_code == 303
    page = guest.get(first.location)
    assert "We send one email to this address" in page.text
    part = guest.post(f"/alerts/{kettle.variant_id}", htmx=True, source="cart")
    assert 'name="email"' in part.text
    assert 'value="cart"' in part.text
    assert "<html" not in part.text
    assert alerts(app, store) == []
    done = guest.post(f"/alerts/{kettle.variant_id}", htmx=True, source="cart", email=" Guest۱@Example.com ")
    assert "We email you at g…@example.com when it is back." in done.text
    assert "Undo" not in done.text
    (alert,) = alerts(app, store)
    assert (alert.email, alert.customer_id, alert.source) == ("guest1@example.com", None, "cart")
    assert alert.wording == "We send one email to this address when it is back, and use it for nothing else."
    assert guest.post(f"/alerts/{kettle.variant_id}", email="guest1@example.com").status_code == 303
    assert len(alerts(app, store)) == 1


def test_evidence_is_in_the_language_that_was_read(
    app: Flask, store: TestStore, guest: Browser, kettle: MadeProduct
) -> None:
    guest.get("/cart?lang=fa")
    guest.post(f"/alerts/{kettle.variant_id}", email="guest@example.com", source="elsewhere")
    (alert,) = alerts(app, store)
    assert (alert.locale, alert.source) == ("fa", "page")
    assert alert.wording.startswith("وقتی موجود شد")


def test_nobody_learns_whether_an_address_has_an_account(
    app: Flask, store: TestStore, guest: Browser, customer: Browser, kettle: MadeProduct
) -> None:
    customer.post(f"/alerts/{kettle.variant_id}")
    known = guest.post(f"/alerts/{kettle.variant_id}", htmx=True, email=EMAIL)
    unknown = guest.post(f"/alerts/{kettle.variant_id}", htmx=True, email="somebody@example.com")
    what_differs = r's…@example.com|name="csrf_token" value="[^"]+"'  # a token is signed with the second it was made in
    plain = re.sub(what_differs, "", known.text), re.sub(what_differs, "", unknown.text)
    assert known.status_code == unknown.status_code == 200
    assert plain[0] == plain[1]
    mine, theirs = alerts(app, store)
    assert (mine.email, theirs.email) == (None, "somebody@example.com")


def test_a_customer_takes_over_what_was_asked_with_their_address(
    app: Flask, store: TestStore, guest: Browser, customer: Browser, kettle: MadeProduct
) -> None:
    guest.post(f"/alerts/{kettle.variant_id}", email=EMAIL)
    customer.post(f"/alerts/{kettle.variant_id}")
    (alert,) = alerts(app, store)
    assert alert.customer_id
    assert alert.email is None
    customer.post(f"/alerts/{kettle.variant_id}/undo")
    assert [row.state for row in alerts(app, store)] == ["stopped"]


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b", "x@example.com\r\nBcc: y@example.com", "a" * 500 + "@b.example"]
)
@pytest.mark.parametrize("htmx", [True, False], ids=["htmx", "plain"])
def test_what_is_no_address(
    app: Flask, store: TestStore, guest: Browser, kettle: MadeProduct, email: str, htmx: bool
) -> None:
    answer = guest.post(f"/alerts/{kettle.variant_id}", htmx=htmx, email=email)
    assert answer.status_code == 422
    assert "Enter an email address, like name@example.com." in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert alerts(app, store) == []


@pytest.mark.parametrize("htmx", [True, False], ids=["htmx", "plain"])
def test_what_cannot_be_waited_for(app: Flask, store: TestStore, guest: Browser, make_store: Any, htmx: bool) -> None:
    elsewhere = make_store()
    with app.app_context():
        with use_store(elsewhere.id):
            foreign = make_product("Their kettle", available=0)
        with use_store(store.id):
            hidden, there = make_product(available=0), make_product(available=3)
            hide(hidden)
    for variant_id, status in ((uuid4(), 404), (foreign.variant_id, 404), (hidden.variant_id, 404), ("abc", 404)):
        assert guest.post(f"/alerts/{variant_id}", htmx=htmx, email="g@example.com").status_code == status
        assert guest.get(f"/alerts/{variant_id}").status_code == status
    answer = guest.post(f"/alerts/{there.variant_id}", htmx=htmx, email="g@example.com")
    assert answer.status_code == 409
    assert "This is in stock right now." in answer.text
    assert "This is in stock right now." in guest.get(f"/alerts/{there.variant_id}").text
    assert alerts(app, store) == alerts(app, elsewhere) == []


def test_where_it_is_offered(app: Flask, store: TestStore, guest: Browser, kettle: MadeProduct) -> None:
    address = f'action="/alerts/{kettle.variant_id}"'
    assert address in guest.get(f"/products/{kettle.handle}").text
    assert f'href="/alerts/{kettle.variant_id}"' in guest.get("/products").text
    with app.app_context(), use_store(store.id):
        lamp = make_product("Lamp", available=2)
    guest.adds(lamp.variant_id)
    assert "Email me when" not in guest.get("/cart").text
    guest.adds(kettle.variant_id, pane="next_purchase")
    with app.app_context(), use_store(store.id):
        set_stock(lamp, 0)
    page = guest.get("/cart").text
    now, _, later = page.partition('id="next-purchase"')
    buttons = re.findall(r"</svg>([^<]+)<span class=\"sr\">: Lamp", now)
    assert buttons == ["Save for next purchase", "Email me when it's back", "Remove"]
    assert address in later


@pytest.fixture
def limited(app: Flask, config: Config) -> Iterator[Flask]:
    with another_application(config, rate_limits=True) as limited:
        yield limited


def test_an_address_is_not_asked_for_without_end(limited: Flask, store: TestStore, kettle: MadeProduct) -> None:
    address = f"{uuid4().hex}@example.com"
    guest = Browser(limited, store)
    answers = [guest.post(f"/alerts/{kettle.variant_id}", htmx=True, email=address) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert "Too many tries." in answers[-1].text
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert guest.post(f"/alerts/{kettle.variant_id}", htmx=True).status_code == 200


ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.mark.parametrize("token", ["x", "A" * 22, "A" * 500], ids=["short", "unknown", "long"])
def test_a_mail_programs_button_answers_alike(guest: Browser, token: str) -> None:
    answer = guest.client.post(f"/alerts/stop/{token}/one-click", data=ONE_CLICK)
    assert (answer.status_code, answer.data) == (200, b"")
    assert "Set-Cookie" not in answer.headers


def test_a_mail_programs_button_stops(
    app: Flask, store: TestStore, guest: Browser, kettle: MadeProduct, config: Config
) -> None:
    with app.app_context(), use_store(store.id):
        lamp = make_product("Lamp", fa="چراغ", available=0)
    for product in (kettle, lamp):
        guest.post(f"/alerts/{product.variant_id}", email="guest@example.com")
    with app.app_context(), use_store(store.id):
        set_stock(lamp, 3)
        service.tell_those_who_wait([lamp.variant_id], new_id(), config=config, now=NOW)
        letters = select(OutboxRow.payload).where(OutboxRow.topic == "alerts.letter")
        payload = db.session.execute(letters).scalar_one()
        db.session.rollback()
    headers = payload["headers"]
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = headers["List-Unsubscribe"].strip("<>")
    path = "/" + address.split("/", 3)[3]
    page = guest.get(path)
    assert (page.status_code, page.location) == (303, path.removesuffix("/one-click"))
    guest.client.post(path, data={})
    assert [alert.state for alert in alerts(app, store)] == ["waiting", "sent"]
    guest.client.post(path, data=ONE_CLICK)
    assert [alert.state for alert in alerts(app, store)] == ["stopped", "sent"]
