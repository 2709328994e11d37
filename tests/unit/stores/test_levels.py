"""Which value is in force at which level, for whom, and where it comes from."""

import json
from typing import Any

import pytest

from app.stores.levels import ORGANIZATION, STORE, Level, canonical, check, in_force, level_from, levels_from
from app.stores.segments import RECOVERY_KEYS, SEGMENT_KEYS, Segment, Shopper, fits
from app.stores.settings import BadSetting, StoreSettings

GUESTS: dict[str, Any] = {"key": "guests", "title": {"en": "Guests"}, "kind": "guest"}
PERSIANS: dict[str, Any] = {"key": "persian", "title": {"en": "Persian"}, "languages": ["fa"]}
REGULARS: dict[str, Any] = {"key": "regulars", "title": {"en": "Regulars"}, "orders": "returning"}


def document(organization: Any = None, store: Any = None, segments: Any = None) -> str:
    return json.dumps({"organization": organization or {}, "store": store or {}, "segments": segments or {}})


def test_a_store_inherits_what_it_has_not_set_itself() -> None:
    levels = levels_from(document({"cart_expiry_days": 20, "lines_at_most": 50}, {"lines_at_most": 7}))
    settings = levels.settings(STORE)
    assert (settings.cart_expiry_days, settings.lines_at_most, settings.salvage_days) == (20, 7, 7)
    assert [levels.source(key, STORE) for key in ("cart_expiry_days", "lines_at_most", "salvage_days")] == [
        "organization",
        "store",
        "",
    ]
    assert levels.settings(ORGANIZATION).lines_at_most == 50
    assert levels.source("lines_at_most", ORGANIZATION) == "organization"


def test_the_first_segment_that_fits_and_sets_it_counts() -> None:
    found = in_force(
        document(
            store={"segments": [GUESTS, PERSIANS], "messages_at_most": 4},
            segments={"guests": {"messages_at_most": 1}, "persian": {"messages_at_most": 2, "frequency_at_most": 9}},
        )
    )
    assert found.of(Shopper(member=True, language="en")) is found.settings
    assert found.of(Shopper(member=True, language="fa")).messages_at_most == 2
    both = found.of(Shopper(member=False, language="fa"))
    assert (both.messages_at_most, both.frequency_at_most) == (1, 9)
    assert found.of(Shopper(member=False, language="en")).frequency_at_most == 6


@pytest.mark.parametrize(
    ("rule", "shopper", "fitting"),
    [
        ({"kind": "member"}, Shopper(True, "en"), True),
        ({"kind": "member"}, Shopper(False, "en"), False),
        ({"currencies": ("EUR",)}, Shopper(True, "en", "EUR"), True),
        ({"currencies": ("EUR",)}, Shopper(True, "en"), False),
        ({"orders": "new"}, Shopper(True, "en", None, returning=False), True),
        ({"orders": "new"}, Shopper(True, "en"), False),
        ({"orders": "returning", "languages": ("fa",)}, Shopper(True, "en", None, returning=True), False),
        ({}, Shopper(True, "en"), True),
    ],
    ids=["member", "guest", "currency", "currency-unknown", "new", "orders-unknown", "one-of-two", "everybody"],
)
def test_whom_a_segment_is_about(rule: Any, shopper: Shopper, fitting: bool) -> None:
    assert fits(Segment(key="x", title={}, **rule), shopper) is fitting


def test_what_may_be_set_for_a_segment_depends_on_what_it_asks_for() -> None:
    settings = in_force(document(store={"segments": [GUESTS, REGULARS]})).settings
    check(Level("segment", "guests"), "price_rise_limit_percent", settings)
    check(Level("segment", "regulars"), "abandonment_minutes", settings)
    for level, key in (
        (Level("segment", "regulars"), "price_rise_limit_percent"),
        (Level("segment", "guests"), "taxes"),
        (Level("segment", "nobody"), "messages_at_most"),
        (ORGANIZATION, "segments"),
        (STORE, "unheard_of"),
    ):
        with pytest.raises(BadSetting):
            check(level, key, settings)


def test_what_a_segment_lost_the_right_to_is_not_in_force() -> None:
    found = in_force(
        document(
            store={"segments": [REGULARS]}, segments={"regulars": {"lines_at_most": 2}, "gone": {"lines_at_most": 3}}
        )
    )
    assert found.by_segment == ()


def test_keys_of_segments_are_settings() -> None:
    assert RECOVERY_KEYS < SEGMENT_KEYS < set(StoreSettings.__struct_fields__)


@pytest.mark.parametrize("text", ["organization", "store", "segment:guests"])
def test_levels_are_spelled_one_way(text: str) -> None:
    assert str(level_from(text)) == text


@pytest.mark.parametrize("text", ["", "segment:", "planet", "segment"], ids=["empty", "nameless", "unknown", "bare"])
def test_anything_else_is_no_level(text: str) -> None:
    assert level_from(text) is None


def test_a_value_is_stored_in_one_spelling() -> None:
    assert canonical("email_hours", (8, 21)) == canonical("email_hours", [8, 21]) == [8, 21]
    assert canonical("taxes", {}) == {"included": True, "rounding": "line", "rates": []}


@pytest.mark.parametrize(
    "values",
    [{"segments": [GUESTS, GUESTS]}, {"delivery_methods": [{"key": "a", "title": {}, "cost": {}}] * 2}],
    ids=["segments", "delivery"],
)
def test_a_key_names_one_thing(values: Any) -> None:
    with pytest.raises(BadSetting):
        canonical(*next(iter(values.items())))
