"""Who comes, what they do, why they leave, and what a message does to them. Pure, and all drawn beforehand: whether
somebody is held out changes nothing of it, so that what a message added is known order by order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from random import Random
from typing import TypeVar

from app.recovery.reasons import Reason
from app.simulator.baskets import Shelf, Wanted

Key = TypeVar("Key")

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Kind(StrEnum):
    """How much the shop knows of somebody."""

    MEMBER = "member"  # has an account
    CONTACT = "contact"  # gives an address at checkout
    GUEST = "guest"  # says nothing of themselves: nobody can write to them


KINDS = {Kind.MEMBER: 0.42, Kind.CONTACT: 0.42, Kind.GUEST: 0.16}
RETURNING = 0.45  # of members who come: how many came before
REST = timedelta(days=20)  # nobody comes again sooner, so that two carts of theirs do not mix
PERSIAN = 0.22
PHONE = 0.58  # by the browser that they say they have
AGREE = {Kind.MEMBER: 0.68, Kind.CONTACT: 0.62, Kind.GUEST: 0.0}
BUY_AT_ONCE = 0.30
TRY_NEXT_PURCHASE = 0.35  # of members with something saved: bring one thing of it back

# Why somebody leaves without buying. Who gives an address has seen the cost of delivery, and is likelier to leave for it.
LEAVING: dict[Kind, dict[Reason, float]] = {
    Kind.MEMBER: {
        Reason.PAYMENT_FAILED: 7, Reason.OUT_OF_STOCK: 6, Reason.PRICE_ROSE: 6, Reason.COUPON_REFUSED: 8,
        Reason.DELIVERY_COST: 19, Reason.SAVED_FOR_LATER: 11, Reason.CHANGED_MIND: 10, Reason.LONG_COMPARISON: 8,
        Reason.JUST_LEFT: 25,
    },
    Kind.CONTACT: {
        Reason.PAYMENT_FAILED: 13, Reason.OUT_OF_STOCK: 7, Reason.PRICE_ROSE: 6, Reason.COUPON_REFUSED: 11,
        Reason.DELIVERY_COST: 38, Reason.SAVED_FOR_LATER: 4, Reason.CHANGED_MIND: 8, Reason.LONG_COMPARISON: 4,
        Reason.JUST_LEFT: 9,
    },
}  # fmt: skip
LEAVING[Kind.GUEST] = LEAVING[Kind.MEMBER]

# How likely it is that they come back by themselves and buy, and within how long.
UNAIDED: dict[Reason, float] = {
    Reason.PAYMENT_FAILED: 0.36, Reason.OUT_OF_STOCK: 0.06, Reason.PRICE_ROSE: 0.10, Reason.COUPON_REFUSED: 0.13,
    Reason.DELIVERY_COST: 0.15, Reason.SAVED_FOR_LATER: 0.20, Reason.CHANGED_MIND: 0.11, Reason.LONG_COMPARISON: 0.19,
    Reason.JUST_LEFT: 0.13,
}  # fmt: skip
SOONEST, USUALLY, LATEST = 45 * MINUTE, 20 * HOUR, 5 * DAY

# How the effect of messages is spread over the steps of a campaign, the first one first.
BY_STEP = (0.5, 0.3, 0.2)
OPENS, CLICKS = 0.36, 0.10  # of those whom a message does not persuade; clicks are of opens
BY_PROXY = 0.3  # of opens: fetched by a mail service, as far as can be told
UNSUBSCRIBES, COMPLAINS, BOUNCES = 0.006, 0.001, 0.008

RETURNS, CANCELS, ON_DELIVERY = 0.08, 0.02, 0.12  # of orders


@dataclass(frozen=True, slots=True)
class Reaction:
    """What one message does to somebody. `persuaded`: they buy because of it, and would not have otherwise."""

    opens: bool
    by_proxy: bool
    clicks: bool
    persuaded: bool
    unsubscribes: bool
    complains: bool
    after: timedelta  # until it is read
    then: timedelta  # from reading it to clicking, and from that to buying


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What becomes of an order that they place, should they place one."""

    on_delivery: bool
    cancelled: bool
    returned: bool
    whole: bool
    handed_over: timedelta
    sent_back: timedelta


@dataclass(frozen=True, slots=True)
class Plan:
    """One basket. `reason` is None for who buys at once; `unaided` is how long after leaving they come back by themselves.

    `persuaded_by` is the place (from 0) of the campaign's message that makes them buy, should it reach them.
    """

    number: int
    kind: Kind
    returning: bool
    locale: str
    phone: bool
    agrees: bool
    basket: tuple[Wanted, ...]
    reason: Reason | None
    unaided: timedelta | None
    persuaded_by: int | None
    bounces: bool
    uses_saved: bool
    choice: float  # what the simulation needs to choose by while it runs (which member, which of two ways): 0 to 1
    aftermath: Aftermath

    @property
    def leaves(self) -> bool:
        """Whether they go without having bought."""
        return self.reason is not None


def plan(seed: str, number: int, shelf: Shelf, effect: float, locales: tuple[str, ...]) -> Plan:
    """The basket of this number. `effect`: the chance that all messages together make somebody buy who would not else."""
    random = Random(f"{seed}:basket:{number}")
    kind = _one(KINDS, random)
    buys = kind is not Kind.GUEST and random.random() < BUY_AT_ONCE
    reason = None if buys else _one(LEAVING[kind], random)
    unaided = reason is not None and random.random() < UNAIDED[reason]
    return Plan(
        number=number,
        kind=kind,
        returning=random.random() < RETURNING,
        locale="fa" if "fa" in locales and random.random() < PERSIAN else locales[0],
        phone=random.random() < PHONE,
        agrees=random.random() < AGREE[kind],
        basket=shelf.basket(
            random,
            least=2 if reason in (Reason.SAVED_FOR_LATER, Reason.CHANGED_MIND) else 1,
            rare=reason in (Reason.OUT_OF_STOCK, Reason.PRICE_ROSE),
        ),
        reason=reason,
        unaided=_until_back(random) if unaided else None,
        persuaded_by=persuaded(random.random(), effect),
        bounces=random.random() < BOUNCES,
        uses_saved=random.random() < TRY_NEXT_PURCHASE,
        choice=random.random(),
        aftermath=_aftermath(random),
    )


def persuaded(draw: float, effect: float) -> int | None:
    """Which of a campaign's messages persuades somebody, by a draw from 0 to 1: all together `effect` of all people."""
    reached = 0.0
    for place, share in enumerate(BY_STEP):
        reached += share * effect
        if draw < reached:
            return place
    return None


def reaction(seed: str, one: Plan, place: int, *, counts: bool, already_buying: bool) -> Reaction:
    """What the message at `place` of a cart's messages does. One that does not count (of another campaign) persuades nobody.

    `already_buying`: they mean to come back anyway, so a click only brings it forward.
    """
    random = Random(f"{seed}:message:{one.number}:{place}:{counts}")
    moved = counts and one.persuaded_by == place
    opens = moved or random.random() < OPENS
    clicks = moved or (opens and random.random() < CLICKS * (2.5 if already_buying else 1))
    after, then = random.lognormvariate(4.2, 1.1), random.lognormvariate(1.6, 0.8)  # minutes: 67 and 5 at the middle
    return Reaction(
        opens=opens,
        by_proxy=random.random() < BY_PROXY,
        clicks=clicks,
        persuaded=moved,
        unsubscribes=opens and not clicks and random.random() < UNSUBSCRIBES / OPENS,
        complains=opens and not clicks and random.random() < COMPLAINS / OPENS,
        after=min(after, 20 * 60) * MINUTE,
        then=min(then, 60) * MINUTE,
    )


def _aftermath(random: Random) -> Aftermath:
    return Aftermath(
        on_delivery=random.random() < ON_DELIVERY,
        cancelled=random.random() < CANCELS,
        returned=random.random() < RETURNS,
        whole=random.random() < 0.6,
        handed_over=random.uniform(8, 60) * HOUR,
        sent_back=random.uniform(4, 16) * DAY,
    )


def _until_back(random: Random) -> timedelta:
    return min(SOONEST + random.expovariate(1.0) * USUALLY, LATEST)


def _one(shares: Mapping[Key, float], random: Random) -> Key:
    return random.choices(list(shares), list(shares.values()))[0]
