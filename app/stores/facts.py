"""A store's own facts: what it is called, its languages, currency and time zone, under which hosts it answers."""

import re
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import delete, insert, select, text, update

from app.audit import log as audit
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, after_commit, took_lock, unit_of_work
from app.errors import Conflict, Invalid
from app.money import is_currency
from app.stores import directory
from app.stores.changing import TAKE_TURNS
from app.stores.models import Store, StoreHost
from app.translations.catalogues import locales as translated

OWN_LANGUAGE = "en"  # the one that sentences are written in
LONGEST_NAME = 80
HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")

TAKEN = text("SELECT host FROM store_hosts WHERE host = ANY(:hosts) AND store_id <> :store ORDER BY host")


class BadFact(Invalid):
    """A fact that cannot be. `field`: which (a field of Facts); `why`: missing, unknown, taken, ordered, here."""

    code = "bad_fact"


class FactsMoved(Conflict):
    """Somebody has changed the facts since whoever asks looked. Nothing has changed."""

    code = "facts_moved"


@dataclass(frozen=True, slots=True)
class Facts:
    """A store as its owner describes it. `names` by locale; the first locale is the default one; hosts without a port."""

    names: dict[str, str]
    locales: tuple[str, ...]
    currency: str
    time_zone: str
    hosts: tuple[str, ...]


def languages() -> tuple[str, ...]:
    """What a store's pages can be in."""
    return (OWN_LANGUAGE, *translated())


def read() -> Facts:
    """Those of the current store, as they are now."""
    row = db.session.execute(
        select(Store.name, Store.locales, Store.currency, Store.time_zone).where(Store.id == current_store_id())
    ).one()
    hosts = db.session.scalars(
        select(StoreHost.host).where(StoreHost.store_id == current_store_id()).order_by(StoreHost.host)
    )
    return Facts(row.name, tuple(row.locales), row.currency, row.time_zone, tuple(hosts))


@unit_of_work
def change(facts: Facts, *, seen: Facts, sold: bool, host: str, actor: str, now: datetime) -> tuple[str, ...]:
    """Describe the current store anew; which facts differ from those that are `seen`. Others' changes to other facts stay.

    `sold`: it has orders, so its currency is fixed; `host`: the one of whoever asks, which stays. Raises BadFact, FactsMoved.
    """
    took_lock(Lock.ADVISORY)
    db.session.execute(TAKE_TURNS, {"owner": str(current_store_id())})
    names = [field.name for field in fields(Facts) if getattr(facts, field.name) != getattr(seen, field.name)]
    before = read()
    if any(getattr(before, name) != getattr(seen, name) for name in names):
        raise FactsMoved()
    if not names:
        return ()
    after = Facts(**{**asdict(before), **{name: getattr(facts, name) for name in names}})
    _check(after, before, sold=sold, host=host)
    _write(before, after)
    details = {side: {name: getattr(of, name) for name in names} for side, of in (("before", before), ("after", after))}
    audit.record("store_changed", actor=actor, subject=("store", current_store_id()), now=now, details=details)
    after_commit(directory.forget)
    return tuple(names)


def _check(after: Facts, before: Facts, *, sold: bool, host: str) -> None:
    if not after.locales or set(after.locales) - set(languages()):
        raise BadFact(field="locales", why="missing")
    if not after.names.get(after.locales[0]):
        raise BadFact(field="names", why="missing")
    if any(len(name) > LONGEST_NAME for name in after.names.values()):
        raise BadFact(field="names", why="too_long")
    if after.time_zone not in available_timezones():
        raise BadFact(field="time_zone", why="unknown")
    if after.currency != before.currency and (sold or not is_currency(after.currency)):
        raise BadFact(field="currency", why="ordered" if sold else "unknown")
    if after.hosts != before.hosts:
        _check_hosts(after.hosts, before.hosts, host)


def _check_hosts(hosts: tuple[str, ...], before: tuple[str, ...], host: str) -> None:
    if not hosts:
        raise BadFact(field="hosts", why="missing")
    if not all(HOST.fullmatch(one) for one in hosts):
        raise BadFact(field="hosts", why="unknown")
    if host in before and host not in hosts:
        raise BadFact(field="hosts", why="here")
    if db.session.execute(TAKEN, {"hosts": list(hosts), "store": current_store_id()}).first():
        raise BadFact(field="hosts", why="taken")


def _write(before: Facts, after: Facts) -> None:
    here = current_store_id()
    values: dict[str, Any] = {"name": after.names, "locales": list(after.locales)}
    db.session.execute(
        update(Store).where(Store.id == here).values(**values, currency=after.currency, time_zone=after.time_zone)
    )
    gone, come = set(before.hosts) - set(after.hosts), set(after.hosts) - set(before.hosts)
    if gone:
        db.session.execute(delete(StoreHost).where(StoreHost.store_id == here, StoreHost.host.in_(gone)))
    if come:
        db.session.execute(insert(StoreHost), [{"host": host, "store_id": here} for host in sorted(come)])
