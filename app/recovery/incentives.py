"""What a step offers: a personal code, used once, ending. Made when the message is about to leave, and once for each message.

Codes never add up: a cart has one code. Where it has one already, the better of the two is what counts (`better`), in the
message's total as on the page of its link.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, unit_of_work
from app.errors import Refusal
from app.ids import CustomerId
from app.money import Money
from app.promotions import service as promotions
from app.promotions.domain import Coupon, Kind, Reduction, Terms, check, reduction
from app.recovery.content import Incentive


class Identified(Protocol):
    """A message, as far as it is needed here: its row, or any part of it."""

    @property
    def id(self) -> UUID:
        """Its id."""
        ...


_READ = text("""
    SELECT m.coupon_code, m.customer_id, coalesce(nullif(c.currency, ''), e.currency) AS currency, s.time_zone
    FROM messages m
    JOIN episodes e ON e.store_id = m.store_id AND e.id = m.episode_id
    JOIN carts c ON c.store_id = e.store_id AND c.id = e.cart_id
    JOIN stores s ON s.id = m.store_id
    WHERE m.store_id = :store AND m.id = :message""")

_KEEP = text("UPDATE messages SET coupon_code = :code WHERE store_id = :store AND id = :message AND coupon_code = ''")


@unit_of_work
def code_for(message: Identified, incentive: Incentive, now: datetime) -> str:
    """The message's code: made the first time, the same ever after. "" where the cart's currency has no such offer.

    In the gate's unit of work, behind the episode's lock (which makes it once) and before the message's.
    """
    names = {"store": current_store_id(), "message": message.id}
    row = db.session.execute(_READ, names).one()
    if row.coupon_code:
        return str(row.coupon_code)
    terms = terms_of(incentive, row.currency, now, ZoneInfo(row.time_zone))
    if terms is None:
        return ""
    took_lock(Lock.COUPON)
    code = promotions.create_personal(CustomerId(row.customer_id), terms, now=now)
    took_lock(Lock.MESSAGE)
    db.session.execute(_KEEP, {**names, "code": code})
    return code


def terms_of(incentive: Incentive, currency: str, now: datetime, zone: ZoneInfo) -> Terms | None:
    """The coupon's terms in one currency; None where the offer is not made in it. It ends with a whole day of the store's."""
    if incentive.kind == "fixed" and not incentive.amounts.get(currency):
        return None
    if incentive.minimums and currency not in incentive.minimums:
        return None
    last = now.astimezone(zone).date() + timedelta(days=incentive.days)
    return Terms(
        kind=Kind(incentive.kind),
        basis_points=incentive.basis_points if incentive.kind == "percent" else 0,
        amounts=_only(incentive.amounts, currency) if incentive.kind == "fixed" else {},
        minimums=_only(incentive.minimums, currency),
        ends_at=datetime.combine(last + timedelta(days=1), time(), zone),
    )


def better(one: Coupon | None, other: Coupon | None, goods: Money, delivery: Money, now: datetime) -> Coupon | None:
    """Of two codes the one that takes more off these goods and their delivery (its usual price); `one` if they are equal.

    None where neither holds.
    """
    worths = [(worth(coupon, goods, delivery, now), coupon) for coupon in (one, other) if coupon is not None]
    best = max(worths, key=lambda pair: pair[0].amount, default=None)
    return best[1] if best is not None and best[0] else None


def worth(coupon: Coupon, goods: Money, delivery: Money, now: datetime) -> Money:
    """What a code takes off altogether; nothing where it does not hold."""
    relief = relief_of(coupon, goods, now)
    if relief is None:
        return Money(0, goods.currency)
    return relief.amount + delivery if relief.free_delivery else relief.amount


def relief_of(coupon: Coupon | None, goods: Money, now: datetime) -> Reduction | None:
    """What a code takes off, None where it does not hold."""
    if coupon is None:
        return None
    try:
        check(coupon, goods, now)
    except Refusal:
        return None
    return reduction(coupon, goods)


def _only(amounts: Mapping[str, int], currency: str) -> dict[str, int]:
    return {currency: amounts[currency]} if currency in amounts else {}
