"""Settings in the console: found, changed with a look at what differs, merged, taken back, brought back; each role as it may."""

import json
import re
from html import unescape
from typing import Any

import pytest
from flask import Flask

from app.audit import log
from app.console.settings.sections import SECTIONS
from app.stores import history
from app.stores.changing import change_settings
from app.stores.levels import ORGANIZATION, STORE, Level
from app.stores.service import change_setting
from app.stores.settings import StoreSettings
from tests.conftest import NOW, TestStore
from tests.shop import open_checkout
from tests.web.console.settings.desk import Desk, fields_of, inside

SECTION_KEYS = [section.key for section in SECTIONS] + ["switches"]
GUESTS = {"key": "guests", "title": {"en": "Guests", "fa": "مهمان‌ها"}, "kind": "guest"}


@pytest.fixture
def owner(app: Flask, staffed: TestStore) -> Desk:
    return Desk(app, staffed, "owner")


@pytest.fixture
def admin(app: Flask, staffed: TestStore) -> Desk:
    return Desk(app, staffed, "admin")


def test_every_setting_is_in_one_section() -> None:
    keys = [item.key for section in SECTIONS for item in section.items]
    assert sorted(keys) == sorted(StoreSettings.__struct_fields__)


@pytest.mark.parametrize("section", SECTION_KEYS)
def test_a_form_sent_as_it_came_changes_nothing(owner: Desk, section: str) -> None:
    inside(owner.app, owner.store, lambda: open_checkout(further_currencies=["IRR"], segments=[GUESTS]))
    for language in ("en", "fa"):  # whose digits stand in the fields
        answer = owner.review(section, owner.form(section, f"store&lang={language}"))
        assert (answer.status_code, "same=1" in (answer.location or "")) == (303, True), answer.text


def test_fields_have_the_digits_of_the_language(owner: Desk) -> None:
    shown = owner.form("cart", "store&lang=fa")
    assert shown["cart_expiry_days"] == "۳۰"
    assert "۴۰" in owner.review("cart", {**shown, "lines_at_most": "۴۰"}).text


def test_changed_looked_at_saved_and_taken_back(owner: Desk) -> None:
    shown = owner.review("cart", {**owner.form("cart"), "cart_expiry_days": "۴۵", "lines_at_most": "40"})
    assert "<del" in shown.text
    assert 'href="/console/settings/cart?level=store&amp;lang=fa"' in shown.text, (
        "the form can be read, its answer cannot"
    )
    assert "45 days" in shown.text
    assert owner.settings().cart_expiry_days == 30
    assert owner.save(shown.text, why="").status_code == 422
    saved = owner.save(shown.text, why="Winter is long")
    assert saved.status_code == 303
    assert (owner.settings().cart_expiry_days, owner.settings().lines_at_most) == (45, 40)
    page = owner.visitor.get(saved.location).text
    assert "Saved as version 1." in page
    assert owner.visitor.send("/console/settings/undoing", fields_of(page, "/undoing")).status_code == 303
    assert owner.settings().cart_expiry_days == 30
    told = owner.visitor.get("/console/settings/history").text
    assert "Winter is long" in told
    assert "Takes version 1 back." in told
    audit = owner.visitor.get("/console/audit").text
    assert audit.count("Changed settings") >= 2
    assert inside(owner.app, owner.store, log.verify).broken_at is None


@pytest.mark.parametrize(
    ("section", "typed"),
    [
        ("cart", {"cart_expiry_days": "0"}),
        ("cart", {"lines_at_most": "many"}),
        ("messages", {"email_hours.from": "22", "email_hours.to": "8"}),
        ("messages", {"sms_hours.to": "25"}),
        ("recovery", {"abandonment_minimums.EUR": "ten"}),
        ("checkout", {"delivery_countries": [], "delivery_countries.more": ""}),
        ("checkout", {"delivery_countries.more": "Atlantis"}),
        ("currencies", {"further_currencies.more": "ABC"}),
        ("prices", {"taxes.0.percent": "120"}),
        ("seller", {"imprint.email": "nobody"}),
        ("checkout", {"delivery_methods.0.title.en": "Bicycle"}),
        ("segments", {"segments.0.title.en": "All"}),
    ],
    ids=[
        "zero", "words", "reversed", "late", "money", "nowhere", "unknown", "currency", "rate", "mail", "free", "everybody",
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said_beside_its_field(owner: Desk, section: str, typed: dict[str, Any]) -> None:
    answer = owner.review(section, {**owner.form(section), **typed})
    assert answer.status_code == 422
    field = re.search(r'<a href="#([^"]+)">', answer.text)
    assert field
    assert f'id="{field[1]}-error"' in answer.text
    assert f'id="{field[1]}"' in answer.text
    assert inside(owner.app, owner.store, lambda: history.newest(STORE)) == 0


def test_ways_of_delivery_and_taxes_are_edited_in_place(owner: Desk) -> None:
    inside(owner.app, owner.store, open_checkout)
    typed = {
        "delivery_methods.0.remove": "on", "delivery_methods.1.cost.EUR": "5,50", "delivery_methods.3.place": "1",
        "delivery_methods.4.title.en": "By bicycle", "delivery_methods.4.cost.EUR": "3",
        "delivery_methods.4.days.from": "1", "delivery_methods.4.days.to": "2", "delivery_methods.4.countries": "Germany",
        "delivery_countries.more": "France, nl",
    }  # fmt: skip
    assert owner.change("checkout", **typed).status_code == 303
    settings = owner.settings()
    assert [one.key for one in settings.delivery_methods] == ["pickup", "standard", "post", "by-bicycle"]
    assert settings.delivery_methods[1].cost == {"EUR": 550}
    assert settings.delivery_methods[3].countries == ("DE",)
    assert settings.delivery_countries == ("DE", "AT", "IR", "US", "FR", "NL")
    taxes = {"taxes.1.remove": "on", "taxes.3.country": "Norway", "taxes.3.percent": "25", "taxes.0.percent": "19,5"}
    assert owner.change("prices", **taxes).status_code == 303
    rates = owner.settings().taxes.rates
    assert [(one.country, one.basis_points) for one in rates] == [("DE", 1950), ("IR", 1000), ("NO", 2500)]


def test_two_people_merge_and_the_second_is_told_of_the_same_key(owner: Desk, app: Flask) -> None:
    form = owner.form("cart")
    other = Desk(app, owner.store, "admin")
    other.change("cart", cart_expiry_days="20")
    assert owner.save(owner.review("cart", {**form, "lines_at_most": "50"}).text).status_code == 303
    late = owner.review("cart", {**form, "cart_expiry_days": "25"})
    refused = owner.save(late.text, why="mine")
    assert refused.status_code == 409
    assert "Somebody else has changed this since you looked." in refused.text
    assert "Jonas" in refused.text
    assert "20 days" in refused.text
    assert owner.settings().cart_expiry_days == 20
    assert owner.save(refused.text, why="mine all the same").status_code == 303
    assert (owner.settings().cart_expiry_days, owner.settings().lines_at_most) == (25, 50)


def test_back_from_the_difference_to_the_form(owner: Desk) -> None:
    shown = owner.review("cart", {**owner.form("cart"), "cart_expiry_days": "21"})
    again = owner.visitor.send(
        "/console/settings/cart/review", {**fields_of(shown.text, "/changes"), "then": "edit", "why": "x"}
    )
    assert fields_of(again.text, "/review")["cart_expiry_days"] == "21"
    assert owner.settings().cart_expiry_days == 30


@pytest.mark.parametrize("changes", ["", "{}", '{"set":{"salvage_days":0},"inherit":[]}', '{"set":{},"inherit":["x"]}'],
    ids=["empty", "nothing", "bad", "unknown"])  # fmt: skip
def test_what_was_carried_is_checked_again(owner: Desk, changes: str) -> None:
    shown = owner.review("cart", {**owner.form("cart"), "cart_expiry_days": "21"})
    answer = owner.visitor.send(
        "/console/settings/changes", {**fields_of(shown.text, "/changes"), "changes": changes, "why": "x"}
    )
    assert answer.status_code == 422
    assert owner.settings() == StoreSettings()


def test_an_earlier_state_is_brought_back(owner: Desk) -> None:
    for days in ("20", "25", "28"):
        owner.change("cart", cart_expiry_days=days)
    shown = owner.visitor.get("/console/settings/history/1")
    assert "25 days" not in shown.text
    assert owner.save(shown.text, why="It was better").status_code == 303
    assert owner.settings().cart_expiry_days == 20
    assert "Brings version 1 back." in owner.visitor.get("/console/settings/history").text
    assert owner.visitor.get("/console/settings/history/1").status_code == 303  # nothing is different any more
    assert owner.visitor.get("/console/settings/history/99").status_code == 404


def test_inherited_set_and_given_up(owner: Desk, app: Flask) -> None:
    assert owner.change("cart", level="organization", cart_expiry_days="12").status_code == 303
    assert owner.settings().cart_expiry_days == 12
    assert "From the organization" in owner.visitor.get("/console/settings/cart").text
    owner.change("cart", cart_expiry_days="13")
    assert "Set here" in owner.visitor.get("/console/settings/cart").text
    assert owner.change("cart", **{"cart_expiry_days.inherit": "on"}).status_code == 303
    assert owner.settings().cart_expiry_days == 12
    assert inside(app, owner.store, lambda: [one.after for one in history.list_changes(ORGANIZATION)]) == [
        {"cart_expiry_days": 12}
    ]


def test_a_segment_has_its_own(owner: Desk, app: Flask) -> None:
    made = owner.change("segments", **{"segments.0.title.en": "Guests", "segments.0.kind": "guest"})
    assert made.status_code == 303
    page = owner.visitor.get("/console/settings?level=segment:guests").text
    assert "Prices and stock" not in page
    assert owner.change("messages", level="segment:guests", messages_at_most="1").status_code == 303
    assert inside(app, owner.store, lambda: history.list_changes(STORE)[0].level) == Level("segment", "guests")
    assert owner.visitor.get("/console/settings/seller?level=segment:guests").status_code == 404
    assert owner.settings().messages_at_most == 3


def test_settings_are_found_by_what_they_are_called_and_do(owner: Desk) -> None:
    assert 'action="/console/settings" role="search"' in owner.visitor.get("/console/settings").text
    page = owner.visitor.get("/console/settings?q=idle+cart").text
    assert "/console/settings/cart?level=store#s-cart_expiry_days" in page
    assert "cart_expiry_days" in owner.visitor.get("/console/settings?q=cart_expiry").text
    assert "سبد" in owner.visitor.get("/console/settings?q=سبد&lang=fa").text.partition('class="found"')[2]
    assert "No setting matches" in owner.visitor.get("/console/settings?q=zebra&lang=en").text


def test_who_is_affected_is_said_before(owner: Desk) -> None:
    shown = owner.review("recovery", {**owner.form("recovery"), "abandonment_minutes": "10", "salvage_days": "2"})
    assert "0 open carts would count as abandoned at once." in shown.text
    assert "that old" in shown.text


def test_roles(app: Flask, owner: Desk, admin: Desk) -> None:
    form = owner.form("cart")
    analyst, seller = Desk(app, owner.store, "analyst"), Desk(app, owner.store, "seller")
    for path in ("", "/cart", "/history", "/segments", "/checkout"):
        page = analyst.visitor.get(f"/console/settings{path}").text
        forms = re.findall(r'<form[^>]*method="post"[^>]*action="([^"]*)"', page.partition('id="main"')[2])
        assert set(forms) <= {"/console/settings/keys"}, path
        assert seller.visitor.get(f"/console/settings{path}").status_code == 403
    for desk in (analyst, seller):
        token = {"csrf_token": desk.visitor.token("/console/you")}
        assert desk.visitor.send("/console/settings/cart/review", form | token).status_code == 403
        saving = {**token, "changes": '{"set":{"salvage_days":3},"inherit":[]}', "why": "x", "seen": "0"}
        assert desk.visitor.send("/console/settings/changes", saving).status_code == 403
    token = {"csrf_token": admin.visitor.token("/console")}
    saving = {**token, "changes": '{"set":{"salvage_days":3},"inherit":[]}', "why": "x", "seen": "0"}
    assert admin.visitor.send("/console/settings/changes", {**saving, "level": "organization"}).status_code == 403
    assert "Only owners change them." in admin.visitor.get("/console/settings/cart?level=organization").text
    assert admin.visitor.send("/console/settings/changes", saving).status_code == 303
    assert admin.settings().salvage_days == 3


def test_pages_of_the_history_meet(owner: Desk, app: Flask) -> None:
    def make() -> None:
        for days in range(1, 24):
            change_settings(STORE, {"salvage_days": days}, why="", seen=None, actor="operator:x", now=NOW)

    inside(app, owner.store, make)
    first = owner.visitor.get("/console/settings/history").text
    assert ('id="v-23"' in first, 'id="v-3"' in first) == (True, False)
    older = re.search(r'href="(/console/settings/history\?[^"]*before=4)"', first)
    assert older
    assert 'id="v-3"' in owner.visitor.get(unescape(older[1])).text


def test_in_persian(owner: Desk, app: Flask) -> None:
    inside(app, owner.store, lambda: change_setting(key="segments", value=[GUESTS], actor="operator:x", now=NOW))
    owner.change("cart", cart_expiry_days="20")
    for path in ("", *(f"/{key}" for key in SECTION_KEYS), "/history"):
        page = owner.visitor.get(f"/console/settings{path}?lang=fa")
        assert page.status_code == 200, path
        assert "تنظیمات" in page.text
    shown = owner.review("cart", {**owner.form("cart"), "lines_at_most": "40"})
    assert json.loads(fields_of(shown.text, "/changes")["changes"]) == {"set": {"lines_at_most": 40}, "inherit": []}
    assert "۴۰" in shown.text
