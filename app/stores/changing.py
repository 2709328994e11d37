"""Changing settings: one door for the console, the commands and the demo. Every change is a version that can be taken back.

Changes of one store, and of one organization, take turns. Whoever changes a key that somebody else has changed since they
looked is told; what others did to other keys is left alone.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from app.audit import log as audit
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, after_commit, took_lock, unit_of_work
from app.errors import Conflict, Invalid
from app.stores import directory
from app.stores.history import Change, changed_since, find, newest, table_of, values_at
from app.stores.levels import KNOWN, Level, canonical, check, levels_from
from app.stores.models import OrganizationSetting, Store, StoreSetting
from app.stores.settings import StoreSettings

INHERIT = msgspec.UNSET  # instead of a value: have the one of the level above
LONGEST_WHY = 500

TAKE_TURNS = text("SELECT pg_advisory_xact_lock(hashtextextended('settings:' || :owner, 0))")


class SettingsMoved(Conflict):
    """Somebody has changed one of these keys since whoever asks looked. Nothing has changed. `keys`: which."""

    code = "settings_moved"


class NoWhy(Invalid):
    """A change whose reason is missing, or too long."""

    code = "setting_why"


@unit_of_work
def change_settings(
    level: Level,
    changes: Mapping[str, object],
    *,
    why: str,
    seen: int | None,
    actor: str,
    now: datetime,
    takes_back: int | None = None,
    restores: int | None = None,
) -> int | None:
    """Set keys of the current store, its organization or a segment (INHERIT gives a key up); the number of the version.

    None if nothing differs from what is set. `seen` is the newest version when whoever asks looked, None to ask for no
    such check. Raises BadSetting, SettingsMoved, NoWhy. Other processes follow within STORE_CACHE_SECONDS.
    """
    if len(why) > LONGEST_WHY:
        raise NoWhy()
    organization_id = db.session.execute(
        select(Store.organization_id).where(Store.id == current_store_id())
    ).scalar_one()
    owner = organization_id if level.kind == "organization" else current_store_id()
    took_lock(Lock.ADVISORY)
    db.session.execute(TAKE_TURNS, {"owner": str(owner)})
    levels = levels_from(db.session.execute(directory.LEVELS, {"store": current_store_id()}).scalar_one())
    settings = levels.settings(Level("store"))
    before, after = _differing(level, changes, levels.own(level), settings)
    keys = sorted({*before, *after})
    if not keys:
        return None
    theirs = changed_since(level, seen) if seen is not None else frozenset()
    if theirs & set(keys):
        raise SettingsMoved(keys=sorted(theirs & set(keys)))
    _write(level, owner, before, after, actor, now)
    number = newest(level) + 1
    table = table_of(level)
    made = {"organization_id": owner, "made_at": current_store_id()} if level.kind == "organization" else {}
    what = {"level": str(level), "why": why, "keys": keys, "before": before, "after": after}
    who = {"changed_at": now, "changed_by": actor, "takes_back": takes_back, "restores": restores}
    db.session.execute(insert(table).values(number=number, **(made or {"store_id": owner}), **what, **who))
    kind = "organization" if level.kind == "organization" else "store"
    details = {"level": str(level), "why": why, "before": before, "after": after}
    audit.record("settings_changed", actor=actor, subject=("settings", f"{kind}-{number}"), now=now, details=details)
    after_commit(directory.forget)
    return number


def undo(level: Level, number: int, *, why: str, actor: str, now: datetime) -> int | None:
    """Take back what one version did, as a version of its own. Raises SettingsMoved if its keys were changed again since."""
    change = find(level, number)
    return change_settings(change.level, undoing(change), why=why, seen=number, actor=actor, now=now, takes_back=number)


def restore(level: Level, number: int, *, why: str, seen: int | None, actor: str, now: datetime) -> int | None:
    """Bring back what was in force at a version's level right after it, as a version of its own. Raises SettingsMoved."""
    change = find(level, number)
    return change_settings(change.level, restoring(change), why=why, seen=seen, actor=actor, now=now, restores=number)


def restoring(change: Change) -> dict[str, object]:
    """What brings the values of a version's time back."""
    return {key: value if was else INHERIT for key, (was, value) in values_at(change).items() if key in KNOWN}


def undoing(change: Change) -> dict[str, object]:
    """What takes a version back."""
    return {key: change.before.get(key, INHERIT) for key in change.keys if key in KNOWN}


def _differing(
    level: Level, changes: Mapping[str, object], own: Mapping[str, Any], settings: StoreSettings
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of the changes is one: the values that were set, and those that will be. Raises BadSetting."""
    before, after = {}, {}
    for key, value in changes.items():
        check(level, key, settings)
        wanted = INHERIT if value is INHERIT else canonical(key, msgspec.to_builtins(value))
        there = canonical(key, own[key]) if key in own else INHERIT
        if wanted == there:
            continue
        if there is not INHERIT:
            before[key] = there
        if wanted is not INHERIT:
            after[key] = wanted
    return before, after


def _write(
    level: Level, owner: UUID, before: Mapping[str, Any], after: Mapping[str, Any], actor: str, now: datetime
) -> None:
    table: Any = OrganizationSetting if level.kind == "organization" else StoreSetting
    place = (
        {"organization_id": owner} if level.kind == "organization" else {"store_id": owner, "segment": level.segment}
    )
    for key, value in after.items():
        values = {"value": value, "changed_at": now, "changed_by": actor}
        statement = upsert(table).values(key=key, **place, **values)
        db.session.execute(statement.on_conflict_do_update(index_elements=[*place, "key"], set_=values))
    gone = sorted(before.keys() - after.keys())
    if gone:
        here = [table.__table__.c[name] == value for name, value in place.items()]
        db.session.execute(delete(table).where(*here, table.key.in_(gone)))
