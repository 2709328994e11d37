"""Changing settings: by level, with a version of each change, merged key by key, taken back, and kept in the audit log."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.audit import log
from app.database.base import db
from app.database.tenancy import use_store
from app.database.transaction import transaction
from app.ids import CustomerId
from app.recovery import detection, unabandoned
from app.stores import changing, directory, history
from app.stores.changing import INHERIT, NoWhy, SettingsMoved, change_settings
from app.stores.letterhead import letterhead
from app.stores.levels import ORGANIZATION, STORE, Level
from app.stores.segments import Shopper
from app.stores.service import change_setting
from app.stores.settings import BadSetting
from tests.abandoning import begin_looking, detect, episodes_of, make_campaign, puts, this_store
from tests.conftest import NOW, TestStore
from tests.factories import make_customer, make_product

GUESTS = {"key": "guests", "title": {"en": "Guests"}, "kind": "guest"}
REGULARS = {"key": "regulars", "title": {"en": "Regulars"}, "orders": "returning"}
MINUTE = timedelta(minutes=1)


def change(level: Level = STORE, *, seen: int | None = None, why: str = "to see", **values: Any) -> int | None:
    return change_settings(level, values, why=why, seen=seen, actor="staff:x", now=NOW)


def sister_of(owner_engine: Any, store: TestStore, make_store: Any) -> TestStore:
    """Another store of the same organization."""
    sister: TestStore = make_store()
    moved = text("UPDATE stores SET organization_id = (SELECT organization_id FROM stores WHERE id = :a) WHERE id = :b")
    with owner_engine.begin() as connection:
        connection.execute(moved, {"a": store.id, "b": sister.id})
    return sister


def test_a_change_is_a_version_with_its_reason(in_store: TestStore) -> None:
    assert change(salvage_days=9, lines_at_most=40) == 1
    assert this_store().settings.salvage_days == 9
    [version] = history.list_changes(STORE)
    assert (version.why, version.changed_by, version.changed_at) == ("to see", "staff:x", NOW)
    assert (version.before, version.after) == ({}, {"salvage_days": 9, "lines_at_most": 40})
    [entry] = log.list_entries(action="settings_changed")
    assert (entry.subject_kind, entry.subject_id, entry.details["after"]["salvage_days"]) == ("settings", "store-1", 9)
    assert log.verify().broken_at is None


def test_what_is_set_already_is_no_change(in_store: TestStore) -> None:
    change(email_hours=[9, 17])
    assert change(email_hours=(9, 17)) is None
    assert change(salvage_days=INHERIT) is None
    assert history.newest(STORE) == 1


def test_given_up_it_is_inherited_again(in_store: TestStore) -> None:
    change(ORGANIZATION, salvage_days=11)
    change(salvage_days=9)
    assert this_store().settings.salvage_days == 9
    change(salvage_days=INHERIT)
    assert this_store().settings.salvage_days == 11
    assert history.find(STORE, 2).after == {}


def test_an_organization_s_value_is_inherited_by_its_stores_alone(
    app: Flask, in_store: TestStore, make_store: Any, owner_engine: Any
) -> None:
    sister, stranger = sister_of(owner_engine, in_store, make_store), make_store()
    change(ORGANIZATION, cart_expiry_days=12, imprint={"name": {"en": "Seller & Sons"}})
    assert directory.get(in_store.id).settings.cart_expiry_days == 12
    assert directory.get(sister.id).settings.cart_expiry_days == 12
    assert directory.get(stranger.id).settings.cart_expiry_days == 30
    with use_store(sister.id):
        assert letterhead("en").seller == "Seller & Sons"
        assert history.list_changes(ORGANIZATION)[0].made_at == in_store.id
        assert history.list_changes(STORE) == []
        change(cart_expiry_days=3)
    with use_store(stranger.id):
        assert letterhead("en").seller == ""
        assert history.list_changes(ORGANIZATION) == []
    assert directory.get(sister.id).settings.cart_expiry_days == 3
    assert directory.get(in_store.id).settings.cart_expiry_days == 12


@pytest.mark.parametrize(
    ("level", "values"),
    [
        (STORE, {"unheard_of": 1}),
        (STORE, {"salvage_days": 0}),
        (STORE, {"email_hours": [21, 8]}),
        (STORE, {"salvage_days": 9, "lines_at_most": "many"}),
        (ORGANIZATION, {"segments": []}),
        (Level("segment", "nobody"), {"messages_at_most": 1}),
    ],
    ids=["unknown", "too-small", "reversed", "one-of-two", "not-there", "no-segment"],
)
def test_a_bad_value_changes_nothing(in_store: TestStore, level: Level, values: Any) -> None:
    before = this_store()
    with pytest.raises(BadSetting):
        change(level, **values)
    assert this_store() == before
    assert history.newest(level) == 0
    assert log.list_entries() == []


def test_a_reason_has_an_end(in_store: TestStore) -> None:
    with pytest.raises(NoWhy):
        change(salvage_days=9, why="x" * 501)


def test_two_people_merge_key_by_key(in_store: TestStore) -> None:
    seen = history.newest(STORE)
    change(salvage_days=9)
    assert change(lines_at_most=40, seen=seen) == 2
    with pytest.raises(SettingsMoved) as refused:
        change(salvage_days=10, cart_expiry_days=5, seen=seen)
    assert refused.value.params["keys"] == ["salvage_days"]
    assert this_store().settings.cart_expiry_days == 30
    assert change(salvage_days=9, cart_expiry_days=5, seen=seen) == 3  # what both want is no conflict
    assert change(salvage_days=10, seen=3) == 4


def test_a_version_is_taken_back_unless_its_keys_moved_on(in_store: TestStore) -> None:
    change(salvage_days=9)
    change(salvage_days=10, lines_at_most=40)
    assert changing.undo(STORE, 2, why="", actor="staff:x", now=NOW) == 3
    assert (this_store().settings.salvage_days, this_store().settings.lines_at_most) == (9, 100)
    assert history.find(STORE, 3).takes_back == 2
    with pytest.raises(SettingsMoved):
        changing.undo(STORE, 1, why="", actor="staff:x", now=NOW)


def test_an_earlier_version_is_brought_back(in_store: TestStore) -> None:
    change(salvage_days=9)
    change(lines_at_most=40)
    change(salvage_days=10, cart_expiry_days=5)
    assert changing.restore(STORE, 1, why="", seen=3, actor="staff:x", now=NOW) == 4
    settings = this_store().settings
    assert (settings.salvage_days, settings.lines_at_most, settings.cart_expiry_days) == (9, 100, 30)
    assert history.find(STORE, 4).restores == 1


def test_history_is_only_added_to(in_store: TestStore) -> None:
    change(salvage_days=9)
    change(ORGANIZATION, salvage_days=9)
    for table in ("setting_changes", "organization_setting_changes"):
        for statement in (f"UPDATE {table} SET why = ''", f"DELETE FROM {table}"):
            with pytest.raises(Exception, match="permission denied"), transaction():
                db.session.execute(text(statement))


def test_another_organization_is_out_of_reach(app: Flask, in_store: TestStore, make_store: Any) -> None:
    other = make_store()
    organizations = "(SELECT organization_id FROM stores WHERE id = :id)"
    for statement in (
        f"INSERT INTO organization_settings VALUES ({organizations}, 'salvage_days', '3', now(), 'x')",
        "INSERT INTO store_hosts (store_id, host) VALUES (:id, 'stolen.example')",
    ):
        with pytest.raises(Exception, match="row-level security"), transaction():
            db.session.execute(text(statement), {"id": other.id})
    with transaction():
        renamed = db.session.execute(
            text("UPDATE stores SET time_zone = 'Asia/Tokyo' WHERE id = :id"), {"id": other.id}
        )
    assert renamed.rowcount == 0  # type: ignore[attr-defined]


def left(email: str, *, member: bool, locale: str = "en") -> CustomerId:
    """Somebody who filled a cart at NOW and left."""
    customer_id = make_customer(email)
    with transaction():
        db.session.execute(
            text("UPDATE customers SET locale = :locale, password_hash = :hash WHERE id = :id"),
            {"locale": locale, "hash": "x" if member else None, "id": customer_id},
        )
    puts(customer_id, make_product(price=2500).variant_id)
    return customer_id


def test_segments_wait_for_as_long_as_holds_for_them(in_store: TestStore) -> None:
    begin_looking()
    make_campaign()
    change(segments=[GUESTS, REGULARS])
    change(Level("segment", "guests"), abandonment_minutes=5)
    change(Level("segment", "regulars"), abandonment_minutes=90)
    guest, member = left("guest@example.com", member=False), left("member@example.com", member=True)
    assert detect(NOW + 4 * MINUTE).examined == 0
    assert detect(NOW + 5 * MINUTE).examined == 1
    assert (len(episodes_of(guest)), len(episodes_of(member))) == (1, 0)
    [waiting] = unabandoned.list_unabandoned(frozenset([member]), NOW + 6 * MINUTE)
    assert (waiting.why, waiting.due_at) == ("active_lately", NOW + 30 * MINUTE)
    assert detect(NOW + 30 * MINUTE).examined == 1
    change(Level("segment", "guests"), abandonment_minutes=60)
    late = left("late@example.com", member=False)
    assert detection.detect(this_store(), NOW + 45 * MINUTE).examined == 0
    assert detection.detect(this_store(), NOW + 60 * MINUTE).examined == 1
    assert len(episodes_of(late)) == 1


def test_a_segment_s_limit_is_the_most_anybody_is_promised(in_store: TestStore) -> None:
    change_setting(key="segments", value=[GUESTS], actor="test", now=NOW)
    change(Level("segment", "guests"), messages_at_most=5)
    assert this_store().messages_at_most == 5
    assert this_store().settings_of(Shopper(member=True, language="en")).messages_at_most == 3
