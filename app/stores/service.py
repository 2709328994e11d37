"""Creating organizations and stores, by the owner of the database; and setting one thing, for commands and the demo."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.ids import OrganizationId, StoreId, new_id
from app.stores.changing import change_settings
from app.stores.levels import STORE
from app.stores.models import Organization, Store, StoreHost


def create_organization(session: Session, *, name: str, now: datetime) -> OrganizationId:
    """Add a tenant. The session is the database owner's: the application may not."""
    organization_id = OrganizationId(new_id())
    session.execute(insert(Organization).values(id=organization_id, name=name, created_at=now))
    return organization_id


def create_store(
    session: Session,
    *,
    organization_id: UUID,
    slug: str,
    name: dict[str, str],
    locales: list[str],
    currency: str,
    hosts: Iterable[str],
    time_zone: str = "UTC",
    now: datetime,
) -> StoreId:
    """Add a store that answers under `hosts`. The session is the database owner's: the application may not."""
    store_id = StoreId(new_id())
    session.execute(
        insert(Store).values(
            id=store_id,
            organization_id=organization_id,
            slug=slug,
            name=name,
            locales=locales,
            currency=currency,
            time_zone=time_zone,
            created_at=now,
        )
    )
    session.execute(insert(StoreHost), [{"host": host.lower(), "store_id": store_id} for host in hosts])
    return store_id


def change_setting(*, key: str, value: object, actor: str, now: datetime) -> None:
    """Set one setting of the current store, whatever it is now. Raises BadSetting; other processes follow within STORE_CACHE_SECONDS."""
    change_settings(STORE, {key: value}, why="", seen=None, actor=actor, now=now)
