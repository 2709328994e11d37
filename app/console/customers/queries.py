"""Customers as staff look for them: the newest, those of an address, those whose name begins so; a page at a time, by an index each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.errors import NotFound
from app.ids import CustomerId

PAGE = 50
LAST = UUID(int=2**128 - 1)
BEYOND = "\U0010ffff"
_LETTERS = str.maketrans("يك", "یک")

# Put together from constants of this file; values travel as parameters. Whoever turned out to be an account is that account.
_CUSTOMERS = """
    SELECT p.id, p.email, p.name, p.name_folded, p.locale, p.created_at, p.password_hash IS NOT NULL AS account, p.phone,
           p.phone_confirmed_at, p.time_zone, p.country, p.region, p.merged_into,
        (SELECT count(*) FROM orders o WHERE o.store_id = p.store_id AND o.customer_id = p.id AND o.number IS NOT NULL)
            AS orders
    FROM customers p WHERE p.store_id = :store AND {which}"""
NEWEST = text(_CUSTOMERS.format(which="p.merged_into IS NULL AND p.id < :before ORDER BY p.id DESC LIMIT :limit"))
OF_ADDRESS = text(
    _CUSTOMERS.format(which="p.email = :email AND :email <> '' AND p.id < :before ORDER BY p.id DESC LIMIT :limit")
)
BY_NAME = text(
    _CUSTOMERS.format(
        which="""p.merged_into IS NULL AND p.name_folded >= :start AND p.name_folded < :beyond
        AND (CAST(:after AS uuid) IS NULL OR (p.name_folded, p.id) > (
            SELECT x.name_folded, x.id FROM customers x WHERE x.store_id = :store AND x.id = :after)) ORDER BY p.name_folded, p.id LIMIT :limit"""
    )
)
ONE = text(_CUSTOMERS.format(which="p.id = :id"))


class CustomerNotFound(NotFound):
    """The store knows no such customer."""

    code = "customer_not_found"


@dataclass(frozen=True, slots=True)
class FoundCustomer:
    """A customer as staff see one. An `account` has a password; without, somebody only gave an address."""

    id: CustomerId
    email: str
    name: str
    locale: str
    created_at: datetime
    account: bool
    phone: str
    phone_confirmed: bool
    time_zone: str
    country: str
    region: str
    merged_into: CustomerId | None
    orders: int


def list_newest(before: UUID | None = None) -> list[FoundCustomer]:
    """The newest first, and one more than a page if there is one; `before` is the last id of the page before."""
    return _listed(NEWEST, {"before": before or LAST})


def list_of_address(email: str, before: UUID | None = None) -> list[FoundCustomer]:
    """All who gave this normalized address."""
    return _listed(OF_ADDRESS, {"email": email, "before": before or LAST})


def list_by_name(start: str, before: UUID | None = None) -> list[FoundCustomer]:
    """Those whose name begins so, whatever the case, in the order of names."""
    folded = start.translate(_LETTERS).lower()
    return _listed(BY_NAME, {"start": folded, "beyond": folded + BEYOND, "after": before})


def get(customer_id: CustomerId) -> FoundCustomer:
    """The customer. Raises CustomerNotFound."""
    row = db.session.execute(ONE, {"store": current_store_id(), "id": customer_id}).first()
    if row is None:
        raise CustomerNotFound()
    return _found(row)


def _listed(statement: Any, names: dict[str, Any]) -> list[FoundCustomer]:
    rows = db.session.execute(statement, {"store": current_store_id(), "limit": PAGE + 1, **names})
    return [_found(row) for row in rows]


def _found(row: Any) -> FoundCustomer:
    return FoundCustomer(
        id=CustomerId(row.id),
        email=row.email,
        name=row.name,
        locale=row.locale,
        created_at=row.created_at,
        account=row.account,
        phone=row.phone,
        phone_confirmed=row.phone_confirmed_at is not None,
        time_zone=row.time_zone,
        country=row.country,
        region=row.region,
        merged_into=CustomerId(row.merged_into) if row.merged_into else None,
        orders=row.orders,
    )
