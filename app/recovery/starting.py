"""Since when a store looks for abandoned carts. What was left before is never written about: starting mails nobody."""

from datetime import datetime

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import unit_of_work
from app.stores.settings import StoreSettings

BEGIN = text("INSERT INTO recovery_starts (store_id, started_at) VALUES (:store, :now) ON CONFLICT DO NOTHING")
SINCE = text("SELECT started_at FROM recovery_starts WHERE store_id = :store")
END = text("DELETE FROM recovery_starts WHERE store_id = :store")


@unit_of_work
def looking_since(settings: StoreSettings, now: datetime) -> datetime | None:
    """When the store began to look: now, if it was switched on since it was asked last. None while it is switched off.

    Switched off and on again, it begins anew.
    """
    names = {"store": current_store_id()}
    if not settings.recovery:
        db.session.execute(END, names)
        return None
    since: datetime | None = db.session.execute(SINCE, names).scalar_one_or_none()
    if since is None:
        db.session.execute(BEGIN, {**names, "now": now})
        since = db.session.execute(SINCE, names).scalar_one_or_none()
    return since
