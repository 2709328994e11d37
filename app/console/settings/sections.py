"""Which setting is in which section, what can be set at a level, and what a search finds."""

from app.console.settings.items import Item, Section
from app.console.settings.recovery_sections import RECOVERY
from app.console.settings.shop_sections import SHOP
from app.stores.levels import Level
from app.stores.segments import Segment
from app.web.language import gettext as _

SECTIONS: tuple[Section, ...] = (*SHOP, *RECOVERY)
ITEMS: dict[str, tuple[Section, Item]] = {item.key: (section, item) for section in SECTIONS for item in section.items}
SWITCHES = Section(
    "switches",
    lambda: _("Switches"),
    lambda: _("Everything that can be turned on and off, in one place."),
    tuple(item for _section, item in ITEMS.values() if item.kind == "switch"),
)


def sections_at(level: Level, segment: Segment | None) -> list[Section]:
    """What can be set at a level: sections with those of their settings that can; none is empty."""
    if level.kind == "segment":
        allowed = segment.keys if segment else frozenset[str]()
    else:
        allowed = frozenset(ITEMS) - ({"segments"} if level.kind == "organization" else set())
    narrowed = (
        Section(one.key, one.name, one.about, tuple(item for item in one.items if item.key in allowed))
        for one in (*SECTIONS, *([] if level.kind == "segment" else [SWITCHES]))
    )
    return [one for one in narrowed if one.items]


def search(typed: str, sections: list[Section]) -> list[tuple[Section, Item]]:
    """The settings whose name, effect or key has every word that was typed, in the reader's language."""
    words = typed.casefold().split()
    return [
        (section, item)
        for section in sections
        if section.key != SWITCHES.key
        for item in section.items
        if all(word in f"{item.key} {item.name()} {item.effect()} {section.name()}".casefold() for word in words)
    ]
