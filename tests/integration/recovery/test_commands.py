"""`flask campaigns`: campaigns until the console has their editor; and the demo's own."""

from typing import Any

from flask import Flask

from app.database.tenancy import use_store
from app.database.transaction import finish_reading
from app.demo.reminders import FROM_THE_BEGINNING, seed_campaigns
from app.recovery import campaigns
from app.recovery.presets import PRESETS
from app.recovery.values import Trigger
from tests.conftest import NOW, TestStore


def test_a_preset_is_published_paused_and_resumed(app: Flask, store: TestStore) -> None:
    def run(*words: str) -> Any:
        at = [] if words[0] == "presets" else ["--store", store.slug]
        return app.test_cli_runner().invoke(args=["campaigns", *words, *at])

    assert all(name in run("presets").output for name in PRESETS)
    published = run("publish", "cart_reminder")
    assert published.exit_code == 0, published.output
    assert "warns  no_postal_address" in published.output
    campaign = published.output.splitlines()[-1].split()[0]
    assert run("list").output == f"{campaign}  active  v1  cart_abandoned  Cart reminder\n"
    assert run("publish", campaign).output.endswith("active  v1\n")
    assert run("pause", campaign, "--cancel-waiting").output == "paused, 0 message(s) called off\n"
    assert "campaign_state" in run("pause", campaign).output
    assert run("resume", campaign).output == "active\n"
    assert run("pause", "nonsense").exit_code == 2
    assert run("publish", "nonsense").exit_code == 2


def test_what_blocks_is_listed(app: Flask, make_store: Any) -> None:
    store = make_store(locales=("en", "de"))
    result = app.test_cli_runner().invoke(args=["campaigns", "publish", "cart_reminder", "--store", store.slug])
    assert result.exit_code == 2
    assert "blocks  language_missing  step 1 de subject" in result.output


def test_the_demo_begins_with_its_campaigns_in_force(app: Flask, store: TestStore) -> None:
    with app.app_context(), use_store(store.id):
        seed_campaigns(NOW)
        seed_campaigns(NOW)
        assert len(campaigns.list_campaigns()) == len(FROM_THE_BEGINNING)
        finish_reading()
        assert all(campaigns.live(trigger) for trigger in Trigger)
