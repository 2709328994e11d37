"""How many statements and commands each request costs: counted, so that nobody adds one unseen."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis
from flask import Flask

from app.database.tenancy import use_store
from tests.conftest import TestStore
from tests.factories import MadeProduct, make_product
from tests.sent import noted
from tests.web.browser import Browser


@contextmanager
def counted(app: Flask) -> Iterator[dict[str, list[str]]]:
    """The SQL statements and Redis commands of what happens inside."""
    seen: dict[str, list[str]] = {"sql": [], "redis": []}

    caller = threading.get_ident()
    send = redis.connection.AbstractConnection.send_packed_command

    def command(self: Any, packed: Any, check_health: bool = True) -> Any:
        waited_for = threading.get_ident() == caller  # what another thread sends, no request waits for
        if waited_for and b"clock-offset" not in b"".join(
            packed
        ):  # looked up by the quarter second, not by the request
            seen["redis"].append(str(packed)[:60])
        return send(self, packed, check_health)

    with noted() as seen["sql"], pytest.MonkeyPatch.context() as patch:
        patch.setattr(redis.connection.AbstractConnection, "send_packed_command", command)
        yield seen


@pytest.fixture
def visitor(app: Flask, store: TestStore) -> Browser:
    visitor = Browser(app, store)
    visitor.get("/cart")  # the store's directory and shelves are read once and kept
    return visitor


@pytest.fixture
def throw(app: Flask, store: TestStore) -> MadeProduct:
    with app.app_context(), use_store(store.id):
        return make_product()


def test_a_visitor_without_a_cart_costs_nothing(app: Flask, visitor: Browser) -> None:
    with counted(app) as seen:
        visitor.get("/cart")
    assert (len(seen["sql"]), len(seen["redis"])) == (0, 0), seen


def test_a_guests_cart_page(app: Flask, visitor: Browser, throw: MadeProduct) -> None:
    visitor.adds(throw.variant_id)
    with counted(app) as seen:
        visitor.get("/cart")
    assert (len(seen["sql"]), len(seen["redis"])) == (1, 1), seen


def test_a_guest_adding_an_item(app: Flask, visitor: Browser, throw: MadeProduct) -> None:
    visitor.adds(throw.variant_id)
    with counted(app) as seen:
        visitor.adds(throw.variant_id, htmx=True)
    assert (len(seen["sql"]), len(seen["redis"])) == (1, 2), seen
