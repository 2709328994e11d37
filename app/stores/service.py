"""Creating organizations and stores, and changing a store's settings. Stores are made by the owner of the database."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.database.tenancy import current_store_id
from app.database.transaction import after_commit, transaction
from app.ids import OrganizationId, StoreId, new_id
from app.stores import directory
from app.stores.models import Organization, Store, StoreHost, StoreSetting
from app.stores.settings import settings_from


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
    """Set one setting of the current store. Raises BadSetting; other processes follow within STORE_CACHE_SECONDS."""
    settings_from({key: value})
    values = {"value": msgspec.to_builtins(value), "changed_at": now, "changed_by": actor}
    with transaction() as session:
        session.execute(
            upsert(StoreSetting)
            .values(store_id=current_store_id(), key=key, **values)
            .on_conflict_do_update(index_elements=["store_id", "key"], set_=values)
        )
        after_commit(directory.forget)
