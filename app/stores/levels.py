"""From the organization to its stores to segments of their shoppers: which value is in force, and where it comes from. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import msgspec

from app.stores.segments import Segment, Shopper, fits
from app.stores.settings import BadSetting, StoreSettings, settings_from

Values = Mapping[str, Any]
KNOWN = frozenset(StoreSettings.__struct_fields__)
STORE_ONLY = frozenset({"segments"})


@dataclass(frozen=True, slots=True)
class Level:
    """Where a value is set. `segment` is the key of one, at that level only."""

    kind: Literal["organization", "store", "segment"]
    segment: str = ""

    def __str__(self) -> str:
        return f"segment:{self.segment}" if self.kind == "segment" else self.kind


ORGANIZATION, STORE = Level("organization"), Level("store")


def level_from(text: str) -> Level | None:
    """The level as it is written in addresses and logs; None for anything else."""
    kind, _colon, segment = text.partition(":")
    if kind == "segment" and segment:
        return Level("segment", segment)
    return {"organization": ORGANIZATION, "store": STORE}.get(text)


@dataclass(frozen=True, slots=True)
class Levels:
    """What is set at each level, as stored: only what differs from the level above."""

    organization: Values
    store: Values
    segments: Mapping[str, Values]

    def own(self, level: Level) -> Values:
        """What is set at a level itself."""
        match level.kind:
            case "organization":
                return self.organization
            case "store":
                return self.store
            case _:
                return self.segments.get(level.segment, {})

    def above(self, level: Level) -> Values:
        """What a level inherits, defaults apart."""
        match level.kind:
            case "organization":
                return {}
            case "store":
                return self.organization
            case _:
                return {**self.organization, **self.store}

    def source(self, key: str, level: Level) -> str:
        """Which level the value in force at `level` comes from: "organization", "store", "segment", "" for the default."""
        if key in self.own(level):
            return level.kind
        if level.kind == "segment" and key in self.store:
            return "store"
        return "organization" if level.kind != "organization" and key in self.organization else ""

    def settings(self, level: Level) -> StoreSettings:
        """The settings in force at a level."""
        return settings_from({**self.above(level), **self.own(level)})


@dataclass(frozen=True, slots=True)
class InForce:
    """The store's settings, and what its segments have of their own, in the order in which they are tried."""

    settings: StoreSettings
    by_segment: tuple[tuple[Segment, Values], ...] = ()

    def of(self, shopper: Shopper) -> StoreSettings:
        """The settings for somebody: each from the first segment that is about them and sets it, else the store's."""
        own: dict[str, Any] = {}
        for segment, values in self.by_segment:
            if fits(segment, shopper):
                own = {**values, **own}
        return msgspec.structs.replace(self.settings, **own) if own else self.settings

    def setting(self, key: str) -> list[tuple[Segment, Any]]:
        """The segments that set a key, with their values."""
        return [(segment, values[key]) for segment, values in self.by_segment if key in values]


def levels_from(document: str) -> Levels:
    """The levels as the view setting_levels answers them. Keys that are no settings any more are left out."""
    read = msgspec.json.decode(document)

    def known(values: Values) -> Values:
        return {key: value for key, value in values.items() if key in KNOWN}

    segments = {key: known(values) for key, values in read["segments"].items()}
    return Levels(known(read["organization"]), known(read["store"]), segments)


@lru_cache(256)
def in_force(document: str) -> InForce:
    """The settings that a document of levels amounts to."""
    levels = levels_from(document)
    settings = levels.settings(STORE)
    found = []
    for segment in settings.segments:
        stored = {k: v for k, v in levels.segments.get(segment.key, {}).items() if k in segment.keys}
        own = settings_from(stored)
        found.append((segment, {key: getattr(own, key) for key in stored}))
    return InForce(settings, tuple((segment, values) for segment, values in found if values))


def canonical(key: str, value: object) -> Any:
    """A setting's value as it is stored, the same for the same meaning. Raises BadSetting."""
    return msgspec.json.decode(msgspec.json.encode(getattr(settings_from({key: value}), key)))


def check(level: Level, key: str, settings: StoreSettings) -> None:
    """Whether a key may be set at a level of a store with these settings. Raises BadSetting."""
    if key not in KNOWN or (level.kind == "organization" and key in STORE_ONLY):
        raise BadSetting(key=key)
    if level.kind == "segment":
        segment = next((one for one in settings.segments if one.key == level.segment), None)
        if segment is None or key not in segment.keys:
            raise BadSetting(key=key)
