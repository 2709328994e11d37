"""People without an account who gave an address, and what they said about being written to."""

from datetime import datetime

from sqlalchemy import insert

from app.accounts import repository
from app.accounts.models import ConsentRow
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import unit_of_work
from app.ids import CustomerId, new_id

REMINDERS = "reminders"


@unit_of_work
def add_contact(*, email: str, name: str, locale: str, now: datetime) -> CustomerId:
    """A new contact with this normalized address."""
    return repository.add_contact(email=email, name=name, locale=locale, now=now)


@unit_of_work
def change_contact(contact_id: CustomerId, *, email: str, name: str, locale: str) -> None:
    """The contact corrected what they gave."""
    repository.change_customer(contact_id, email=email, name=name, locale=locale)


@unit_of_work
def record_consent(
    customer_id: CustomerId,
    *,
    channel: str,
    purpose: str,
    granted: bool,
    wording: str,
    locale: str,
    source: str,
    now: datetime,
) -> None:
    """Keep what somebody said, in the words they were shown. Nothing is ever overwritten: the last word counts."""
    db.session.execute(
        insert(ConsentRow).values(
            store_id=current_store_id(),
            id=new_id(),
            customer_id=customer_id,
            channel=channel,
            purpose=purpose,
            granted=granted,
            wording=wording,
            locale=locale,
            source=source,
            said_at=now,
        )
    )
