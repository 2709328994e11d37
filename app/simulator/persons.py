"""Somebody who comes, and what is known of the year because it was made up."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.cart.service import Shopper
from app.ids import CustomerId, OrderId
from app.orders.values import CheckoutDetails
from app.recovery.reasons import Reason
from app.simulator.behaviour import Kind, Plan
from app.simulator.names import Identity


@dataclass(slots=True)
class Person:
    """Somebody. `plan` is what they are about now, `bought` whether they have; `details` what they entered at checkout."""

    identity: Identity
    kind: Kind
    plan: Plan
    seen_at: datetime
    customer_id: CustomerId | None = None
    guest_cart_id: UUID | None = None
    bought: bool = False
    details: CheckoutDetails | None = None

    @property
    def shopper(self) -> Shopper:
        """How the cart knows them."""
        return Shopper(customer_id=self.customer_id, guest_cart_id=None if self.customer_id else self.guest_cart_id)

    def comes_again(self, plan: Plan, now: datetime) -> None:
        """A member, about something else."""
        self.plan, self.seen_at, self.bought = plan, now, False


@dataclass(slots=True)
class Record:
    """What happened and why. `orders` says of each whether it was because of a message; `left` when people went, and why."""

    orders: dict[OrderId, bool] = field(default_factory=dict)
    left: dict[UUID, list[tuple[datetime, Reason]]] = field(default_factory=lambda: defaultdict(list))
    baskets: int = 0
    guests: int = 0
    bought_at_once: int = 0
    clicks: int = 0
