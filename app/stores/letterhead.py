"""What every mail of a store carries: its name, and the one origin its links start with."""

from dataclasses import dataclass

from flask import current_app
from sqlalchemy import select

from app.config import Config
from app.database.base import db
from app.database.tenancy import current_store_id
from app.stores.models import Store, StoreHost


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Name in the reader's language; origin without a slash at the end."""

    name: str
    origin: str


def letterhead(locale: str) -> Letterhead:
    """The current store's. The origin is configured or the store's first host, never what a request claimed (ASVS 1.3)."""
    config: Config = current_app.config["DUALCART"]
    host = (
        select(StoreHost.host).where(StoreHost.store_id == Store.id).order_by(StoreHost.host).limit(1).scalar_subquery()
    )
    row = db.session.execute(
        select(Store.name, Store.locales, Store.slug, host.label("host")).where(Store.id == current_store_id())
    ).one()
    name = row.name.get(locale) or row.name.get(row.locales[0]) or row.slug
    scheme = "https" if config.secure_cookies else "http"
    return Letterhead(name=name, origin=(config.public_origin or f"{scheme}://{row.host}").rstrip("/"))
