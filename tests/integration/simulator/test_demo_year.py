"""The demo's year: made up once; whoever was stopped in the middle leaves nobody held out."""

import pytest
from flask import Flask

from app.cache import made_up
from app.database.tenancy import use_store
from app.database.transaction import finish_reading
from app.demo import year
from app.simulator.staff import ACTOR
from app.simulator.year import Options
from app.stores import directory
from app.stores.service import change_setting
from tests.conftest import TestStore


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch, selling: TestStore) -> TestStore:
    monkeypatch.setattr(year, "SLUG", selling.slug)
    monkeypatch.setattr(year, "DAYS", 2)
    return selling


def holdout(app: Flask, store: TestStore) -> int:
    with app.app_context(), use_store(store.id):
        return directory.get(store.id).settings.holdout_percent


def test_it_is_made_once(app: Flask, demo: TestStore) -> None:
    before = holdout(app, demo)
    assert year.make(app, 4)
    assert not year.make(app, 4)
    assert holdout(app, demo) == before
    with app.app_context():
        assert made_up.percent() is None


def test_who_stopped_it_in_the_middle_leaves_nobody_held_out(app: Flask, demo: TestStore, options: Options) -> None:
    assert year.make(app, 4)
    with app.app_context(), use_store(demo.id):
        change_setting(key="holdout_percent", value=20, actor=ACTOR, now=options.until)
        finish_reading()
    assert not year.make(app, 4)
    assert holdout(app, demo) == 0
