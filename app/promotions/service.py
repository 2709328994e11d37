"""Making coupons and using them. A use is counted behind the coupon's lock, so that none is used more often than it may be."""

import secrets
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from flask import current_app
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from app import tokens
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, unit_of_work
from app.ids import CustomerId, new_id
from app.money import Money
from app.promotions import facts_query
from app.promotions.domain import Reduction, Source, Terms, check, check_terms, code_key, reduction, shown_code
from app.promotions.errors import BadCoupon, CodeTaken, UnknownCode
from app.promotions.models import CouponRow

UNAMBIGUOUS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0 and O, no 1 and I: 5 bits a letter
PERSONAL_LENGTH = 10
ATTEMPTS = 5

# With the coupon of the order that is given up for this one, if there is one: two coupons are locked by id.
LOCK = text("""
    SELECT id FROM coupons WHERE store_id = :store AND (code_key = :key OR id = ANY(ARRAY(
        SELECT coupon_id FROM coupon_redemptions WHERE store_id = :store AND order_id = :instead_of AND n IS NOT NULL)))
    ORDER BY id FOR NO KEY UPDATE""")

# A statement of its own after the lock, so that it sees what the lock waited for.
USES = text("""
    SELECT order_id, n FROM coupon_redemptions WHERE store_id = :store AND coupon_id = :coupon
        AND (order_id = :order OR customer_key = :customer_key) AND n IS NOT NULL""")

COUNT = text("""
    WITH counted AS (UPDATE coupons SET used = used + 1 WHERE store_id = :store AND id = :coupon)
    INSERT INTO coupon_redemptions (store_id, coupon_id, order_id, customer_id, customer_key, n, per_customer, redeemed_at)
    VALUES (:store, :coupon, :order, :customer, :customer_key, :n, :per_customer, :now)
    ON CONFLICT (store_id, coupon_id, order_id) DO UPDATE SET customer_id = excluded.customer_id,
        customer_key = excluded.customer_key, n = excluded.n, per_customer = excluded.per_customer,
        redeemed_at = excluded.redeemed_at, given_back_at = NULL""")

USED_BY = text("""
    SELECT coupon_id FROM coupon_redemptions WHERE store_id = :store AND order_id = :order AND n IS NOT NULL""")

LOCK_MANY = text("SELECT id FROM coupons WHERE store_id = :store AND id = ANY(:coupons) ORDER BY id FOR NO KEY UPDATE")

GIVE_BACK = text("""
    WITH returned AS (UPDATE coupon_redemptions SET n = NULL, given_back_at = :now
                      WHERE store_id = :store AND order_id = :order AND n IS NOT NULL RETURNING coupon_id)
    UPDATE coupons k SET used = k.used - 1 FROM returned r WHERE k.store_id = :store AND k.id = r.coupon_id""")

find = facts_query.find


def customer_key(email: str) -> str:
    """What a shopper is counted by: a keyed hash of their normalized address, the same for a guest and an account."""
    about = f"{current_store_id()}:{email}"
    return tokens.keyed_hash(current_app.config["SECRET_KEY"], "coupon-customer", about)


@unit_of_work
def redeem(
    code: str,
    order_id: UUID,
    customer_key: str,
    goods: Money,
    now: datetime,
    *,
    customer_id: CustomerId | None = None,
    instead_of: UUID | None = None,
) -> Reduction:
    """Use a coupon for an order of these goods, once however often it is asked; what it takes off.

    `instead_of` is the order given up for this one: its use is given back first. In the caller's unit of work: after the
    cart's lock, before stock and order. Raises what domain.check raises.
    """
    took_lock(Lock.COUPON)
    names = {"store": current_store_id(), "order": order_id, "customer_key": customer_key}
    locked = db.session.execute(
        LOCK, {"store": names["store"], "key": code_key(code), "instead_of": instead_of}
    ).scalars()
    lock_held = set(locked)
    if instead_of is not None:
        db.session.execute(GIVE_BACK, {"store": names["store"], "order": instead_of, "now": now})
    coupon = facts_query.find(code, customer_id)
    if coupon is None or coupon.id not in lock_held or (coupon.personal and not coupon.yours):
        raise UnknownCode()
    uses = db.session.execute(USES, {**names, "coupon": coupon.id}).all()
    if any(use.order_id == order_id for use in uses):
        return reduction(coupon, goods)
    taken = {use.n for use in uses}
    check(replace(coupon, used_by_you=len(taken)), goods, now)
    counted = {
        "coupon": coupon.id,
        "customer": customer_id,
        "n": next(n for n in range(1, len(taken) + 2) if n not in taken),
        "per_customer": coupon.terms.per_customer,
        "now": now,
    }
    db.session.execute(COUNT, {**names, **counted})
    return reduction(coupon, goods)


@unit_of_work
def give_back(order_id: UUID, now: datetime) -> None:
    """The order was abandoned or cancelled: its coupon may be used again. Nothing the second time.

    Takes the coupon's lock, so that it comes before stock and order are locked; what turns out to be wrong after that
    rolls it back.
    """
    names = {"store": current_store_id(), "order": order_id}
    coupons = list(db.session.execute(USED_BY, names).scalars())
    if not coupons:
        return
    took_lock(Lock.COUPON)
    db.session.execute(LOCK_MANY, {"store": names["store"], "coupons": coupons})
    db.session.execute(GIVE_BACK, {**names, "now": now})


@unit_of_work
def create(code: str, terms: Terms, *, now: datetime) -> UUID:
    """A coupon by staff. Raises CodeTaken, BadCoupon."""
    made = _create(code, terms, Source.STAFF, None, now)
    if made is None:
        raise CodeTaken(code=shown_code(code))
    return made


@unit_of_work
def create_personal(customer_id: CustomerId, terms: Terms, *, now: datetime) -> str:
    """A random code for one customer, to be used once before it ends. Raises BadCoupon."""
    if terms.ends_at is None:
        raise BadCoupon(field="ends_at")
    once = replace(terms, max_uses=1, per_customer=1)
    for _ in range(ATTEMPTS):
        code = "".join(secrets.choice(UNAMBIGUOUS) for _ in range(PERSONAL_LENGTH))
        if _create(code, once, Source.CAMPAIGN, customer_id, now) is not None:
            return code
    raise CodeTaken(code="")


def _create(code: str, terms: Terms, source: Source, customer_id: CustomerId | None, now: datetime) -> UUID | None:
    """The new coupon's id, or None when its code is taken."""
    shown = shown_code(code)
    if not shown:
        raise BadCoupon(field="code")
    check_terms(terms)
    limits = {name: getattr(terms, name) for name in ("starts_at", "ends_at", "max_uses", "per_customer")}
    made: UUID | None = db.session.execute(
        insert(CouponRow)
        .values(
            store_id=current_store_id(),
            id=new_id(),
            code=shown,
            code_key=code_key(shown),
            kind=terms.kind.value,
            basis_points=terms.basis_points,
            amounts=dict(terms.amounts),
            minimums=dict(terms.minimums),
            **limits,
            used=0,
            customer_id=customer_id,
            source=source.value,
            active=True,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(CouponRow.id)
    ).scalar()
    return made
