"""Coupons as staff look after them: listed, changed, stopped. Orders that were made with one stay as they are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, unit_of_work
from app.promotions.domain import Source, Terms, check_terms, code_key
from app.promotions.errors import BadCoupon, CouponChanged, CouponNotFound, CouponOfCampaign

PAGE = 50
LAST = UUID(int=2**128 - 1)
VIEWS: dict[str, str] = {
    "": "k.source = 'staff' AND k.batch_id IS NULL",
    "valid": """k.source = 'staff' AND k.batch_id IS NULL AND k.active AND (k.ends_at IS NULL OR k.ends_at > :now)
                AND (k.max_uses IS NULL OR k.used < k.max_uses)""",
    "over": """k.source = 'staff' AND k.batch_id IS NULL AND (NOT k.active OR k.ends_at <= :now OR k.used >= k.max_uses)""",
    "campaign": "k.source = 'campaign'",
}

# Put together from constants of this file; values travel as parameters.
_COUPON = """
    SELECT k.id, k.code, k.kind, k.basis_points, k.amounts, k.minimums, k.starts_at, k.ends_at, k.max_uses, k.per_customer,
           k.used, k.source, k.active, k.created_at, k.version, k.batch_id, k.customer_id
    FROM coupons k WHERE k.store_id = :store AND {which}"""
LIST = {
    view: text(
        _COUPON.format(which=f"{which} AND k.id < :before AND (:key = '' OR k.code_key = :key)")
        + " ORDER BY k.id DESC LIMIT :limit"
    )
    for view, which in VIEWS.items()
}
ONE = text(_COUPON.format(which="k.id = :id"))
BY_KEY = text(_COUPON.format(which="k.code_key = :key"))
LOCKED = text(_COUPON.format(which="k.id = :id") + " FOR NO KEY UPDATE")

CHANGE = text("""
    UPDATE coupons SET kind = :kind, basis_points = :basis_points, amounts = CAST(:amounts AS jsonb),
        minimums = CAST(:minimums AS jsonb), starts_at = :starts_at, ends_at = :ends_at, max_uses = :max_uses,
        per_customer = :per_customer, version = version + 1
    WHERE store_id = :store AND id = :id""")
SWITCH = text("""
    UPDATE coupons SET active = :active, version = version + 1 WHERE store_id = :store AND id = :id AND active <> :active
    RETURNING id""")

USES = text("""
    SELECT u.order_id, o.number, u.redeemed_at, u.given_back_at FROM coupon_redemptions u
    LEFT JOIN orders o ON o.store_id = u.store_id AND o.id = u.order_id
    WHERE u.store_id = :store AND u.coupon_id = :id ORDER BY u.redeemed_at DESC LIMIT :limit""")


@dataclass(frozen=True, slots=True)
class StaffCoupon:
    """A coupon with how often it was used. `version` is what an editor has seen of it."""

    id: UUID
    code: str
    terms: Terms
    used: int
    source: Source
    active: bool
    created_at: datetime
    version: int
    batch_id: UUID | None
    customer_id: UUID | None

    def over(self, now: datetime) -> bool:
        """Whether nobody can use it any more, as it stands."""
        used_up = self.terms.max_uses is not None and self.used >= self.terms.max_uses
        return not self.active or used_up or (self.terms.ends_at is not None and now >= self.terms.ends_at)


@dataclass(frozen=True, slots=True)
class Use:
    """A use of a coupon by an order; `number` None while it is not placed."""

    order_id: UUID
    number: int | None
    redeemed_at: datetime
    given_back_at: datetime | None


def list_coupons(*, view: str = "", typed: str = "", before: UUID | None = None, now: datetime) -> list[StaffCoupon]:
    """The newest first, a page at a time and one more if there is one; those of a code alone, whatever their view, if one is typed."""
    names: dict[str, Any] = {"store": current_store_id(), "limit": PAGE + 1, "now": now}
    if typed:
        rows = db.session.execute(BY_KEY, {"store": names["store"], "key": code_key(typed)})
    else:
        rows = db.session.execute(LIST[view], {**names, "before": before or LAST, "key": ""})
    return [_coupon(row) for row in rows]


def get_coupon(coupon_id: UUID) -> StaffCoupon:
    """The coupon. Raises CouponNotFound."""
    row = db.session.execute(ONE, {"store": current_store_id(), "id": coupon_id}).first()
    if row is None:
        raise CouponNotFound()
    return _coupon(row)


def list_uses(coupon_id: UUID) -> list[Use]:
    """The newest uses."""
    names = {"store": current_store_id(), "id": coupon_id, "limit": PAGE}
    return [
        Use(row.order_id, row.number, row.redeemed_at, row.given_back_at) for row in db.session.execute(USES, names)
    ]


@unit_of_work
def change(coupon_id: UUID, terms: Terms, *, seen: int) -> Terms:
    """Have the coupon hold on other terms from now on. Returns how it was.

    Raises BadCoupon, CouponNotFound, CouponOfCampaign (those of a campaign or a batch are stopped, not changed), and
    CouponChanged when it is not at version `seen` any more.
    """
    check_terms(terms)
    before = _locked(coupon_id)
    if before.source is not Source.STAFF or before.batch_id is not None:
        raise CouponOfCampaign()
    if before.version != seen:
        raise CouponChanged()
    if terms.max_uses is not None and terms.max_uses < before.used:
        raise BadCoupon(field="used_more")
    if terms == before.terms:
        return before.terms
    written = msgspec.to_builtins(terms)
    for name in ("amounts", "minimums"):
        written[name] = msgspec.json.encode(written[name]).decode()
    moments = {"starts_at": terms.starts_at, "ends_at": terms.ends_at}
    db.session.execute(CHANGE, {"store": current_store_id(), "id": coupon_id, **written, **moments})
    return before.terms


@unit_of_work
def switch(coupon_id: UUID, *, active: bool) -> bool:
    """Stop a coupon, or let it hold again. Carts that have a stopped one say so. Returns whether that changed anything."""
    _locked(coupon_id)
    names = {"store": current_store_id(), "id": coupon_id, "active": active}
    return db.session.execute(SWITCH, names).first() is not None


def _locked(coupon_id: UUID) -> StaffCoupon:
    took_lock(Lock.COUPON)
    row = db.session.execute(LOCKED, {"store": current_store_id(), "id": coupon_id}).first()
    if row is None:
        raise CouponNotFound()
    return _coupon(row)


def _coupon(row: Any) -> StaffCoupon:
    found = row._mapping
    return StaffCoupon(
        id=row.id, code=row.code, terms=msgspec.convert(dict(found), Terms), used=row.used, source=Source(row.source),
        active=row.active, created_at=row.created_at, version=row.version, batch_id=row.batch_id,
        customer_id=row.customer_id,
    )  # fmt: skip
