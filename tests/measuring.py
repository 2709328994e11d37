"""Rows of recovery for tests of what is measured: campaigns, episodes, messages, clicks and orders, in one line each.

They are written as the engine would leave them, so that figures can be told beforehand.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text, update

from app.cart.models import CartRow
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import transaction
from app.ids import CustomerId, new_id
from app.orders.models import OrderLineRow, OrderRow
from app.recovery.content import Content, Step, Texts, document_of
from app.recovery.message_models import EvaluationRow, MessageEventRow, MessageRow
from app.recovery.models import CampaignRow, CampaignVersionRow, EpisodeRow
from app.recovery.values import Channel, Trigger
from tests.conftest import NOW

LEFT = ("sent", "delivered", "opened", "clicked", "bounced", "complained")


def make_campaign(steps: int = 3, *, name: str = "Cart reminder") -> UUID:
    """A published campaign, version 1."""
    campaign_id = new_id()
    content = Content(
        name={"en": name},
        trigger=Trigger.CART_ABANDONED,
        steps=tuple(
            Step(number=number, delay_seconds=3600, channel=Channel.EMAIL, texts={"en": Texts()})
            for number in range(1, steps + 1)
        ),
    )
    of_store = {"store_id": current_store_id()}
    with transaction() as session:
        session.execute(
            insert(CampaignRow).values(
                **of_store, id=campaign_id, trigger="cart_abandoned", state="active", draft=document_of(content),
                live_version=1, created_at=NOW, updated_at=NOW,
            )
        )  # fmt: skip
        session.execute(
            insert(CampaignVersionRow).values(
                **of_store, campaign_id=campaign_id, version=1, content=document_of(content), published_at=NOW
            )
        )
    return campaign_id


def make_cart(customer_id: CustomerId, *, status: str = "archived") -> UUID:
    """A cart without lines; archived, so that a customer may have many."""
    cart_id = new_id()
    with transaction() as session:
        session.execute(
            insert(CartRow).values(
                store_id=current_store_id(), id=cart_id, customer_id=customer_id, status=status, currency="EUR",
                version=1, activation=0, auto_activation=True, created_at=NOW, updated_at=NOW,
            )
        )  # fmt: skip
    return cart_id


def make_episode(
    customer_id: CustomerId,
    *,
    arm: str = "campaign",
    campaign_id: UUID | None = None,
    opened_at: datetime = NOW,
    cart_id: UUID | None = None,
    **values: Any,
) -> UUID:
    """An open episode of a cart of the customer's."""
    episode_id = new_id()
    row = {
        "store_id": current_store_id(), "id": episode_id, "trigger": "cart_abandoned",
        "cart_id": cart_id or make_cart(customer_id), "customer_id": customer_id, "number": 1, "activation": 0,
        "cart_version": 1, "inactive_since": opened_at - timedelta(minutes=30), "opened_at": opened_at, "value": 5_000,
        "currency": "EUR", "units": 1, "arm": arm if campaign_id else "none", "bucket": 4_321, "campaign_id": campaign_id,
        "campaign_version": 1 if campaign_id else None, "reason": "just_left", **values,
    }  # fmt: skip
    with transaction() as session:
        session.execute(insert(EpisodeRow).values(row))
    return episode_id


def close_episode(episode_id: UUID, state: str, at: datetime, order_id: UUID | None = None) -> None:
    """Close it, as the hooks do."""
    with transaction() as session:
        session.execute(
            update(EpisodeRow).where(EpisodeRow.id == episode_id).values(state=state, closed_at=at, order_id=order_id)
        )


def make_message(
    episode_id: UUID, customer_id: CustomerId, *, step: int = 1, state: str = "sent", at: datetime = NOW, **values: Any
) -> UUID:
    """A message of a step, sent at `at` if it left at all."""
    message_id = new_id()
    row = {
        "store_id": current_store_id(), "id": message_id, "episode_id": episode_id, "customer_id": customer_id,
        "kind": "step", "step": step, "channel": "email", "state": state, "due_at": at, "created_at": at,
        "sent_at": at if state in LEFT else None, "ended_at": None if state in ("scheduled", *LEFT) else at,
        "reason": "" if state in ("scheduled", *LEFT) else "episode_closed", **values,
    }  # fmt: skip
    with transaction() as session:
        session.execute(insert(MessageRow).values(row))
    return message_id


def evaluate(message_id: UUID, verdict: str, reason: str, at: datetime, until: datetime | None = None) -> None:
    """A decision about a message."""
    with transaction() as session:
        session.execute(
            insert(EvaluationRow).values(
                store_id=current_store_id(), id=new_id(), message_id=message_id, evaluated_at=at, verdict=verdict,
                reason=reason, until=until, inputs={"zone": "Europe/Berlin"},
            )
        )  # fmt: skip


def happen(message_id: UUID, kind: str, at: datetime, agent: str = "human") -> None:
    """Something happened to a message; a human's click moves its state, too."""
    with transaction() as session:
        session.execute(
            insert(MessageEventRow).values(
                store_id=current_store_id(), id=new_id(), message_id=message_id, kind=kind, agent=agent, occurred_at=at,
                recorded_at=at, evidence={"why": "test"}, dedupe=str(new_id()),
            )
        )  # fmt: skip
        if kind == "clicked" and agent == "human":
            session.execute(
                update(MessageRow).where(MessageRow.id == message_id).values(state="clicked", clicked_at=at)
            )


def make_order(
    customer_id: CustomerId,
    total: int,
    *,
    at: datetime = NOW,
    state: str = "placed",
    currency: str = "EUR",
    cart_id: UUID | None = None,
) -> UUID:
    """An order that was accepted at `at`."""
    order_id = new_id()
    with transaction() as session:
        number = session.execute(text("SELECT 1 + coalesce(max(number), 1000) FROM orders")).scalar_one()
        session.execute(
            insert(OrderRow).values(
                store_id=current_store_id(), id=order_id, customer_id=customer_id, cart_id=cart_id or make_cart(customer_id),
                activation=0, cart_version=1, op_id=new_id(), number=number, state=state, currency=currency, subtotal=total,
                discount=0, delivery_cost=0, tax=0, total=total, taxes_included=True, taxes=[], contact={}, delivery={},
                locale="en", provider="manual", paid=total, created_at=at, expires_at=at, placed_at=at, updated_at=at,
            )
        )  # fmt: skip
    return order_id


def set_order(order_id: UUID, **values: Any) -> None:
    """Move an order on: `state`, `refunded`."""
    with transaction() as session:
        session.execute(update(OrderRow).where(OrderRow.id == order_id).values(**values))


def attribution_of(order_id: UUID) -> Any:
    """The row that credits an order, or None."""
    row = db.session.execute(text("SELECT * FROM attributions WHERE order_id = :id"), {"id": order_id}).first()
    db.session.commit()
    return row


def make_order_line(
    order_id: UUID, product_id: UUID, position: int, price: int, quantity: int, discount: int = 0
) -> None:
    """What an order is made of."""
    with transaction() as session:
        session.execute(
            insert(OrderLineRow).values(
                store_id=current_store_id(), order_id=order_id, position=position, line_id=new_id(), product_id=product_id,
                variant_id=new_id(), sku="s", handle="h", title={"en": "x"}, options=[], wishes=[], quantity=quantity,
                unit_price=price, discount=discount, basis_points=0, tax=0,
            )
        )  # fmt: skip
