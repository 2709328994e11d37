"""Which customers are one person: merged into each other, with one address, or with one confirmed phone."""

from uuid import UUID

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import CustomerId

IDS = text("""
    WITH RECURSIVE same AS (
        SELECT p.id, p.email, p.merged_into, p.phone, p.phone_confirmed_at FROM customers p
        WHERE p.store_id = :store AND (p.id = :customer OR p.email = :email)
        UNION
        SELECT p.id, p.email, p.merged_into, p.phone, p.phone_confirmed_at FROM same s JOIN customers p
        ON p.store_id = :store AND (p.id = s.merged_into OR p.merged_into = s.id OR p.email = s.email
            OR (p.phone <> '' AND p.phone = s.phone AND p.phone_confirmed_at IS NOT NULL
                AND s.phone_confirmed_at IS NOT NULL)))
    SELECT id FROM same""")


def ids_of(customer_id: CustomerId) -> frozenset[CustomerId]:
    """Everybody who is this person."""
    return _ids(customer=customer_id)


def ids_of_address(email: str) -> frozenset[CustomerId]:
    """Everybody who is the person with this normalized address."""
    return _ids(email=email)


def _ids(*, customer: UUID | None = None, email: str = "") -> frozenset[CustomerId]:
    names = {"store": current_store_id(), "customer": customer, "email": email}
    return frozenset(CustomerId(found) for found in db.session.execute(IDS, names).scalars())
