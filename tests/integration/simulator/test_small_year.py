"""A small year through the real services: what it leaves passes the checkers, its truth stands beside a measurement."""

from typing import Any

from flask import Flask
from sqlalchemy import text

from app.config import Config
from app.database.base import db
from app.database.tenancy import use_store
from app.database.transaction import finish_reading
from app.simulator import summary
from app.simulator.run import simulate
from app.simulator.year import Options
from app.stores import directory
from tests.conftest import TestStore


def rows(statement: str) -> list[Any]:
    """What the entered store's tables say."""
    found = list(db.session.execute(text(statement)).all())
    finish_reading()
    return found


def test_some_weeks_pass_the_checkers_and_are_measured(
    app: Flask, config: Config, selling: TestStore, options: Options
) -> None:
    store, since, until = selling, options.since, options.until
    with app.app_context(), use_store(store.id):
        before = directory.get(store.id)
        shelves = rows("SELECT variant_id, available FROM stock ORDER BY variant_id")
        prices = rows("SELECT id, price FROM variants ORDER BY id")
    told: list[int] = []

    clock = app.config["CLOCK"]
    outcome = simulate(app, before, options, lambda done, _moment: told.append(done))

    assert app.config["CLOCK"] is clock
    assert app.config["DUALCART"] is config
    assert told == sorted(told)
    assert told[-1] == outcome.record.baskets == options.carts
    with app.app_context(), use_store(store.id):
        assert directory.get(store.id).settings == before.settings
        assert rows("SELECT variant_id, available FROM stock ORDER BY variant_id") == shelves
        assert rows("SELECT id, price FROM variants ORDER BY id") == prices
        [(orders, first, last)] = rows(
            "SELECT count(*), min(placed_at), max(placed_at) FROM orders WHERE number IS NOT NULL"
        )
        assert orders == len(outcome.record.orders) > 10
        assert since < first < last < until
        [(sent, late)] = rows(
            "SELECT count(sent_at), count(*) FILTER (WHERE sent_at - due_at > INTERVAL '1 hour') FROM messages"
        )
        assert sent > 10
        assert late == 0
        arms = {arm for (arm,) in rows("SELECT DISTINCT arm FROM episodes WHERE trigger = 'cart_abandoned'")}
        assert {"campaign"} <= arms <= {"campaign", "holdout"}
        assert rows("SELECT 1 FROM outbox WHERE done_at IS NULL") == []
    for command in (["carts", "verify"], ["recovery", "check"]):
        checked = app.test_cli_runner().invoke(args=[*command, "--store", store.slug])
        assert checked.exit_code == 0, checked.output
    [effect] = outcome.truth.effects
    assert effect.people > effect.held_out
    assert any(outcome.record.orders.values()), "nobody was persuaded"
    assert any("true" in line for line in summary.lines(outcome))
