"""Orders as staff look at them: found, a page at a time; what happened to one, and why it was held."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import CustomerId, OrderId
from app.money import Money
from app.orders.domain import payment_state
from app.orders.fraud import Reason
from app.orders.queries import OPEN_ATTEMPT
from app.orders.values import Contact, OrderState, PaymentState

PAGE = 50

# Put together from constants; values travel as parameters. The number breaks ties: it rises with placed_at.
_LIST = f"""
    SELECT o.id, o.number, o.state, o.currency, o.total, o.paid, o.refunded, o.placed_at, o.contact, {OPEN_ATTEMPT},
           (SELECT sum(l.quantity) FROM order_lines l WHERE l.store_id = o.store_id AND l.order_id = o.id) AS units
    FROM orders o WHERE o.store_id = :store AND o.number IS NOT NULL AND {{which}}
    ORDER BY o.number DESC LIMIT :limit"""
ASKED = {"state": "o.state = :state", "number": "o.number = :number", "email": "o.email = :email"}
OF_PERSON = text(_LIST.format(which="o.customer_id = ANY(:people)"))

HISTORY = text("""
    SELECT version, kind, payload, actor, occurred_at FROM order_events
    WHERE store_id = :store AND order_id = :order ORDER BY version DESC""")

RISK = text("SELECT risk FROM orders WHERE store_id = :store AND id = :order")


@dataclass(frozen=True, slots=True)
class StaffOrder:
    """An order in the staff's list."""

    id: OrderId
    number: int
    state: OrderState
    payment: PaymentState
    total: Money
    units: int
    contact: Contact
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to an order."""

    kind: str
    payload: Mapping[str, Any]
    actor: str
    occurred_at: datetime


def list_for_staff(
    *, state: str = "", number: int | None = None, email: str = "", before: int | None = None
) -> list[StaffOrder]:
    """The newest orders first, a page at a time; `before` is the last number of the page before. One more than a page: there is more."""
    asked = {
        name: value
        for name, value in (("state", state), ("number", number), ("email", email))
        if value not in ("", None)
    }
    which = " AND ".join(["o.number < :before", *(ASKED[name] for name in asked)])
    names = {**asked, "store": current_store_id(), "before": before or 2**62, "limit": PAGE + 1}
    return [_found(row) for row in db.session.execute(text(_LIST.format(which=which)), names)]


def list_of_person(customer_ids: Collection[CustomerId]) -> list[StaffOrder]:
    """The newest orders of a person, who may be several customers."""
    names = {"store": current_store_id(), "people": list(customer_ids), "limit": PAGE}
    return [_found(row) for row in db.session.execute(OF_PERSON, names)]


def list_happenings(order_id: OrderId) -> list[Happening]:
    """What happened to an order, the newest first."""
    rows = db.session.execute(HISTORY, {"store": current_store_id(), "order": order_id})
    return [Happening(row.kind, row.payload, row.actor, row.occurred_at) for row in rows]


def list_reasons(order_id: OrderId) -> list[Reason]:
    """What speaks against an order (orders/fraud.py), the weightiest first."""
    risk = db.session.execute(RISK, {"store": current_store_id(), "order": order_id}).scalar()
    reasons = msgspec.convert((risk or {}).get("reasons", []), list[Reason])
    return sorted(reasons, key=lambda reason: -reason.points)


def _found(row: Any) -> StaffOrder:
    state = OrderState(row.state)
    payment = payment_state(
        state, collects=row.collects, open_attempt=row.open_attempt, paid=row.paid, refunded=row.refunded
    )
    contact = msgspec.convert(row.contact, Contact)
    return StaffOrder(
        OrderId(row.id), row.number, state, payment, Money(row.total, row.currency), row.units, contact, row.placed_at
    )
