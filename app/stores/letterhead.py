"""What every mail and receipt of a store carries: its name, who sells, and the one origin its links start with."""

from dataclasses import dataclass

import msgspec
from flask import current_app
from sqlalchemy import func, select

from app.config import Config
from app.database.base import db
from app.database.tenancy import current_store_id
from app.stores.models import OrganizationSetting, Store, StoreHost, StoreSetting
from app.stores.settings import Imprint


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Name and address (lines) in the reader's language; origin without a slash at the end; the store's time zone.

    `seller` is who sells by law, `tax_number` the seller's: both may be empty, as may `email`, where questions go.
    """

    name: str
    origin: str
    zone: str = "UTC"
    seller: str = ""
    address: tuple[str, ...] = ()
    tax_number: str = ""
    email: str = ""


def letterhead(locale: str) -> Letterhead:
    """The current store's. The origin is configured or the store's first host, never what a request claimed (ASVS 1.3)."""
    config: Config = current_app.config["DUALCART"]
    host = (
        select(StoreHost.host).where(StoreHost.store_id == Store.id).order_by(StoreHost.host).limit(1).scalar_subquery()
    )
    row = db.session.execute(
        select(
            Store.name,
            Store.locales,
            Store.slug,
            Store.time_zone,
            host.label("host"),
            func.coalesce(StoreSetting.value, OrganizationSetting.value).label("value"),
        )
        .outerjoin(
            StoreSetting,
            (StoreSetting.store_id == Store.id) & (StoreSetting.segment == "") & (StoreSetting.key == "imprint"),
        )
        .outerjoin(
            OrganizationSetting,
            (OrganizationSetting.organization_id == Store.organization_id) & (OrganizationSetting.key == "imprint"),
        )
        .where(Store.id == current_store_id())
    ).one()
    imprint = msgspec.convert(row.value or {}, Imprint)
    scheme = "https" if config.secure_cookies else "http"

    def said(texts: dict[str, str]) -> str:
        return texts.get(locale) or texts.get(row.locales[0]) or ""

    return Letterhead(
        name=said(row.name) or row.slug,
        origin=(config.public_origin or f"{scheme}://{row.host}").rstrip("/"),
        zone=row.time_zone,
        seller=said(imprint.name),
        address=tuple(line.strip() for line in said(imprint.address).splitlines() if line.strip()),
        tax_number=imprint.tax_number,
        email=imprint.email,
    )
