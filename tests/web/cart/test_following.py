"""What an open page gets when it asks whether anything has changed elsewhere, and what others are told when it has."""

import re
from collections.abc import Iterator

import msgspec
import pytest
import redis
from flask import Flask
from werkzeug.test import TestResponse

from app.accounts import passwords
from app.cache.client import client
from app.config import Config
from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.inventory.service import StockLevel, set_levels
from app.live import wire
from tests.conftest import NOW, TestStore
from tests.factories import MadeProduct, make_customer, make_product, set_price
from tests.live import until
from tests.web.browser import Browser
from tests.web.cart.test_sign_in import EMAIL, PASSWORD, signs_in

LIVE_URL = "https://live.example/live"


@pytest.fixture
def throw(app: Flask, store: TestStore) -> MadeProduct:
    with app.app_context(), use_store(store.id):
        return make_product()


@pytest.fixture
def visitor(app: Flask, store: TestStore, throw: MadeProduct) -> Browser:
    visitor = Browser(app, store)
    visitor.adds(throw.variant_id)
    return visitor


@pytest.fixture
def holding(app: Flask, config: Config) -> Iterator[None]:
    """Somebody holds streams."""
    app.config["DUALCART"] = msgspec.structs.replace(config, live_url=LIVE_URL)
    yield
    app.config["DUALCART"] = config


@pytest.fixture
def heard(app: Flask, store: TestStore) -> Iterator["redis.client.PubSub"]:
    """All that is told about the store."""
    with app.app_context():
        pubsub = client().pubsub(ignore_subscribe_messages=True)
    pubsub.subscribe(wire.channel(store.id))
    until(lambda: pubsub.subscribed)
    pubsub.get_message(timeout=1)
    yield pubsub
    pubsub.close()


def asks(visitor: Browser, tag: str = "", region: str = "en") -> TestResponse:
    headers = {"HX-Request": "true", "HX-Request-Type": "partial", **({"If-None-Match": f'W/"{tag}"'} if tag else {})}
    return visitor.client.get(f"/cart?region={region}", headers=headers)


def shown(page: str) -> str:
    found = re.search(r'data-tag="([^"]+)"', page)
    assert found
    return found[1]


def next_message(heard: "redis.client.PubSub") -> list[str]:
    message = None
    while message is None:
        message = heard.get_message(timeout=10)
    return bytes(message["data"]).decode().split(" ")


def test_nothing_new(visitor: Browser) -> None:
    page = visitor.get("/cart")
    tag = shown(page.text)
    assert page.headers["ETag"] == f'W/"{tag}"'
    assert shown(visitor.get("/cart?done=2").text) == tag, "what is said about a change is no part of what is shown"
    answer = asks(visitor, tag)
    assert (answer.status_code, answer.text) == (304, "")
    assert answer.headers["ETag"] == f'W/"{tag}"'
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_cart_changed_elsewhere(visitor: Browser, throw: MadeProduct) -> None:
    tag = shown(visitor.get("/cart").text)
    visitor.adds(throw.variant_id)
    answer = asks(visitor, tag)
    assert answer.status_code == 200
    assert "€20.00" in answer.text
    assert "Your cart was changed on another device." in answer.text
    assert 'id="toast"' in answer.text, "the undo that stood there is no longer the last change"
    assert "<html" not in answer.text
    assert asks(visitor, shown(answer.text)).status_code == 304


def test_a_price_changed(app: Flask, store: TestStore, visitor: Browser, throw: MadeProduct) -> None:
    tag = shown(visitor.get("/cart").text)
    with app.app_context(), use_store(store.id):
        set_price(throw, 900)
    answer = asks(visitor, tag)
    assert "Prices or stock in your cart have changed." in answer.text
    assert 'id="toast"' not in answer.text
    assert tag.partition("-")[0] == shown(answer.text).partition("-")[0]


def test_another_language_loads_the_page_anew(visitor: Browser) -> None:
    tag = shown(visitor.get("/cart").text)
    visitor.get("/cart?lang=fa")
    answer = asks(visitor, tag)
    assert (answer.status_code, answer.headers["HX-Refresh"]) == (204, "true")
    assert "سبدتان" in asks(visitor, tag, region="fa").text


def test_a_browser_that_asks_gets_the_page(visitor: Browser) -> None:
    assert "<html" in visitor.get("/cart?region=en").text


def test_where_the_page_listens(
    app: Flask, store: TestStore, visitor: Browser, throw: MadeProduct, holding: None
) -> None:
    page = visitor.get("/cart")
    assert f'data-stream="{LIVE_URL}/cart"' in page.text
    assert "connect-src 'self' https://live.example;" in page.headers["Content-Security-Policy"]
    assert f'data-shows="{wire.tail(throw.variant_id)}"' in page.text
    ticket = re.search(r'data-ticket="([^"]+)"', page.text)
    assert ticket
    assert str(visitor.client.get_cookie("cart", domain=store.host)).split(".")[0] not in ticket[1]
    fresh = asks(visitor, shown(page.text)).headers["Live-Ticket"]
    assert fresh.split(".")[:2] == ticket[1].split(".")[:2], "the same topic"
    other = Browser(app, store)
    assert 'data-ticket=""' in other.get("/cart").text, "nothing to listen to yet"
    assert asks(other).headers["Live-Ticket"] == ""


def test_nobody_listens_where_nobody_holds_streams(visitor: Browser) -> None:
    page = visitor.get("/cart")
    assert "data-stream" not in page.text
    assert "connect-src 'self';" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["evil.example/;script-src", "a_b", "shop;x"])
def test_a_strange_host_name_gets_into_no_policy(app: Flask, host: str, holding: None) -> None:
    response = app.test_client().get("/cart", base_url="http://localhost", headers={"Host": host})
    assert host not in response.headers["Content-Security-Policy"]


def test_a_guests_and_a_customers_change_are_told(
    app: Flask, store: TestStore, config: Config, throw: MadeProduct, heard: "redis.client.PubSub"
) -> None:
    with app.app_context(), use_store(store.id):
        make_customer(EMAIL, password_hash=passwords.hash_password(PASSWORD, config))
    guest = Browser(app, store)
    guest.adds(throw.variant_id)
    kind, guests, version = next_message(heard)
    assert (kind, version) == ("cart", "2")
    signs_in(guest)
    told = {tuple(next_message(heard)), tuple(next_message(heard))}
    assert ("cart", guests, "0") in told, "the guest's pages hear that it is no longer theirs"
    [(_, customers, merged)] = told - {("cart", guests, "0")}
    guest.adds(throw.variant_id)
    assert next_message(heard) == ["cart", customers, str(int(merged) + 1)]
    with app.app_context():
        assert client().get(wire.version_key(store.id, customers)) == str(int(merged) + 1).encode()


def test_stock_is_told_after_commit_only(
    app: Flask, store: TestStore, throw: MadeProduct, heard: "redis.client.PubSub"
) -> None:
    def level(available: int) -> list[StockLevel]:
        return [StockLevel(throw.variant_id, available, tracked=True, oversell=False)]

    with app.app_context(), use_store(store.id):
        with pytest.raises(RuntimeError, match="no"), transaction():
            set_levels(level(3), now=NOW)
            raise RuntimeError("no")
        with transaction():
            set_levels(level(4), now=NOW)
            assert heard.get_message(timeout=0.1) is None
    kind, stamp, tail = next_message(heard)
    assert (kind, tail) == ("catalogue", wire.tail(throw.variant_id))
    with app.app_context():
        assert client().get(wire.catalogue_key(store.id)) == stamp.encode()


def test_without_redis_customers_change_their_carts(
    app: Flask, store: TestStore, config: Config, throw: MadeProduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.cart.commands import AddItem
    from app.cart.policy import Policy
    from app.cart.service import Shopper, change
    from app.cart.state import Pane
    from app.ids import LineId, new_id

    monkeypatch.setitem(
        app.extensions, "redis", redis.Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.2)
    )
    with app.app_context(), use_store(store.id):
        changed = change(
            Shopper(make_customer()),
            AddItem(LineId(new_id()), throw.variant_id, 1, Pane.ACTIVE),
            op_id=new_id(),
            currency="EUR",
            policy=Policy(),
            days=30,
            now=NOW,
        )
    assert len(changed.cart.lines) == 1
