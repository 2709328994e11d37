"""The discount code of a cart: whether it may come on, and what it takes off as the cart stands. Pure."""

from datetime import datetime

from app.cart import pricing
from app.cart.events import CouponAdded, Event
from app.cart.policy import Facts, Policy
from app.cart.state import Cart, Pane
from app.errors import Refusal
from app.money import Money
from app.promotions.domain import Coupon, Reduction, check, code_key, reduction
from app.promotions.errors import CouponAlreadyThere, UnknownCode


def add(cart: Cart, code: str, coupon: Coupon | None, facts: Facts, policy: Policy, now: datetime) -> tuple[Event, ...]:
    """The code comes on, in place of another. Raises CouponAlreadyThere and what promotions' check raises."""
    if coupon is None or code_key(coupon.code) != code_key(code):
        raise UnknownCode()
    check(coupon, pricing.goods(pricing.review(cart, Pane.ACTIVE, facts, policy), cart.currency), now)
    if coupon.code == cart.coupon:
        raise CouponAlreadyThere(code=coupon.code)
    return (CouponAdded(coupon.code, cart.coupon),)


def counted(cart: Cart, coupon: Coupon | None, goods: Money, now: datetime) -> Reduction | Refusal | None:
    """What the cart's coupon takes off these goods, or why it does not count now; None without one."""
    if not cart.coupon:
        return None
    current = coupon if coupon and coupon.code == cart.coupon else None
    try:
        check(current, goods, now)
    except Refusal as refusal:
        return refusal
    assert current is not None  # noqa: S101  check has refused that
    return reduction(current, goods)
