"""To what an order is credited: one rule, the same for every order, so that credited sums are the orders' sums. Pure.

An order has one credit and one only: `last_click` (a person clicked a message of ours within the window), else `assisted`
(a message reached them within the window and they came by themselves), else `direct`. Opens count for nothing: mail
providers fetch pictures unasked. An earlier click than the last, by another message, earns no money (decision 0062).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from app.recovery.values import Agent, Trigger


class CreditKind(StrEnum):
    """How an order came about, as far as it can be told."""

    LAST_CLICK = "last_click"
    ASSISTED = "assisted"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class Ordered:
    """What the rule needs to know of an order."""

    id: UUID
    cart_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Touch:
    """Something a message did to the person: `kind` clicked (also: brought the cart back), reached, opened …"""

    message_id: UUID
    kind: str
    agent: Agent
    at: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """An episode of the person behind the order, or one that this order ended."""

    id: UUID
    cart_id: UUID
    trigger: Trigger
    opened_at: datetime
    order_id: UUID | None


@dataclass(frozen=True, slots=True)
class Credit:
    """What an order is credited to. The episode does not depend on messages, so that the holdout is treated alike."""

    kind: CreditKind
    message_id: UUID | None
    episode_id: UUID | None


def attribute(order: Ordered, touches: Iterable[Touch], episodes: Sequence[Candidate], window: timedelta) -> Credit:
    """The credit for `order`: by what touched the person in the `window` up to it, and which abandonment it ended."""
    episode_id = _episode(order, episodes, window)
    within = [touch for touch in touches if order.at - window <= touch.at <= order.at]
    clicked = [touch for touch in within if touch.kind == "clicked" and touch.agent is Agent.HUMAN]
    if clicked:
        return Credit(CreditKind.LAST_CLICK, _latest(clicked), episode_id)
    reached = [touch for touch in within if touch.kind == "reached"]
    if reached:
        return Credit(CreditKind.ASSISTED, _latest(reached), episode_id)
    return Credit(CreditKind.DIRECT, None, episode_id)


def _latest(touches: list[Touch]) -> UUID:
    return max(touches, key=lambda touch: (touch.at, touch.message_id)).message_id


def _episode(order: Ordered, episodes: Sequence[Candidate], window: timedelta) -> UUID | None:
    """Of the episodes this order ended, else of those opened in the window before it: the cart's own, an abandonment, the newest."""
    ended = [episode for episode in episodes if episode.order_id == order.id]
    found = ended or [episode for episode in episodes if order.at - window < episode.opened_at <= order.at]
    if not found:
        return None
    return max(
        found,
        key=lambda episode: (
            episode.cart_id == order.cart_id,
            episode.trigger is Trigger.CART_ABANDONED,
            episode.opened_at,
            episode.id,
        ),
    ).id
