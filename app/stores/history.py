"""The versions of the settings of the current store and of its organization: read, never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from app.database.base import db
from app.database.tenancy import current_store_id
from app.errors import NotFound
from app.stores import directory
from app.stores.levels import STORE, Level, Levels, level_from, levels_from
from app.stores.models import OrganizationSettingChange, SettingChange, Store


class NoSuchVersion(NotFound):
    """There is no version of this number."""

    code = "no_such_version"


@dataclass(frozen=True, slots=True)
class Change:
    """A version. `before` and `after` have what was set at its level; a key that is missing was inherited.

    `made_at` is the store where an organization's was made, None for a store's. It may take back one version, or restore
    what was in force at another.
    """

    number: int
    level: Level
    changed_at: datetime
    changed_by: str
    why: str
    keys: tuple[str, ...]
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    takes_back: int | None
    restores: int | None
    made_at: UUID | None


def table_of(level: Level) -> Any:
    """Where the versions of a level are: a store and its segments count theirs together."""
    return OrganizationSettingChange if level.kind == "organization" else SettingChange


def read_levels() -> Levels:
    """What is set at each level of the current store, as it is now."""
    return levels_from(db.session.execute(directory.LEVELS, {"store": current_store_id()}).scalar_one())


def newest(level: Level) -> int:
    """The number of the newest version, 0 if there is none."""
    table = table_of(level)
    found: int = db.session.execute(_of(level, select(func.coalesce(func.max(table.number), 0)))).scalar_one()
    return found


def changed_since(level: Level, number: int) -> frozenset[str]:
    """The keys that were changed at a level after a version."""
    return frozenset(key for change in _later(level, number) for key in change.keys)


def list_changes(level: Level, *, before: int | None = None, limit: int = 20) -> list[Change]:
    """The newest versions first: of the organization, or of the store with its segments."""
    table = table_of(level)
    rows = db.session.scalars(
        _of(level, select(table)).where(table.number < (before or 2**31 - 1)).order_by(table.number.desc()).limit(limit)
    )
    return [_change(row) for row in rows]


def find(level: Level, number: int) -> Change:
    """One version. Raises NoSuchVersion."""
    table = table_of(level)
    row = db.session.scalars(_of(level, select(table)).where(table.number == number)).first()
    if row is None:
        raise NoSuchVersion()
    return _change(row)


def values_at(change: Change) -> dict[str, tuple[bool, Any]]:
    """What was set at the version's level right after it: (whether it was, the value) of every key changed later."""
    then: dict[str, tuple[bool, Any]] = {}
    for later in _later(change.level, change.number):
        for key in later.keys:
            then.setdefault(key, (key in later.before, later.before.get(key)))
    return then


def _later(level: Level, number: int) -> Sequence[Change]:
    """The versions of exactly this level after one, oldest first."""
    table = table_of(level)
    asked = _of(level, select(table)).where(table.number > number, table.level == str(level)).order_by(table.number)
    return [_change(row) for row in db.session.scalars(asked)]


def _of(level: Level, asked: Select[Any]) -> Select[Any]:
    if level.kind == "organization":
        mine = select(Store.organization_id).where(Store.id == current_store_id()).scalar_subquery()
        return asked.where(OrganizationSettingChange.organization_id == mine)
    return asked.where(SettingChange.store_id == current_store_id())


def _change(row: Any) -> Change:
    return Change(
        number=row.number,
        level=level_from(row.level) or STORE,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        why=row.why,
        keys=tuple(row.keys),
        before=row.before,
        after=row.after,
        takes_back=row.takes_back,
        restores=row.restores,
        made_at=getattr(row, "made_at", None),
    )
