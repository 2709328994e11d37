"""Messages to deliver, and parts to deliver them with, in one line each; the clock is far ahead, so the day does not matter."""

import dataclasses
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text

from app.accounts.contacts import record_consent
from app.accounts.models import Customer
from app.cart.models import CartRow
from app.channels.outgoing import Accepted, OutgoingEmail
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import finish_reading, transaction
from app.ids import CustomerId, new_id
from app.recovery.content import Condition, Content, Incentive, Step
from app.recovery.message_models import EvaluationRow, MessageRow
from app.recovery.models import CampaignRow, CampaignVersionRow, EpisodeRow
from app.recovery.parts import Address, Claimed, Parts
from app.recovery.values import Channel, SuppressionReason, Trigger
from tests.factories import MadeProduct, make_customer, make_product
from tests.ordering import put

THEN = datetime(2031, 3, 4, 12, 0, tzinfo=UTC)  # a Tuesday
LEFT = THEN - timedelta(hours=2)


def clock() -> datetime:
    return THEN


@dataclass
class Provider:
    """Takes what it is given, or does what a test says; remembers each."""

    name: str = "scripted"
    honours_keys: bool = True
    outcome: Exception | None = None
    taken: list[UUID] = field(default_factory=list)
    handed: list[Any] = field(default_factory=list)

    def send(self, message: Any) -> Accepted:
        self.handed.append(message)
        if self.outcome is not None:
            raise self.outcome
        if message.id not in self.taken or not self.honours_keys:
            self.taken.append(message.id)
        return Accepted(f"ref-{message.id}")


@dataclass(frozen=True)
class Letter:
    """A written message."""

    outgoing: OutgoingEmail
    shown: dict[str, Any]
    segments: int = 1


@dataclass
class Scripted:
    """The other parts, simple and observable."""

    provider: Provider = field(default_factory=Provider)
    channels: tuple[Channel, ...] = (Channel.EMAIL,)
    contents: dict[UUID, Content] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    unmet: str = ""
    written: Exception | None = None
    codes: list[UUID] = field(default_factory=list)
    suppressed: list[tuple[Channel, str, SuppressionReason]] = field(default_factory=list)

    def parts(self, **changes: Any) -> Parts:
        return dataclasses.replace(
            Parts(
                senders=lambda: dict.fromkeys(self.channels, self.provider),
                address_hash=address_hash,
                content=lambda campaign_id, version: self.contents[campaign_id],
                unmet=lambda step, message: self.unmet,
                code_for=self.code_for,
                write=self.write,
                suppress=self.suppress,
            ),
            **changes,
        )

    def code_for(self, message: Claimed, incentive: Incentive, now: datetime) -> str:
        self.codes.append(message.id)
        return "CODE"

    def write(self, message: Claimed, address: Address, now: datetime) -> Letter:
        if self.written is not None:
            raise self.written
        letter = OutgoingEmail(
            id=message.id, to=address.address, sender_name="Shop", subject="Hello", html="", text="", locale="en"
        )
        return Letter(letter, {"subject": "Hello"})

    def suppress(
        self, channel: Channel, address: str, reason: SuppressionReason, *, message_id: UUID, now: datetime
    ) -> None:
        self.suppressed.append((channel, address, reason))

    def campaign(self, *steps: Step, state: str = "active") -> UUID:
        """A campaign in its first version."""
        campaign_id, store_id = new_id(), current_store_id()
        self.contents[campaign_id] = Content(
            name={"en": "Reminder"},
            trigger=Trigger.CART_ABANDONED,
            steps=steps or self.steps or (Step(number=1, delay_seconds=3600, channel=Channel.EMAIL, texts={}),),
        )
        row = {"store_id": store_id, "id": campaign_id, "trigger": "cart_abandoned", "state": state, "draft": {}}
        version = {"store_id": store_id, "campaign_id": campaign_id, "version": 1, "content": {}, "published_at": LEFT}
        with transaction() as session:
            session.execute(insert(CampaignRow).values(**row, live_version=1, created_at=LEFT, updated_at=LEFT))
            session.execute(insert(CampaignVersionRow).values(**version))
        return campaign_id


CONDITION = Condition(kind="units_at_least", value=2)
TEN_PERCENT = Incentive(kind="percent", basis_points=1000)


def hash_of(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()


def address_hash(channel: Channel, address: str) -> str:
    return hash_of(address)


def left_behind(
    email: str = "shopper@example.com", *, product: MadeProduct | None = None, consent: bool = True
) -> UUID:
    """A customer who agreed to reminders and left a cart two hours ago; their id."""
    customer_id = make_customer(email)
    put(customer_id, (product or make_product()).variant_id)
    if consent:
        agree(customer_id)
    leave(customer_id)
    return customer_id


def leave(customer_id: UUID, at: datetime = LEFT) -> None:
    """The last thing a customer did in the cart was then."""
    with transaction() as session:
        session.execute(
            text("UPDATE carts SET updated_at = :at WHERE customer_id = :id"), {"at": at, "id": customer_id}
        )


def agree(customer_id: UUID, *, channel: str = "email", granted: bool = True, at: datetime = LEFT) -> None:
    """What somebody said about being reminded."""
    said = {"channel": channel, "purpose": "reminders", "granted": granted, "wording": "Remind me", "locale": "en"}
    record_consent(CustomerId(customer_id), **said, source="checkout", now=at)


def episode(campaign_id: UUID, customer_id: UUID, **changes: Any) -> UUID:
    """An episode of the customer's cart."""
    episode_id = new_id()
    with transaction() as session:
        cart_id = session.execute(select(CartRow.id).where(CartRow.customer_id == customer_id)).scalar_one()
        values: dict[str, Any] = {
            "store_id": current_store_id(),
            "id": episode_id,
            "trigger": "cart_abandoned",
            "cart_id": cart_id,
            "customer_id": customer_id,
            "number": 1,
            "activation": 1,
            "cart_version": 1,
            "inactive_since": LEFT,
            "opened_at": LEFT + timedelta(minutes=30),
            "value": 1000,
            "currency": "EUR",
            "units": 1,
            "arm": "campaign",
            "bucket": 1,
            "campaign_id": campaign_id,
            "campaign_version": 1,
        }
        session.execute(insert(EpisodeRow).values(**{**values, **changes}))
    return episode_id


def message(episode_id: UUID, customer_id: UUID, **changes: Any) -> UUID:
    """A message that has just come due."""
    message_id = new_id()
    values: dict[str, Any] = {
        "store_id": current_store_id(),
        "id": message_id,
        "episode_id": episode_id,
        "customer_id": customer_id,
        "kind": "step",
        "step": 1,
        "channel": "email",
        "due_at": THEN - timedelta(minutes=1),
        "created_at": LEFT + timedelta(minutes=30),
    }
    with transaction() as session:
        session.execute(insert(MessageRow).values(**{**values, **changes}))
    return message_id


def one_due(scripted: Scripted, *steps: Step, email: str = "shopper@example.com", **changes: Any) -> UUID:
    """A message that is due to somebody who left a cart."""
    customer_id = left_behind(email)
    return message(episode(scripted.campaign(*steps), customer_id), customer_id, **changes)


def row_of(message_id: UUID) -> Any:
    """A message as it is stored."""
    finish_reading()
    row = db.session.execute(select(MessageRow.__table__).where(MessageRow.id == message_id)).one()
    finish_reading()
    return row


def evaluations(message_id: UUID) -> list[Any]:
    """What was decided about it, in order."""
    query = select(EvaluationRow.__table__).where(EvaluationRow.message_id == message_id).order_by(EvaluationRow.id)
    rows = list(db.session.execute(query).all())
    finish_reading()
    return rows


def change(table: str, assignment: str, **where: Any) -> None:
    """Change rows of the store as something else in the application would."""
    conditions = " AND ".join(f"{name} = :{name}" for name in where)
    with transaction() as session:
        session.execute(text(f"UPDATE {table} SET {assignment} WHERE {conditions}"), where)


def change_customer(customer_id: UUID, **values: Any) -> None:
    """Change what is known of a customer."""
    with transaction() as session:
        session.execute(Customer.__table__.update().where(Customer.id == customer_id).values(**values))


def put_quietly(customer_id: UUID, product: MadeProduct) -> None:
    """Something in the customer's cart, as if it had been there when they left."""
    put(CustomerId(customer_id), product.variant_id)
    leave(customer_id)
