"""The store's own facts: seen by analysts, changed by admins, its addresses by owners alone, never into what cannot be."""

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask

from app.audit import log
from app.database.tenancy import use_store
from app.stores import directory, facts
from app.stores.facts import Facts
from tests.bank import ScriptedBank
from tests.conftest import TestStore
from tests.factories import make_customer, make_product
from tests.ordering import place, put, ready
from tests.web.console.settings.desk import Desk, fields_of, inside


@pytest.fixture
def owner(app: Flask, staffed: TestStore) -> Desk:
    return Desk(app, staffed, "owner")


def form(desk: Desk) -> dict[str, Any]:
    return fields_of(desk.visitor.get("/console/store").text, "/store")


def send(desk: Desk, **typed: Any) -> Any:
    return desk.visitor.send("/console/store", {**form(desk), **typed})


def now(desk: Desk) -> Facts:
    found: Facts = inside(desk.app, desk.store, facts.read)
    return found


def test_described_anew(owner: Desk) -> None:
    answer = send(
        owner,
        **{
            "name.en": "Walnut & Wool",
            "default": "fa",
            "time_zone": "Asia/Tehran",
            "currency": "CHF",
            "host": "Shop.Example.",
        },
    )
    assert (answer.status_code, answer.location) == (303, "/console/store?saved=1")
    after = now(owner)
    assert (after.names["en"], after.locales, after.currency, after.time_zone) == (
        "Walnut & Wool", ("fa", "en"), "CHF", "Asia/Tehran",
    )  # fmt: skip
    assert after.hosts == tuple(sorted((owner.store.host, "shop.example")))
    with owner.app.app_context():
        assert directory.find_by_host("shop.example", default_slug="", seconds=0).id == owner.store.id
    entry = inside(owner.app, owner.store, lambda: log.list_entries(action="store_changed")[0])
    assert entry.details["before"]["time_zone"] == "UTC"
    assert "Walnut" in owner.visitor.get("/console/store").text
    assert "Changed the store&#39;s facts" in owner.visitor.get("/console/audit?lang=en").text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name.en": ""}, "names"),
        ({"name.en": "x" * 81}, "names"),
        ({"locales": []}, "locales"),
        ({"locales": ["xx"]}, "locales"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"currency": "ABC"}, "currency"),
        ({"host": "https://shop.example/"}, "hosts"),
        ({"host": "a..b"}, "hosts"),
    ],
    ids=["nameless", "long", "speechless", "babel", "mars", "money", "address", "dots"],
)
def test_what_cannot_be_is_said_and_changes_nothing(owner: Desk, typed: dict[str, Any], field: str) -> None:
    before = now(owner)
    answer = send(owner, **typed)
    assert answer.status_code == 422
    assert re.search(f'<a href="#{field}">', answer.text)
    assert f'id="{field}-error"' in answer.text
    assert now(owner) == before


def test_addresses_are_for_owners_and_nobody_takes_anothers(app: Flask, owner: Desk, make_store: Any) -> None:
    other = make_store()
    assert send(owner, host=other.host).status_code == 422
    assert send(owner, without=owner.store.host).status_code == 422  # we are here under it
    admin = Desk(app, owner.store, "admin")
    assert "Only owners change them." in admin.visitor.get("/console/store").text
    assert send(admin, host="shop2.example", time_zone="Europe/Berlin").status_code == 303
    assert (now(owner).hosts, now(owner).time_zone) == ((owner.store.host,), "Europe/Berlin")
    assert send(owner, host="shop3.example").status_code == 303
    assert send(owner, without="shop3.example").status_code == 303
    assert now(owner).hosts == (owner.store.host,)


def test_with_orders_the_currency_stays(owner: Desk) -> None:
    def order() -> None:
        customer = make_customer("shirin@example.com")
        put(customer, make_product("Wool throw", price=5900, available=5).variant_id)
        place(customer, ready(customer), {"scripted": ScriptedBank()})

    inside(owner.app, owner.store, order)
    assert send(owner, currency="USD").status_code == 422
    assert now(owner).currency == "EUR"


def test_others_changes_to_other_facts_stay(app: Flask, owner: Desk) -> None:
    mine = form(owner)
    send(Desk(app, owner.store, "admin"), time_zone="Europe/Berlin")
    assert owner.visitor.send("/console/store", {**mine, "name.en": "Walnut"}).status_code == 303
    assert (now(owner).names["en"], now(owner).time_zone) == ("Walnut", "Europe/Berlin")
    refused = owner.visitor.send("/console/store", {**mine, "time_zone": "Asia/Tokyo"})
    assert refused.status_code == 409
    assert "Europe/Berlin" in refused.text
    assert now(owner).time_zone == "Europe/Berlin"


def test_analysts_look_and_sellers_do_not(app: Flask, owner: Desk) -> None:
    analyst = Desk(app, owner.store, "analyst")
    assert "<form" not in analyst.visitor.get("/console/store").text.partition('id="main"')[2]
    token = {"csrf_token": analyst.visitor.token("/console"), "was": unescape(form(owner)["was"])}
    assert analyst.visitor.send("/console/store", {**token, "name.en": "Mine"}).status_code == 403
    assert Desk(app, owner.store, "seller").visitor.get("/console/store").status_code == 403
    assert "منطقهٔ زمانی" in owner.visitor.get("/console/store?lang=fa").text
    with app.app_context(), use_store(owner.store.id):
        assert log.list_entries(action="store_changed") == []
