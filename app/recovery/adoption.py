"""Bringing a cart back by its link: copies of its things into whatever cart the visitor has, never anybody's session.

Who may have been forwarded the message gets the things and nothing of the person's; whose cart it is already needs no
copies. What was copied is noted, so that an order of it by whoever it was recovers the episode.
"""

import contextlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from app.cart import pricing, repository, service
from app.cart.commands import AddCoupon, BringBack
from app.cart.domain import decide
from app.cart.events import CartOpened, replay
from app.cart.policy import Facts, Policy
from app.cart.service import Changed, Shopper
from app.cart.state import Cart, Line, Pane
from app.catalog.facts_query import get_facts
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, unit_of_work
from app.errors import Refusal
from app.ids import CustomerId
from app.money import Money
from app.promotions.domain import Coupon, check
from app.promotions.errors import CouponOtherCurrency, MinimumNotReached
from app.promotions.facts_query import find as find_coupon
from app.recovery import incentives
from app.recovery.linked import Linked, Standing, lines_of

ADOPT = text("""
    INSERT INTO adoptions (store_id, episode_id, adopter_id, message_id, customer_id, variant_ids, adopted_at)
    VALUES (:store, :episode, :adopter, :message, :customer, :variants, :now)
    ON CONFLICT (store_id, episode_id, adopter_id) DO UPDATE
    SET message_id = excluded.message_id, variant_ids = excluded.variant_ids, adopted_at = excluded.adopted_at""")

USED = text("""
    UPDATE message_links SET used_at = :now
    WHERE store_id = :store AND message_id = :message AND purpose = 'recover' AND used_at IS NULL""")

# Whoever adopted as a guest has the guest's cart no more: it went into a contact's, and that maybe into an account's.
ADOPTED = text("""
    WITH person AS (SELECT id FROM customers WHERE store_id = :store AND (id = :customer OR merged_into = :customer))
    SELECT a.episode_id FROM adoptions a
    JOIN episodes e ON e.store_id = a.store_id AND e.id = a.episode_id AND e.state = 'open'
    WHERE a.store_id = :store AND a.adopter_id IN (
        SELECT id FROM person UNION
        SELECT g.guest_cart_id FROM guest_merges g JOIN carts c ON c.store_id = g.store_id AND c.id = g.cart_id
        WHERE g.store_id = :store AND c.customer_id IN (SELECT id FROM person))
    AND a.variant_ids && ARRAY(
        SELECT l.variant_id FROM carts c JOIN cart_lines l ON l.store_id = c.store_id AND l.cart_id = c.id
        WHERE c.store_id = :store AND c.customer_id = :customer AND c.status = 'open' AND l.pane = 'active')
    ORDER BY a.episode_id""")


@dataclass(frozen=True, slots=True)
class Offered:
    """What a link offers: the cart that somebody without one would get. `gone` are lines that are not sold any more.

    `coupon` is the message's as it stands for the visitor; `refusal` says why it is not put on.
    """

    linked: Linked
    standing: Standing
    lines: tuple[Line, ...]
    cart: Cart
    facts: Facts
    gone: tuple[Line, ...] = ()
    coupon: Coupon | None = None
    refusal: Refusal | None = None

    @property
    def code(self) -> str:
        """The discount code that comes along."""
        return self.linked.coupon_code if self.refusal is None else ""


def look(linked: Linked, visitor_id: CustomerId | None, policy: Policy, now: datetime) -> Offered:
    """What the link offers to this visitor. Changes nothing."""
    lines = lines_of(linked)
    facts = get_facts({line.variant_id for line in lines}, linked.currency)
    coupon, refusal = _coupon(linked, visitor_id, now)
    cart = replay((CartOpened(linked.currency),))
    code = linked.coupon_code if refusal is None else ""
    wish = BringBack(linked.cart_id, lines, linked.currency, code)
    cart = replay(decide(cart, wish, facts, policy, now), cart)
    gone = tuple(line for line in lines if cart.find(line.id) is None)
    return Offered(linked, linked.standing(lines, now), lines, cart, facts, gone, coupon, refusal)


def adopt(
    offered: Offered, shopper: Shopper, *, op_id: UUID, currency: str, policy: Policy, days: int, now: datetime
) -> Changed:
    """Take copies of what is offered into the shopper's cart, once for each `op_id`, at the prices of now."""
    _note(offered, shopper, now)
    wish = BringBack(offered.linked.cart_id, offered.lines, offered.linked.currency, offered.code)
    return service.change(shopper, wish, op_id=op_id, currency=currency, policy=policy, days=days, now=now)


def lacks_code(offered: Offered, owner_id: CustomerId, policy: Policy, now: datetime) -> bool:
    """Whether the owner's own cart is without the discount that the message promises, or has a smaller one."""
    there = repository.find_open(owner_id) if offered.code else None
    if there is None or offered.coupon is None or there.cart.coupon == offered.coupon.code:
        return False
    has = find_coupon(there.cart.coupon, owner_id) if there.cart.coupon else None
    currency = offered.cart.currency
    goods = pricing.goods(pricing.review(offered.cart, Pane.ACTIVE, offered.facts, policy), currency)
    any_delivery = Money(1, currency)  # free delivery is better than nothing, and less than anything off the goods
    return incentives.better(has, offered.coupon, goods, any_delivery, now) is offered.coupon


def put_code_on(offered: Offered, owner: Shopper, *, op_id: UUID, policy: Policy, days: int, now: datetime) -> None:
    """Have the message's discount on the owner's own cart, if it counts there."""
    with contextlib.suppress(Refusal):
        wish = AddCoupon(offered.code)
        service.change(owner, wish, op_id=op_id, currency=offered.linked.currency, policy=policy, days=days, now=now)


def adopted_by(customer_id: CustomerId) -> list[UUID]:
    """The open episodes of others that an order of this customer recovers: things of theirs came by a link and are in it.

    To be asked behind the lock of the customer's cart, before its things are taken out. What was undone is not in it.
    """
    names = {"store": current_store_id(), "customer": customer_id}
    return list(db.session.execute(ADOPTED, names).scalars())


@unit_of_work
def _note(offered: Offered, shopper: Shopper, now: datetime) -> None:
    """Written before the cart is changed: a note about things that are not in an order means nothing."""
    linked = offered.linked
    took_lock(Lock.MESSAGE)
    names = {"store": current_store_id(), "message": linked.message_id, "now": now}
    who = {"adopter": shopper.customer_id or shopper.guest_cart_id, "customer": shopper.customer_id}
    what = {"episode": linked.episode_id, "variants": sorted({line.variant_id for line in offered.lines})}
    db.session.execute(ADOPT, {**names, **who, **what})
    db.session.execute(USED, names)


def _coupon(linked: Linked, visitor_id: CustomerId | None, now: datetime) -> tuple[Coupon | None, Refusal | None]:
    """The message's coupon for this visitor, and why it is not put on. What only this order lacks is said beside its sum."""
    if not linked.coupon_code:
        return None, None
    coupon = find_coupon(linked.coupon_code, visitor_id)
    try:
        check(coupon, Money(0, linked.currency), now)
    except (MinimumNotReached, CouponOtherCurrency):
        return coupon, None
    except Refusal as refusal:
        return coupon, refusal
    return coupon, None
