"""From units that come back to the letter and its link: to those who wait, once, in their language."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.alerts import rules, service
from app.database.base import db
from app.database.tenancy import use_store
from app.database.transaction import Lock, took_lock, transaction
from app.embedded.mail import MailServer
from app.ids import new_id
from app.inventory.reservations import put_back, reserve
from app.inventory.service import StockLevel, came_back, set_levels
from tests.conftest import NOW, TestStore
from tests.factories import MadeProduct, hide, make_product, set_stock
from tests.integration.catalog.conftest import Import
from tests.web.alerts.conftest import EMAIL
from tests.web.alerts.test_asking import alerts
from tests.web.browser import Browser

Deliver = Callable[[], int]


def restock(app: Flask, store: TestStore, product: MadeProduct, available: int, **how: Any) -> None:
    level = StockLevel(product.variant_id, available, **{"tracked": True, "oversell": False, **how})
    with app.app_context(), use_store(store.id), transaction():
        set_levels([level], now=app.config["CLOCK"].now())


def returns(app: Flask, store: TestStore) -> int:
    """How many returns of stock have been told and wait in the outbox."""
    with app.app_context(), use_store(store.id):
        found = db.session.execute(
            text("SELECT count(*) FROM outbox WHERE topic = 'inventory.came_back' AND done_at IS NULL")
        )
        number: int = found.scalar_one()
        db.session.rollback()
        return number


def to(mail: MailServer, address: str) -> list[Any]:
    return [message.parsed for message in mail.messages if address in message.recipients]


def plain(message: Any) -> str:
    return str(message.get_body(("plain",)).get_content())


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (0, {"available": 1}, 1),
        (0, {"available": 0}, 0),
        (1, {"available": 5}, 0),
        (0, {"available": 0, "tracked": False}, 1),
        (0, {"available": 0, "oversell": True}, 1),
        (1, {"available": 2, "least": 3}, 0),
        (2, {"available": 3, "least": 3}, 1),
        (5, {"available": 0}, 0),
    ],
    ids=["back", "still none", "more", "never runs out", "oversold", "not enough", "enough", "gone"],
)
def test_what_counts_as_coming_back(
    app: Flask, store: TestStore, kettle: MadeProduct, before: int, after: dict[str, Any], told: int
) -> None:
    with app.app_context(), use_store(store.id):
        set_stock(kettle, before)
    restock(app, store, kettle, **after)
    assert returns(app, store) == told


def test_units_that_an_order_gives_back_are_told_whatever_is_locked_after(
    app: Flask, store: TestStore, kettle: MadeProduct
) -> None:
    with app.app_context(), use_store(store.id):
        set_stock(kettle, 2)
        order_id = new_id()
        with transaction():
            assert reserve(order_id, {kettle.variant_id: 2}, check=True, now=NOW) == {}
        with transaction():
            put_back(order_id, now=NOW)
            took_lock(Lock.ORDER)
        with transaction():
            put_back(order_id, now=NOW)
    assert returns(app, store) == 1


def test_nothing_is_told_of_what_was_rolled_back(app: Flask, store: TestStore, kettle: MadeProduct) -> None:
    with app.app_context(), use_store(store.id), pytest.raises(ZeroDivisionError), transaction():
        set_levels([StockLevel(kettle.variant_id, 3, tracked=True, oversell=False)], now=NOW)
        came_back([kettle.variant_id], now=NOW)
        raise ZeroDivisionError
    assert returns(app, store) == 0


def test_one_letter_to_each_in_their_language(
    app: Flask,
    store: TestStore,
    kettle: MadeProduct,
    guest: Browser,
    customer: Browser,
    mail: MailServer,
    deliver: Deliver,
) -> None:
    address = f"g{store.slug}@example.com"
    guest.get("/cart?lang=fa")
    guest.post(f"/alerts/{kettle.variant_id}", email=address)
    customer.post(f"/alerts/{kettle.variant_id}")
    restock(app, store, kettle, 2)
    deliver()
    deliver()
    (english,) = to(mail, EMAIL)
    (persian,) = to(mail, address)
    assert english["Subject"] == "Kettle is back"
    assert "for €10.00" in plain(english)
    assert f"http://shop.example/products/{kettle.handle}?variant_id={kettle.variant_id}" in plain(english)
    assert persian["Subject"] == "کتری دوباره موجود شد"
    assert 'dir="rtl"' in persian.get_body(("html",)).get_content()
    done = alerts(app, store)
    assert [alert.state for alert in done] == ["sent", "sent"]
    assert [alert.email for alert in done] == [None, None]
    restock(app, store, kettle, 0)
    restock(app, store, kettle, 5)
    deliver()
    deliver()
    assert len(to(mail, EMAIL)) == len(to(mail, address)) == 1


def test_the_link_in_the_letter_stops_the_rest(
    app: Flask,
    store: TestStore,
    kettle: MadeProduct,
    guest: Browser,
    mail: MailServer,
    deliver: Deliver,
    make_store: Any,
) -> None:
    address = f"g{store.slug}@example.com"
    with app.app_context(), use_store(store.id):
        lamp = make_product("Lamp", available=0)
    for product in (kettle, lamp):
        guest.post(f"/alerts/{product.variant_id}", email=address)
    restock(app, store, kettle, 2)
    deliver()
    deliver()
    (letter,) = to(mail, address)
    token = re.search(r"/alerts/stop/([\w-]+)", plain(letter))
    assert token
    assert token[1] not in str(alerts(app, store))  # hashed at rest
    reader = Browser(app, store)
    page = reader.get(f"/alerts/stop/{token[1]}")
    assert "You still wait for 1 thing." in page.text
    assert sorted(alert.state for alert in alerts(app, store)) == ["sent", "waiting"]  # looking changes nothing
    assert reader.post(f"/alerts/stop/{token[1]}").status_code == 303
    assert "We write no more" in reader.get(f"/alerts/stop/{token[1]}?done=1").text
    assert sorted(alert.state for alert in alerts(app, store)) == ["sent", "stopped"]
    assert {alert.email for alert in alerts(app, store)} == {None}
    assert "You wait for nothing more" in reader.get(f"/alerts/stop/{token[1]}").text
    restock(app, store, lamp, 2)
    deliver()
    deliver()
    assert len(to(mail, address)) == 1
    elsewhere = Browser(app, make_store())
    for wrong in (token[1], "x", "x" * 500):
        assert elsewhere.get(f"/alerts/stop/{wrong}").status_code == 404
        assert elsewhere.post(f"/alerts/stop/{wrong}").status_code == 404


def test_what_is_gone_again_or_hidden_is_not_written_about(
    app: Flask, store: TestStore, kettle: MadeProduct, guest: Browser, mail: MailServer, deliver: Deliver
) -> None:
    address = f"g{store.slug}@example.com"
    guest.post(f"/alerts/{kettle.variant_id}", email=address)
    restock(app, store, kettle, 2)
    restock(app, store, kettle, 0)
    deliver()
    restock(app, store, kettle, 2)
    with app.app_context(), use_store(store.id):
        hide(kettle)
    deliver()
    deliver()
    assert to(mail, address) == []
    assert [alert.state for alert in alerts(app, store)] == ["waiting"]


def ask_many(app: Flask, store: TestStore, product: MadeProduct, count: int) -> None:
    with app.app_context(), use_store(store.id):
        for number in range(count):
            said = service.Evidence("words", "en", "page", NOW + timedelta(seconds=number))
            service.ask_as_guest(product.variant_id, f"n{number}@example.com", said, app.config["DUALCART"])


def tell(app: Flask, store: TestStore, product: MadeProduct, return_id: Any, moment: Any = NOW) -> int:
    with app.app_context(), use_store(store.id):
        return service.tell_those_who_wait([product.variant_id], return_id, config=app.config["DUALCART"], now=moment)


def test_no_more_letters_than_make_sense(app: Flask, store: TestStore, kettle: MadeProduct) -> None:
    ask_many(app, store, kettle, 25)
    restock(app, store, kettle, 1)
    first = new_id()
    assert tell(app, store, kettle, first) == 10
    assert tell(app, store, kettle, first) == 0  # the same return again, as after a crash
    waiting = [alert.email for alert in alerts(app, store) if alert.state == "waiting"]
    assert waiting == [f"n{number}@example.com" for number in range(10, 25)]  # first come, first told
    assert tell(app, store, kettle, new_id()) == 10
    restock(app, store, kettle, 0, tracked=False)
    assert tell(app, store, kettle, new_id()) == 5


def test_what_waited_too_long_ends(app: Flask, store: TestStore, kettle: MadeProduct) -> None:
    ask_many(app, store, kettle, 2)
    later = NOW + rules.WAITS + timedelta(seconds=0.5)
    restock(app, store, kettle, 1)
    with app.app_context(), use_store(store.id):
        assert service.expire(later) == 1
    assert sorted(alert.state for alert in alerts(app, store)) == ["expired", "waiting"]
    assert tell(app, store, kettle, new_id(), later + timedelta(seconds=5)) == 0  # not told even before it is ended
    with app.app_context(), use_store(store.id):
        service.expire(later + rules.WAITS)
    assert [alert.state for alert in alerts(app, store)] == ["expired"]  # the first one's evidence is forgotten


def test_importing_tells_what_can_be_bought_again(in_store: TestStore, take: Import) -> None:
    """Stock that came back, a variant that is made again, a product that is shown again."""
    assert take(csv("A,0", "B,5"))
    assert told() == []
    take(csv("A,3", "B,5"))
    take(csv("A,3"))
    take(csv("A,3", "B,5"))
    take(csv("A,3", "B,5", published="false"))
    assert [len(variants) for variants in told()] == [1, 1]
    take(csv("A,3", "B,5"))
    take(csv("A,4", "B,6"))
    assert [len(variants) for variants in told()] == [1, 1, 2]


def csv(*variants: str, published: str = "true") -> str:
    head = "Handle,Title,Published,Variant Price,Option1 Name,Variant Inventory Tracker,Option1 Value,Variant Inventory Qty"
    rows = [f"mug,Mug,{published},9.00,Glaze,shopify,{variant}" for variant in variants]
    return "\n".join([head, *rows]) + "\n"


def told() -> list[list[str]]:
    rows = db.session.execute(
        text("SELECT payload FROM outbox WHERE topic = 'inventory.came_back' ORDER BY id")
    ).scalars()
    found = [payload["variants"] for payload in rows]
    db.session.rollback()
    return found
