"""Loading and saving customers and staff of the current store."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.accounts.models import Customer, StaffMember
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock
from app.ids import CustomerId, StaffId, new_id

# A contact's messages go where the account says (people are one): what only the contact said must not be lost to it.
BRING_ALONG = text("""
    UPDATE customers a SET
        phone = CASE WHEN c.phone_confirmed_at > coalesce(a.phone_confirmed_at, '-infinity') THEN c.phone ELSE a.phone END,
        phone_confirmed_at = greatest(a.phone_confirmed_at, c.phone_confirmed_at),
        time_zone = CASE WHEN c.time_zone <> '' THEN c.time_zone ELSE a.time_zone END,
        country = CASE WHEN c.country <> '' THEN c.country ELSE a.country END,
        region = CASE WHEN c.country <> '' THEN c.region ELSE a.region END
    FROM customers c
    WHERE a.store_id = :store AND a.id = :account AND c.store_id = :store AND c.id = :contact
      AND (c.phone_confirmed_at IS NOT NULL OR c.time_zone <> '' OR c.country <> '')""")


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """A customer as accounts need one."""

    id: CustomerId
    email: str
    name: str
    password_hash: str | None
    locale: str


@dataclass(frozen=True, slots=True)
class StaffRecord:
    """A member of staff as accounts need one."""

    id: StaffId
    email: str
    name: str
    password_hash: str
    role: str


_CUSTOMER = select(Customer.id, Customer.email, Customer.name, Customer.password_hash, Customer.locale)
_STAFF = select(StaffMember.id, StaffMember.email, StaffMember.name, StaffMember.password_hash, StaffMember.role)


def find_customer_by_email(email: str) -> CustomerRecord | None:
    """The account with this normalized address. What a guest gave as theirs at checkout is nobody's account."""
    account = _CUSTOMER.where(Customer.email == email, Customer.password_hash.is_not(None))
    row = db.session.execute(account).first()
    return CustomerRecord(CustomerId(row.id), *row[1:]) if row else None


def find_customer(customer_id: CustomerId) -> CustomerRecord | None:
    """The customer with this id."""
    row = db.session.execute(_CUSTOMER.where(Customer.id == customer_id)).first()
    return CustomerRecord(CustomerId(row.id), *row[1:]) if row else None


def holder_of(customer_id: CustomerId) -> CustomerId:
    """Who this customer is by now: the account that a contact turned out to be, else themselves."""
    found = db.session.execute(select(Customer.merged_into).where(Customer.id == customer_id)).scalar()
    return CustomerId(found or customer_id)


def find_staff_by_email(email: str) -> StaffRecord | None:
    """The member of staff with this normalized address; nobody who was removed."""
    row = db.session.execute(_STAFF.where(StaffMember.email == email, StaffMember.removed_at.is_(None))).first()
    return StaffRecord(StaffId(row.id), *row[1:]) if row else None


def add_customer(*, email: str, name: str, password_hash: str, locale: str, now: datetime) -> CustomerId | None:
    """Add an account. None if the address has one already; mere contacts with the same address stay what they are.

    One statement: of any number of registrations at once exactly one gets an id.
    """
    chosen = {"name": name, "password_hash": password_hash, "email_verified_at": now, "locale": locale}
    statement = upsert(Customer).values(store_id=current_store_id(), id=new_id(), email=email, created_at=now, **chosen)
    row = db.session.execute(
        statement.on_conflict_do_nothing(
            index_elements=["store_id", "email"], index_where=Customer.password_hash.is_not(None)
        ).returning(Customer.id)
    ).first()
    return CustomerId(row.id) if row else None


def add_contact(*, email: str, name: str, locale: str, now: datetime) -> CustomerId:
    """Add somebody who gave an address and has no account: a person of their own, whoever else uses that address."""
    contact_id = CustomerId(new_id())
    db.session.execute(
        insert(Customer).values(
            store_id=current_store_id(), id=contact_id, email=email, name=name, locale=locale, created_at=now
        )
    )
    return contact_id


def claim_contact(contact_id: CustomerId, account_id: CustomerId) -> bool:
    """Whether this transaction is the one in which a contact turns out to be an account's owner; false ever after."""
    took_lock(Lock.CUSTOMER)
    claimed = db.session.execute(
        update(Customer)
        .where(Customer.id == contact_id, Customer.password_hash.is_(None), Customer.merged_into.is_(None))
        .values(merged_into=account_id)
        .returning(Customer.id)
    )
    if claimed.first() is None:
        return False
    db.session.execute(BRING_ALONG, {"store": current_store_id(), "contact": contact_id, "account": account_id})
    return True


def add_staff(*, email: str, name: str, password_hash: str, role: str, now: datetime) -> None:
    """Add a member of staff. An address that has a row keeps it, also one of somebody who was removed."""
    db.session.execute(
        upsert(StaffMember)
        .values(
            store_id=current_store_id(),
            id=new_id(),
            email=email,
            name=name,
            password_hash=password_hash,
            role=role,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["store_id", "email"])
    )


def change_customer(customer_id: CustomerId, **values: object) -> None:
    """Set columns of one customer."""
    db.session.execute(update(Customer).where(Customer.id == customer_id).values(**values))


def change_staff_password_hash(staff_id: UUID, password_hash: str) -> None:
    """Keep a member of staff's password under newer parameters."""
    db.session.execute(update(StaffMember).where(StaffMember.id == staff_id).values(password_hash=password_hash))
