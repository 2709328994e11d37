"""What the shop knows now beside a guest's cart, in one statement: the facts of its variants, and its coupon."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text

from app.cart.policy import Facts
from app.catalog.facts_query import facts_of, facts_sql, get_facts
from app.database.base import db
from app.database.tenancy import current_store_id
from app.promotions.domain import Coupon, code_key
from app.promotions.facts_query import coupon_of, coupon_sql

_GET = text(f"""
    SELECT {facts_sql("SELECT unnest(CAST(:variants AS uuid[]))", ":currency")} AS facts,
           {coupon_sql("code_key = :code_key", "CAST(NULL AS uuid)")} AS coupon""")


def get_facts_and_coupon(variant_ids: Iterable[UUID], currency: str, code: str) -> tuple[Facts, Coupon | None]:
    """The facts of these variants in a currency, and the coupon that `code` spells (none for an empty one)."""
    if not code:
        return get_facts(variant_ids, currency), None
    asked = {"variants": list(set(variant_ids)), "currency": currency, "code_key": code_key(code)}
    row = db.session.execute(_GET, {"store": current_store_id(), **asked}).one()
    return facts_of(row.facts), coupon_of(row.coupon)
