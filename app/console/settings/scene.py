"""What every page about settings begins with: the level that is looked at, what is set there, and who may change it."""

from dataclasses import dataclass
from typing import Any

from flask import request

from app.console import colleagues, shell
from app.console.settings.fields import Place
from app.console.settings.items import Section
from app.console.settings.saying import level_words
from app.console.settings.sections import sections_at
from app.ids import StoreId
from app.stores import directory, history
from app.stores.directory import StoreNotFound
from app.stores.history import Change
from app.stores.levels import ORGANIZATION, STORE, Level, Levels, canonical, level_from
from app.stores.request import current_locale, current_store
from app.stores.segments import Segment
from app.stores.settings import StoreSettings
from app.web.language import gettext as _


@dataclass(frozen=True, slots=True)
class Scene:
    """The level, its settings as they are now (read, not kept), and the newest version of it."""

    level: Level
    levels: Levels
    settings: StoreSettings
    segment: Segment | None
    segments: tuple[Segment, ...]
    sections: tuple[Section, ...]
    place: Place
    seen: int
    may_edit: bool

    def value(self, key: str) -> Any:
        """What is in force at the level, as it is stored."""
        return canonical(key, getattr(self.settings, key))

    def inherited(self, key: str) -> Any:
        """What would be in force if the level had nothing of its own."""
        above = self.levels.above(self.level)
        return canonical(key, above[key]) if key in above else canonical(key, getattr(StoreSettings(), key))

    def section(self, key: str) -> Section | None:
        """A section as far as it can be set at the level."""
        return next((one for one in self.sections if one.key == key), None)

    @property
    def titles(self) -> dict[str, dict[str, str]]:
        """What segments are called, by key and locale."""
        return {one.key: one.title for one in self.segments}

    @property
    def tabs(self) -> list[tuple[str, str, bool]]:
        """The levels that can be looked at: as an address spells them, in words, and whether it is this one."""
        levels = [STORE, ORGANIZATION, *(Level("segment", one.key) for one in self.segments)]
        return [(str(one), level_words(one, self.titles, self.place.locale), one == self.level) for one in levels]


def scene(level: Level | None = None) -> Scene:
    """Of a level: by default of the one that the request asks for by `level`, else the store's."""
    store, levels = current_store(), history.read_levels()
    in_force = levels.settings(STORE)
    level = level or level_from(request.values.get("level", "store")[:60]) or STORE
    segment = next((one for one in in_force.segments if one.key == level.segment), None)
    if level.kind == "segment" and segment is None:
        level = STORE
    currencies = tuple(dict.fromkeys((store.currency, *in_force.further_currencies)))
    return Scene(
        level=level,
        levels=levels,
        settings=levels.settings(level),
        segment=segment,
        segments=in_force.segments,
        sections=tuple(sections_at(level, segment)),
        place=Place(current_locale(), store.locales, currencies),
        seen=history.newest(level),
        may_edit=may_edit(level),
    )


def may_edit(level: Level) -> bool:
    """Whether whoever asks may change things there: what holds for other stores, too, is for owners."""
    role = shell.person().role
    return role == "owner" or (role in shell.ADMIN_UP and level.kind != "organization")


def who(change: Change) -> str:
    """Who made a version, as far as this store knows its people."""
    known = colleagues.by_actor().get(change.changed_by)
    if known or change.made_at is None or change.made_at == current_store().id:
        return known or change.changed_by
    try:
        place = directory.get(StoreId(change.made_at))
    except StoreNotFound:
        return change.changed_by
    return _("somebody at %(store)s", store=place.name(current_locale()))
