"""`flask recovery`: looking by hand, switching on and off, how it stands, a reminder of one cart."""

from typing import Any

from flask import Flask

from app.cart import repository
from app.cli.recovery import recovery
from app.database.tenancy import use_store
from app.ids import new_id
from tests.abandoning import begin_looking, detect, make_campaign, puts
from tests.conftest import TestStore
from tests.factories import make_customer, make_product


def test_the_operators_commands(app: Flask, store: TestStore) -> None:
    def run(*words: str) -> Any:
        return app.test_cli_runner().invoke(args=["recovery", *words, "--store", store.slug])

    assert run("status").output == "not looking\n"
    with app.app_context(), use_store(store.id):
        begin_looking()
        make_campaign()
        shopper = make_customer("shopper@example.com")
        puts(shopper, make_product(price=2500).variant_id)
        detect()
        stored = repository.find_open(shopper)
        assert stored
    found = run("detect")
    assert found.output == (
        "0 cart(s) looked at, 0 abandoned, 0 message(s) to come\n1 explained; of saved things 0 began, 0 ended\n"
    )
    assert "  message " in run("remind", str(stored.id)).output
    status = run("status").output.splitlines()
    assert status[1:] == ["open      cart_abandoned  campaign  1", "messages  scheduled  -  4"]
    assert run("stop").output == "not looking\n"
    assert run("start").output.startswith("looking since 20")
    refused = run("remind", str(stored.id), str(new_id()), "nonsense")
    assert refused.exit_code == 2
    assert "reminder_waits" in refused.output
    assert refused.output.count("cart_not_found") == 2
    assert {"explain", "check", "detect", "remind"} <= set(recovery.commands)
