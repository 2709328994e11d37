"""Workers at the same moment: each alert is answered once. With the control: what happens without the lock."""

from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import text

from app.alerts import repository, service
from app.database.base import db
from app.database.transaction import transaction, unit_of_work
from app.events import outbox
from app.ids import VariantId, new_id
from app.inventory.service import StockLevel, set_levels
from tests.concurrency.racing import race
from tests.conftest import NOW, TestStore
from tests.factories import MadeProduct, make_product, set_stock

WAITING = 60


@pytest.fixture(autouse=True)
def nobody_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_wake", None)


@pytest.fixture
def kettle(app: Flask, in_store: TestStore) -> MadeProduct:
    """Sold out, and many wait for it."""
    kettle = make_product("Kettle", available=0)
    for number in range(WAITING):
        said = service.Evidence("words", "en", "page", NOW + timedelta(seconds=number))
        service.ask_as_guest(kettle.variant_id, f"n{number}@example.com", said, app.config["DUALCART"])
    set_stock(kettle, 1000)
    return kettle


def letters() -> list[str]:
    rows = db.session.execute(text("SELECT payload->>'to' FROM outbox WHERE topic = 'alerts.letter'"))
    found = sorted(rows.scalars())
    db.session.rollback()
    return found


def test_many_workers_write_one_letter_each(app: Flask, in_store: TestStore, kettle: MadeProduct) -> None:
    def drain() -> int:
        config = app.config["DUALCART"]
        return service.tell_those_who_wait([kettle.variant_id], new_id(), config=config, now=NOW)

    results = race(app, in_store.id, [drain] * 6)
    assert sum(results) == WAITING
    assert len(letters()) == len(set(letters())) == WAITING


def test_without_the_lock_they_would_write_twice(
    app: Flask, in_store: TestStore, kettle: MadeProduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlocked = text(str(repository.CLAIM).replace("FOR NO KEY UPDATE OF a SKIP LOCKED", ""))
    monkeypatch.setattr(repository, "CLAIM", unlocked)

    def drain() -> int:
        config = app.config["DUALCART"]
        return service.tell_those_who_wait([kettle.variant_id], new_id(), config=config, now=NOW)

    results = race(app, in_store.id, [drain] * 6)
    assert sum(number for number in results if isinstance(number, int)) > WAITING


def test_asking_twice_at_once_makes_one_alert(app: Flask, in_store: TestStore) -> None:
    lamp, said = make_product("Lamp", available=0), service.Evidence("words", "en", "page", NOW)

    def ask() -> None:
        service.ask_as_guest(lamp.variant_id, "shirin@example.com", said, app.config["DUALCART"])

    assert race(app, in_store.id, [ask] * 8) == [None] * 8
    assert db.session.execute(text("SELECT count(*) FROM stock_alerts")).scalar_one() == 1
    db.session.rollback()


def test_units_that_come_back_while_somebody_asks_are_not_missed(app: Flask, in_store: TestStore) -> None:
    """Either the asker sees them, or the return finds the alert: nobody waits for what is there."""

    @unit_of_work
    def restock(variant_id: VariantId) -> None:
        set_levels([StockLevel(variant_id, 3, tracked=True, oversell=False)], now=NOW)

    config, said = app.config["DUALCART"], service.Evidence("words", "en", "page", NOW)

    def tell(variant_id: VariantId) -> None:
        restock(variant_id)
        service.tell_those_who_wait([variant_id], new_id(), config=config, now=NOW)

    for number in range(12):
        lamp = make_product(f"Lamp {number}", available=0).variant_id
        ask = partial(service.ask_as_guest, lamp, f"p{number}@example.com", said, config)
        race(app, in_store.id, [partial(tell, lamp), ask])
    with transaction():
        waiting = db.session.execute(text("SELECT count(*) FROM stock_alerts WHERE state = 'waiting'")).scalar_one()
    assert waiting == 0
