"""Messages that have left, as rows, in the store that was entered: for tests of what becomes of them."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import insert, select, update

from app.accounts.models import Customer
from app.cart.models import CartRow
from app.database.tenancy import current_store_id
from app.database.transaction import transaction
from app.ids import CustomerId, new_id
from app.recovery import suppression
from app.recovery.message_models import MessageEventRow, MessageRow
from app.recovery.models import EpisodeRow
from tests.conftest import NOW
from tests.factories import make_customer

PHONE = "+14155552671"


def make_recipient(phone: str = PHONE, locale: str = "en") -> CustomerId:
    """A customer with a phone number."""
    customer_id = make_customer()
    with transaction() as session:
        session.execute(update(Customer).where(Customer.id == customer_id).values(phone=phone, locale=locale))
    return customer_id


def make_sent(customer_id: CustomerId, channel: str = "email", address: str = "roya@example.com") -> UUID:
    """A message to a customer, which its provider has taken an hour ago."""
    store_id, cart_id, episode_id, message_id = current_store_id(), new_id(), new_id(), new_id()
    sent_at = NOW - timedelta(hours=1)
    with transaction() as session:
        session.execute(
            insert(CartRow).values(
                store_id=store_id, id=cart_id, customer_id=customer_id, status="archived", currency="EUR", version=1,
                activation=1, auto_activation=True, created_at=NOW, updated_at=NOW,
            )
        )  # fmt: skip
        session.execute(
            insert(EpisodeRow).values(
                store_id=store_id, id=episode_id, trigger="cart_abandoned", cart_id=cart_id, customer_id=customer_id,
                number=1, activation=1, cart_version=1, inactive_since=NOW - timedelta(hours=3),
                opened_at=NOW - timedelta(hours=2), value=5900, currency="EUR", units=1, arm="none", bucket=1,
            )
        )  # fmt: skip
        session.execute(
            insert(MessageRow).values(
                store_id=store_id, id=message_id, episode_id=episode_id, customer_id=customer_id, kind="manual", step=0,
                channel=channel, state="sent", due_at=sent_at, created_at=sent_at, sent_at=sent_at,
                address_hash=suppression.address_hash(channel, address),
            )
        )  # fmt: skip
    return message_id


def state_of(message_id: UUID) -> str:
    """Where a message stands."""
    with transaction() as session:
        return str(session.scalar(select(MessageRow.state).where(MessageRow.id == message_id)))


def events_of(message_id: UUID) -> list[tuple[str, str]]:
    """What happened to it: kind and agent, as recorded."""
    columns = select(MessageEventRow.kind, MessageEventRow.agent).where(MessageEventRow.message_id == message_id)
    with transaction() as session:
        return [tuple(row) for row in session.execute(columns.order_by(MessageEventRow.id))]


def suppressed(channel: str, address: str) -> str:
    """Why an address is not written to; empty if it is."""
    with transaction():
        found = suppression.find(channel, suppression.address_hash(channel, address))
    return str(found.reason) if found else ""
