"""The same programs on guests' carts, and devices that sign in while other tabs write.

More of them: `STORM_PROGRAMS=5000 bin/test tests/concurrency -q -k storm`; one again: `STORM_FIRST=<seed> STORM_PROGRAMS=1`.
"""

import pytest
from flask import Flask

from app.cart import guest_repository, history
from app.cart.history import Fault
from tests.concurrency.programs import Kind
from tests.concurrency.storm import weather
from tests.concurrency.verdict import judged
from tests.conftest import TestStore


def test_storm_on_guests_carts(app: Flask, in_store: TestStore) -> None:
    assert judged(weather(app, in_store.id, Kind.GUEST, 70)) > 0


def test_storm_of_sign_ins(app: Flask, in_store: TestStore) -> None:
    assert judged(weather(app, in_store.id, Kind.SIGN_IN, 70)) > 0
    assert not [found for found in history.verify() if isinstance(found, Fault)]


def test_control_without_compare_and_set_the_storm_breaks_something(
    app: Flask, in_store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    unguarded = guest_repository.COMPARE_AND_SET.replace("then return 0 end", "then end", 1)
    monkeypatch.setattr(guest_repository, "COMPARE_AND_SET", unguarded)
    with pytest.raises(AssertionError):
        judged(weather(app, in_store.id, Kind.GUEST, 100))


def test_control_without_the_freeze_a_sign_in_loses_something(
    app: Flask, in_store: TestStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guest_repository, "FREEZE", "return redis.call('HGET', KEYS[1], 'doc')")
    with pytest.raises(AssertionError):
        judged(weather(app, in_store.id, Kind.SIGN_IN, 100))
