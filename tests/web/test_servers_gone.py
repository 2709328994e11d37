"""A server that is away: people are told so, nothing fails on our side, and what does not need it goes on."""

import socket
from collections.abc import Iterator

import pytest
import redis
from flask import Flask

from app.cache.client import client
from app.config import Config
from app.database.tenancy import use_store
from tests.applications import another_application
from tests.conftest import TestStore
from tests.factories import make_product
from tests.web.browser import Browser


@pytest.fixture
def without_redis(app: Flask) -> Iterator[None]:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        before = app.extensions["redis"]
        app.extensions["redis"] = redis.Redis.from_url(
            f"redis://127.0.0.1:{nobody.getsockname()[1]}", socket_connect_timeout=0.2
        )
        yield
        app.extensions["redis"] = before


def test_without_redis_the_shop_stays_open(app: Flask, store: TestStore, without_redis: None) -> None:
    with app.app_context(), use_store(store.id):
        product = make_product()
    visitor = Browser(app, store)
    assert visitor.get("/").status_code == 200
    assert visitor.get(f"/products/{product.handle}").status_code == 200
    assert visitor.get("/cart").status_code == 200  # nothing in it, so nothing to ask Redis for
    response = visitor.adds(product.variant_id)
    assert response.status_code == 503
    assert "Carts are not available right now." in response.text
    assert visitor.get("/readyz").status_code == 503
    assert visitor.get("/healthz").status_code == 200


def test_a_guest_with_a_cart_is_told(app: Flask, store: TestStore, request: pytest.FixtureRequest) -> None:
    with app.app_context(), use_store(store.id):
        product = make_product()
    visitor = Browser(app, store)
    visitor.adds(product.variant_id)
    request.getfixturevalue("without_redis")
    response = visitor.get("/cart")
    assert response.status_code == 503
    assert "Carts are not available right now." in response.text


def test_nobody_is_told_that_redis_began_anew(app: Flask, config: Config) -> None:
    """Its connections are gone then, which is only noticed when they are used."""
    with app.app_context():
        ours = client()
        ours.set("here", 1)
        with redis.Redis.from_url(config.redis_url) as other:
            other.client_kill_filter(_id=ours.client_id())
        assert ours.get("here") == b"1"


def test_without_postgresql(config: Config, store: TestStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with another_application(config, database_url="postgresql+psycopg://x@127.0.0.1:1/x") as lonely:
        response = lonely.test_client().get("/", base_url="http://anything.localhost")
    assert response.status_code == 503
    assert "not available right now" in response.text
