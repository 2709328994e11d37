"""Batches of random codes on the same terms, each good once; given out as a file, once."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import Lock, took_lock, unit_of_work
from app.ids import new_id
from app.promotions.domain import LONGEST_CODE, Source, Terms, check_terms, code_key, shown_code
from app.promotions.errors import BadCoupon, BatchGivenOut, BatchNotFound
from app.promotions.models import CouponBatchRow, CouponRow
from app.promotions.service import UNAMBIGUOUS

PAGE = 50
LAST = UUID(int=2**128 - 1)
LARGEST_BATCH = 5_000
MADE_AT_ONCE = 500
RANDOM_LENGTH = 10
LONGEST_PREFIX = 12
LONGEST_NAME = 120

BATCHES = """
    SELECT b.id, b.name, b.size, b.created_at, b.created_by, b.downloaded_at, b.downloaded_by, s.used, s.active, s.terms
    FROM coupon_batches b CROSS JOIN LATERAL (
        SELECT coalesce(sum(k.used), 0)::int AS used, coalesce(bool_or(k.active), false) AS active,
               (array_agg(to_jsonb(k)))[1] AS terms
        FROM coupons k WHERE k.store_id = b.store_id AND k.batch_id = b.id) s
    WHERE b.store_id = :store AND {which} ORDER BY b.id DESC LIMIT :limit"""
BATCH_LIST = text(BATCHES.format(which="b.id < :before"))
BATCH = text(BATCHES.format(which="b.id = :id"))
GIVE_OUT = text("""
    UPDATE coupon_batches SET downloaded_at = :now, downloaded_by = :actor
    WHERE store_id = :store AND id = :id AND downloaded_at IS NULL RETURNING id""")
CODES = text("SELECT code FROM coupons WHERE store_id = :store AND batch_id = :id ORDER BY id")
LOCK_BATCH = text("SELECT id FROM coupons WHERE store_id = :store AND batch_id = :id ORDER BY id FOR NO KEY UPDATE")
SWITCH_BATCH = text("""
    UPDATE coupons SET active = :active, version = version + 1
    WHERE store_id = :store AND batch_id = :id AND active <> :active RETURNING id""")


@dataclass(frozen=True, slots=True)
class Batch:
    """Codes made together, with what each of them gives, and who has been given them."""

    id: UUID
    name: str
    size: int
    created_at: datetime
    created_by: str
    downloaded_at: datetime | None
    downloaded_by: str
    used: int
    active: bool
    terms: Terms


@unit_of_work
def make_batch(name: str, prefix: str, size: int, terms: Terms, *, actor: str, now: datetime) -> UUID:
    """Random codes on the same terms, each good once. Raises BadCoupon."""
    once = replace(terms, max_uses=1, per_customer=1)
    check_terms(once)
    start = shown_code(prefix)
    if not name or len(name) > LONGEST_NAME:
        raise BadCoupon(field="name")
    if (prefix and not start) or len(start) > min(LONGEST_PREFIX, LONGEST_CODE - RANDOM_LENGTH):
        raise BadCoupon(field="prefix")
    if not 1 <= size <= LARGEST_BATCH:
        raise BadCoupon(field="size")
    batch_id = new_id()
    batch = {"store_id": current_store_id(), "id": batch_id, "name": name, "size": size}
    db.session.execute(insert(CouponBatchRow).values(**batch, created_at=now, created_by=actor))
    missing = size
    while missing:
        rows = [_row(start, once, batch_id, now) for _ in range(min(missing, MADE_AT_ONCE))]
        made = insert(CouponRow).values(rows).on_conflict_do_nothing().returning(CouponRow.id)
        missing -= len(db.session.execute(made).all())
    return batch_id


def list_batches(before: UUID | None = None) -> list[Batch]:
    """The newest first, a page at a time and one more if there is one."""
    names = {"store": current_store_id(), "before": before or LAST, "limit": PAGE + 1}
    return [_batch(row) for row in db.session.execute(BATCH_LIST, names)]


def get_batch(batch_id: UUID) -> Batch:
    """The batch. Raises BatchNotFound."""
    row = db.session.execute(BATCH, {"store": current_store_id(), "id": batch_id, "limit": 1}).first()
    if row is None:
        raise BatchNotFound()
    return _batch(row)


@unit_of_work
def give_out(batch_id: UUID, *, actor: str, now: datetime) -> list[str]:
    """The codes of a batch, once: whoever comes second raises BatchGivenOut."""
    names = {"store": current_store_id(), "id": batch_id}
    if not db.session.execute(GIVE_OUT, {**names, "actor": actor, "now": now}).first():
        raise BatchGivenOut()
    return list(db.session.execute(CODES, names).scalars())


@unit_of_work
def switch_batch(batch_id: UUID, *, active: bool) -> int:
    """Stop all codes of a batch, or let them hold again. How many that changed."""
    took_lock(Lock.COUPON)
    names = {"store": current_store_id(), "id": batch_id}
    db.session.execute(LOCK_BATCH, names)
    return len(db.session.execute(SWITCH_BATCH, {**names, "active": active}).all())


def _row(start: str, terms: Terms, batch_id: UUID, now: datetime) -> dict[str, Any]:
    code = start + "".join(secrets.choice(UNAMBIGUOUS) for _ in range(RANDOM_LENGTH))
    return {
        "store_id": current_store_id(),
        "id": new_id(),
        "code": code,
        "code_key": code_key(code),
        "kind": terms.kind.value,
        "basis_points": terms.basis_points,
        "amounts": dict(terms.amounts),
        "minimums": dict(terms.minimums),
        "starts_at": terms.starts_at,
        "ends_at": terms.ends_at,
        "max_uses": terms.max_uses,
        "per_customer": terms.per_customer,
        "used": 0,
        "source": Source.STAFF.value,
        "active": True,
        "created_at": now,
        "batch_id": batch_id,
    }


def _batch(row: Any) -> Batch:
    return Batch(
        id=row.id, name=row.name, size=row.size, created_at=row.created_at, created_by=row.created_by,
        downloaded_at=row.downloaded_at, downloaded_by=row.downloaded_by, used=row.used, active=row.active,
        terms=msgspec.convert(row.terms, Terms),
    )  # fmt: skip
