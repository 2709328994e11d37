"""A coupon as it stands for one shopper: in a statement of its own, or as a column of somebody else's."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import CustomerId
from app.promotions.domain import Coupon, Terms, code_key

# Whoever has the same address is the same person here: an account, and the guest they were before.
_SAME = """
    SELECT p.id FROM customers p WHERE p.store_id = :store AND p.email =
        (SELECT a.email FROM customers a WHERE a.store_id = :store AND a.id = {customer})"""

_COUPON = """
    (SELECT to_jsonb(facts) FROM (
        SELECT k.id, k.code, k.kind, k.basis_points, k.amounts, k.minimums, k.starts_at, k.ends_at, k.max_uses,
               k.per_customer, k.used, k.active, k.customer_id IS NOT NULL AS personal,
               (SELECT count(*) FROM coupon_redemptions u WHERE u.store_id = k.store_id AND u.coupon_id = k.id
                    AND u.given_back_at IS NULL AND u.customer_id IN ({same})) AS used_by_you,
               (SELECT k.customer_id IN ({same}) OR (o.merged_into = {customer}) IS TRUE FROM customers o
                    WHERE o.store_id = k.store_id AND o.id = k.customer_id AND {customer} IS NOT NULL) AS yours
        FROM coupons k WHERE k.store_id = :store AND k.{named}) facts)"""


def coupon_sql(named: str, customer: str) -> str:
    """A column of a statement: the coupon of the store :store that `named` ("code = …", "code_key = …") means.

    `customer` is an expression for the id of whoever asks, null for a guest.
    """
    return _COUPON.format(named=named, customer=customer, same=_SAME.format(customer=customer))


def coupon_of(document: Any) -> Coupon | None:
    """The coupon in such a column."""
    if document is None:
        return None
    return Coupon(
        id=UUID(document["id"]),
        code=document["code"],
        terms=msgspec.convert(document, Terms),  # what else is in the document is passed over
        used=document["used"],
        used_by_you=document["used_by_you"],
        personal=document["personal"],
        yours=document["yours"],
        active=document["active"],
    )


_FIND = text(f"SELECT {coupon_sql('code_key = :key', 'CAST(:customer AS uuid)')}")


def find(code: str, customer_id: CustomerId | None = None) -> Coupon | None:
    """The coupon of the current store that `code` spells, as it stands for this customer; None if there is none."""
    names = {"store": current_store_id(), "key": code_key(code), "customer": customer_id}
    return coupon_of(db.session.execute(_FIND, names).scalar_one())
