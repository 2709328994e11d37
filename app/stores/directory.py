"""Which store answers under which host name, with its settings: read from PostgreSQL, kept in the process for some seconds."""

import time
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import func, select, text

from app.database import tenancy
from app.database.base import db
from app.database.transaction import finish_reading
from app.errors import NotFound
from app.ids import StoreId
from app.stores.levels import InForce, in_force
from app.stores.models import Store, StoreHost
from app.stores.segments import Shopper
from app.stores.settings import StoreSettings


class StoreNotFound(NotFound):
    """No store answers under this host name."""

    code = "store_not_found"


@dataclass(frozen=True, slots=True)
class StoreView:
    """A store as every request needs it. The first locale is the default one."""

    id: StoreId
    slug: str
    names: dict[str, str]
    locales: tuple[str, ...]
    currency: str
    time_zone: str
    in_force: InForce

    @property
    def settings(self) -> StoreSettings:
        """What the store has set, or inherits from its organization."""
        return self.in_force.settings

    def settings_of(self, shopper: Shopper) -> StoreSettings:
        """What is set for somebody: by the segment they are of, or by the store."""
        return self.in_force.of(shopper)

    @property
    def messages_at_most(self) -> int:
        """How many messages anybody gets about one cart, whatever segment they are of."""
        own: list[int] = [most for _segment, most in self.in_force.setting("messages_at_most")]
        return max([self.settings.messages_at_most, *own])

    @property
    def currencies(self) -> tuple[str, ...]:
        """What the store sells in, its own currency first."""
        return tuple(dict.fromkeys((self.currency, *self.settings.further_currencies)))

    def name(self, locale: str) -> str:
        """The store's name in `locale`, or in its default one."""
        return self.names.get(locale) or self.names.get(self.locales[0]) or self.slug


_lock = Lock()
_kept: dict[str, tuple[float, StoreView]] = {}


def find_by_host(host: str, *, default_slug: str, seconds: int) -> StoreView:
    """The store that answers under `host` (no port), or the default one. Raises StoreNotFound."""
    known = _kept.get(host)
    if known and time.monotonic() - known[0] < seconds:
        return known[1]
    store = _load(host, default_slug)
    with _lock:
        if len(_kept) > 10_000:
            _kept.clear()
        _kept[host] = (time.monotonic(), store)
    return store


def forget() -> None:
    """Read every store afresh the next time it is asked for."""
    with _lock:
        _kept.clear()


def list_stores() -> list[tuple[StoreId, str]]:
    """Every store's id and slug: for jobs that visit one after the other."""
    rows = db.session.execute(select(Store.id, Store.slug).order_by(Store.id)).all()
    return [(StoreId(row.id), row.slug) for row in rows]


@dataclass(frozen=True, slots=True)
class Sibling:
    """A store of the same organization: its names by locale, and the host under which its console is."""

    id: StoreId
    names: dict[str, str]
    host: str

    def name(self, locale: str) -> str:
        """Its name in `locale`, or in whatever language it has one."""
        return self.names.get(locale) or next(iter(self.names.values()), self.host)


def list_siblings(store_id: StoreId) -> list[Sibling]:
    """All stores of the organization that this store belongs to, itself included, by age. Stores without a host are none."""
    organization = select(Store.organization_id).where(Store.id == store_id).scalar_subquery()
    host = func.min(StoreHost.host).label("host")
    rows = db.session.execute(
        select(Store.id, Store.name, host)
        .join(StoreHost, StoreHost.store_id == Store.id)
        .where(Store.organization_id == organization)
        .group_by(Store.id)
        .order_by(Store.id)
    )
    return [Sibling(StoreId(row.id), row.name, row.host) for row in rows]


def get(store_id: StoreId) -> StoreView:
    """The store with this id. Raises StoreNotFound."""
    return _view(db.session.execute(_STORES.where(Store.id == store_id)).first())


def get_by_slug(slug: str) -> StoreView:
    """The store called `slug`. Raises StoreNotFound."""
    return _view(db.session.execute(_STORES.where(Store.slug == slug)).first())


LEVELS = text("SELECT document FROM setting_levels WHERE store_id = :store")
_STORES = select(Store.id, Store.slug, Store.name, Store.locales, Store.currency, Store.time_zone)


def _load(host: str, default_slug: str) -> StoreView:
    by_host = _STORES.join(StoreHost, StoreHost.store_id == Store.id).where(StoreHost.host == host)
    row = db.session.execute(by_host).first()
    if row is None and default_slug:
        row = db.session.execute(_STORES.where(Store.slug == default_slug)).first()
    return _view(row)


def _view(row: Any) -> StoreView:
    finish_reading()  # the directory is read outside of any store
    if row is None:
        raise StoreNotFound()
    with tenancy.use_store(row.id):
        document = db.session.execute(LEVELS, {"store": row.id}).scalar_one()
        finish_reading()
    return StoreView(
        id=StoreId(row.id),
        slug=row.slug,
        names=row.name,
        locales=tuple(row.locales),
        currency=row.currency,
        time_zone=row.time_zone,
        in_force=in_force(document),
    )
