"""Settings of a segment hold in the cart of those it is about, and cost no statement more."""

from typing import Any

import pytest
from flask import Flask

from app.database.tenancy import use_store
from app.stores.changing import change_settings
from app.stores.levels import STORE, Level
from tests.conftest import NOW, TestStore
from tests.factories import MadeProduct, make_product
from tests.web.browser import Browser
from tests.web.cart.test_costs import counted

SEGMENTS = [
    {"key": "persian-guests", "title": {"en": "Persian guests"}, "kind": "guest", "languages": ["fa"]},
    {"key": "guests", "title": {"en": "Guests"}, "kind": "guest"},
    {"key": "members", "title": {"en": "Members"}, "kind": "member"},
]


@pytest.fixture
def things(app: Flask, store: TestStore) -> list[MadeProduct]:
    def sets(level: Level, **values: Any) -> None:
        change_settings(level, values, why="", seen=None, actor="test", now=NOW)

    with app.app_context(), use_store(store.id):
        sets(STORE, segments=SEGMENTS)
        sets(Level("segment", "guests"), lines_at_most=2)
        sets(Level("segment", "persian-guests"), lines_at_most=1)
        sets(Level("segment", "members"), lines_at_most=3)
        return [make_product(name) for name in ("Kettle", "Throw", "Board")]


def test_limits_differ_by_segment_and_cost_nothing(app: Flask, store: TestStore, things: list[MadeProduct]) -> None:
    english, persian = Browser(app, store), Browser(app, store)
    persian.get("/cart?lang=fa")
    for visitor, most in ((english, 2), (persian, 1)):
        for thing in things:
            visitor.adds(thing.variant_id)
        assert visitor.counts() == (most, 0)
    with counted(app) as seen:
        english.get("/cart")
    assert (len(seen["sql"]), len(seen["redis"])) == (1, 1), seen
    with counted(app) as seen:
        english.adds(things[0].variant_id, htmx=True)
    assert (len(seen["sql"]), len(seen["redis"])) == (1, 2), seen
    with counted(app) as seen:
        Browser(app, store).get("/cart")
    assert (len(seen["sql"]), len(seen["redis"])) == (0, 0), seen
