"""What sellers see, in tests: a frozen week of a vendor as it may be told, and who has which vendor."""

from datetime import date, datetime, timedelta

import msgspec
from sqlalchemy import text

from app.accounts import staff, vendors
from app.database.tenancy import current_store_id
from app.database.transaction import transaction
from app.sellers.disclosure import Published
from tests.conftest import NOW
from tests.factories import MadeProduct

MONDAY = date(2026, 11, 9)  # of the week that was over last, at NOW


def give(product: MadeProduct, vendor: str) -> None:
    """Say whose product it is."""
    with transaction() as session:
        session.execute(text("UPDATE products SET vendor = :v WHERE id = :id"), {"v": vendor, "id": product.id})


def seller_of(*names: str) -> str:
    """The id of the store's seller, who has these vendors now."""
    person = next(one for one in staff.list_staff() if one.role == "seller")
    with transaction():
        vendors.replace(person.id, {name.casefold(): name for name in names})
    return str(person.id)


def tell(monday: date = MONDAY, at: datetime = NOW, **told: Published) -> None:
    """Freeze a week as it is told of these vendors (by key)."""
    names = {"store": current_store_id(), "monday": monday}
    since = datetime.fromisoformat(f"{monday}T00:00:00+00:00")
    with transaction() as session:
        session.execute(
            text("""INSERT INTO seller_weeks (store_id, monday, since, until, frozen_at)
                    VALUES (:store, :monday, :since, :until, :at)"""),
            {**names, "since": since, "until": since + timedelta(days=7), "at": at},
        )
        for vendor, one in told.items():
            session.execute(
                text("INSERT INTO seller_figures VALUES (:store, :monday, :vendor, CAST(:told AS jsonb))"),
                {**names, "vendor": vendor, "told": msgspec.json.encode(one).decode()},
            )
