"""Filters of the list of carts that somebody keeps under a name: each member of staff has their own."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from app.console.cart_list.models import SavedView
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import unit_of_work
from app.errors import Invalid, NotFound
from app.ids import new_id

AT_MOST = 30
LONGEST_NAME = 60
TAKEN_BACK_WITHIN = timedelta(days=1)


class BadViewName(Invalid):
    """No name, or a longer one than fits."""

    code = "bad_view_name"


class TooManyViews(Invalid):
    """Somebody keeps as many as one can overlook."""

    code = "too_many_views"


class ViewNotFound(NotFound):
    """Whoever asks keeps no such view."""

    code = "view_not_found"


def list_views(staff_id: UUID) -> list[SavedView]:
    """What this member of staff keeps, by name."""
    return list(db.session.execute(select(SavedView).where(*_kept(staff_id)).order_by(SavedView.name)).scalars())


@unit_of_work
def keep(staff_id: UUID, name: str, arguments: dict[str, str], now: datetime) -> UUID:
    """Keep a filter under a name; another one of the same name gives way. Raises BadViewName, TooManyViews."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise BadViewName()
    of_them = (SavedView.store_id == current_store_id(), SavedView.staff_id == staff_id)
    db.session.execute(delete(SavedView).where(*of_them, SavedView.removed_at < now - TAKEN_BACK_WITHIN))
    db.session.execute(delete(SavedView).where(*_kept(staff_id), SavedView.name == name))
    kept = db.session.execute(select(func.count()).select_from(SavedView).where(*_kept(staff_id))).scalar_one()
    if kept >= AT_MOST:
        raise TooManyViews()
    view_id = new_id()
    values = {"store_id": current_store_id(), "id": view_id, "staff_id": staff_id, "name": name}
    db.session.execute(insert(SavedView).values(**values, arguments=arguments, created_at=now))
    return view_id


@unit_of_work
def remove(staff_id: UUID, view_id: UUID, now: datetime) -> str:
    """Keep it no more; its name. Raises ViewNotFound."""
    return _turn(staff_id, view_id, now, removed=False)


@unit_of_work
def take_back(staff_id: UUID, view_id: UUID) -> str:
    """Keep after all what was removed; its name. Raises ViewNotFound."""
    return _turn(staff_id, view_id, None, removed=True)


def _turn(staff_id: UUID, view_id: UUID, removed_at: datetime | None, *, removed: bool) -> str:
    whose = (SavedView.store_id == current_store_id(), SavedView.staff_id == staff_id, SavedView.id == view_id)
    before = SavedView.removed_at.is_not(None) if removed else SavedView.removed_at.is_(None)
    changed = update(SavedView).where(*whose, before).values(removed_at=removed_at).returning(SavedView.name)
    name = db.session.execute(changed).scalar()
    if name is None:
        raise ViewNotFound()
    return str(name)


def _kept(staff_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        SavedView.store_id == current_store_id(),
        SavedView.staff_id == staff_id,
        SavedView.removed_at.is_(None),
    )
