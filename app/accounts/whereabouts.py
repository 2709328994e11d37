"""Where a customer lives, as far as they let us know: their browser's time zone, the address they last gave."""

from functools import lru_cache
from zoneinfo import available_timezones

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, unit_of_work
from app.ids import CustomerId

LONGEST_ZONE = 64

KEEP_ZONE = text("""
    UPDATE customers SET time_zone = :zone WHERE store_id = :store AND id = :customer AND time_zone <> :zone""")

KEEP_PLACE = text("""
    UPDATE customers SET country = :country, region = :region
    WHERE store_id = :store AND id = :customer AND (country, region) <> (:country, :region)""")


def known_zone(typed: str) -> str:
    """An IANA name as a browser says it; "" for anything that is none."""
    return typed if len(typed) <= LONGEST_ZONE and typed in _zones() else ""


@unit_of_work
def keep_zone(customer_id: CustomerId, typed: str) -> None:
    """What their browser says about the time there. Nothing, or nonsense, changes nothing."""
    zone = known_zone(typed)
    if not zone:
        return
    took_lock(Lock.CUSTOMER)
    db.session.execute(KEEP_ZONE, {"store": current_store_id(), "customer": customer_id, "zone": zone})


@unit_of_work
def keep_place(customer_id: CustomerId, *, country: str, region: str) -> None:
    """Where their last address is: ISO 3166-1 alpha-2, and ISO 3166-2 without the country ("" where it is not known)."""
    took_lock(Lock.CUSTOMER)
    names = {"store": current_store_id(), "customer": customer_id}
    db.session.execute(KEEP_PLACE, {**names, "country": country, "region": region})


@lru_cache(1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
