"""Hundreds of small programs on customers' carts: tabs that write at once, send again, take back; staff in between.

More of them: `STORM_PROGRAMS=5000 bin/test tests/concurrency -q -k storm`; one again: `STORM_FIRST=<seed> STORM_PROGRAMS=1`.
"""

import pytest
from flask import Flask
from sqlalchemy import text

from app.cart import history, repository
from app.cart.history import Fault
from tests.concurrency.programs import Kind
from tests.concurrency.storm import weather
from tests.concurrency.verdict import judged
from tests.conftest import TestStore


def test_storm_on_customers_carts(app: Flask, in_store: TestStore) -> None:
    assert judged(weather(app, in_store.id, Kind.CUSTOMER, 100)) > 0
    assert not [found for found in history.verify() if isinstance(found, Fault)]


def test_control_without_the_row_lock_the_storm_breaks_something(
    app: Flask, in_store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "LOCK", text(str(repository.LOCK).replace("FOR NO KEY UPDATE", "")))
    with pytest.raises(AssertionError):
        judged(weather(app, in_store.id, Kind.CUSTOMER, 100))
