"""Writing what variants cost in other currencies than their own."""

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert

from app.catalog.drafts import FurtherPrice
from app.catalog.models import VariantPrice
from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import VariantId


def set_further_prices(wanted: list[tuple[VariantId, FurtherPrice]]) -> bool:
    """Have these prices and, where one is None, none in its currency. Returns whether any was another before."""
    if not wanted:
        return False
    store_id, table = current_store_id(), VariantPrice
    rows = db.session.execute(
        select(table.variant_id, table.currency, table.price, table.compare_at_price).where(
            table.store_id == store_id, table.variant_id.in_({variant_id for variant_id, _ in wanted})
        )
    )
    known = {(row.variant_id, row.currency): (row.price, row.compare_at_price) for row in rows}
    named = {(variant_id, one.currency): _amounts(one) for variant_id, one in wanted}
    gone = [key for key, amounts in named.items() if amounts is None and key in known]
    changed = {key: amounts for key, amounts in named.items() if amounts is not None and known.get(key) != amounts}
    if gone:
        keys = tuple_(table.variant_id, table.currency)
        db.session.execute(delete(table).where(table.store_id == store_id, keys.in_(gone)))
    if changed:
        statement = upsert(table)
        new = {"price": statement.excluded.price, "compare_at_price": statement.excluded.compare_at_price}
        db.session.execute(
            statement.on_conflict_do_update(index_elements=["store_id", "variant_id", "currency"], set_=new),
            [
                {
                    "store_id": store_id,
                    "variant_id": key[0],
                    "currency": key[1],
                    "price": price,
                    "compare_at_price": old,
                }
                for key, (price, old) in changed.items()
            ],
        )
    return bool(gone or changed)


def _amounts(further: FurtherPrice) -> tuple[int, int | None] | None:
    if further.price is None:
        return None
    return further.price.amount, further.compare_at.amount if further.compare_at else None
