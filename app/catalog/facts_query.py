"""Facts about variants, in one statement: of their own, or as a part of somebody else's that knows which variants it means."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from app.catalog.facts import OtherVariant, VariantFacts
from app.database.statements import fetch, hot
from app.database.tenancy import current_store_id
from app.ids import ProductId, VariantId
from app.money import Money

_FACTS = """
    (SELECT coalesce(json_agg(facts), '[]') FROM (
        SELECT v.id AS variant_id, v.product_id, p.handle, p.title, p.option_names, v.options,
               coalesce(v.image, (SELECT i.source FROM product_images i
                                  WHERE i.store_id = p.store_id AND i.product_id = p.id ORDER BY i.position LIMIT 1)) AS image,
               v.sku, p.tax_class,
               coalesce(o.price, v.price) AS price, coalesce(o.currency, v.currency) AS currency,
               CASE WHEN o.price IS NULL THEN v.compare_at_price ELSE o.compare_at_price END AS compare_at_price,
               CASE WHEN s.tracked AND NOT s.oversell THEN s.available END AS available,
               p.minimum_quantity, p.maximum_quantity,
               p.status = 'published' AND v.withdrawn_at IS NULL AS sellable,
               CASE WHEN p.status = 'published' AND v.withdrawn_at IS NOT NULL THEN (
                   SELECT json_agg(json_build_object('id', w.id, 'options', w.options, 'price',
                              CASE WHEN w.currency = {currency} THEN w.price ELSE wp.price END,
                              'currency', coalesce(wp.currency, w.currency), 'sold_out', coalesce(
                                  ws.tracked AND NOT ws.oversell AND ws.available < p.minimum_quantity, false))
                          ORDER BY w.position, w.id)
                   FROM variants w
                   LEFT JOIN variant_prices wp
                          ON wp.store_id = w.store_id AND wp.variant_id = w.id AND wp.currency = {currency}
                   LEFT JOIN stock ws ON ws.store_id = w.store_id AND ws.variant_id = w.id
                   WHERE w.store_id = v.store_id AND w.product_id = v.product_id AND w.withdrawn_at IS NULL) END AS others
        FROM variants v
        JOIN products p ON p.store_id = v.store_id AND p.id = v.product_id
        LEFT JOIN variant_prices o ON o.store_id = v.store_id AND o.variant_id = v.id AND o.currency = {currency}
        LEFT JOIN stock s ON s.store_id = v.store_id AND s.variant_id = v.id
        WHERE v.store_id = :store AND v.id IN ({variants})) facts)"""


def facts_sql(variants: str, currency: str) -> str:
    """A column of a statement: the facts about the variants that the subselect `variants` names, in the store :store.

    They are priced in the `currency` of this expression; what is not sold in it, in the variant's own.
    """
    return _FACTS.format(variants=variants, currency=currency)


def facts_of(documents: Any) -> dict[VariantId, VariantFacts]:
    """The facts in such a column."""
    return {facts.variant_id: facts for facts in map(_facts, documents)}


_GET = hot(f"SELECT {facts_sql('SELECT unnest(CAST(:variants AS uuid[]))', 'CAST(:currency AS text)')} AS facts")


def get_facts(variant_ids: Iterable[UUID], currency: str) -> dict[VariantId, VariantFacts]:
    """What is known now about these variants of the current store, in one statement; unknown ones are left out.

    Priced in `currency`, or in the variant's own where it is not sold in that.
    """
    wanted = list(set(variant_ids))
    if not wanted:
        return {}
    return facts_of(fetch(_GET, {"store": current_store_id(), "variants": wanted, "currency": currency})[0].facts)


def _facts(row: dict[str, Any]) -> VariantFacts:
    currency, compare_at = row["currency"], row["compare_at_price"]
    return VariantFacts(
        variant_id=VariantId(UUID(row["variant_id"])),
        product_id=ProductId(UUID(row["product_id"])),
        handle=row["handle"],
        title=row["title"],
        option_names=tuple(row["option_names"]),
        options=tuple(row["options"]),
        image=row["image"],
        unit_price=Money(row["price"], currency),
        compare_at=None if compare_at is None else Money(compare_at, currency),
        available=row["available"],
        minimum=row["minimum_quantity"],
        maximum=row["maximum_quantity"],
        sellable=row["sellable"],
        sku=row["sku"],
        tax_class=row["tax_class"],
        others=tuple(map(_other, row["others"] or ())),
    )


def _other(row: dict[str, Any]) -> OtherVariant:
    price = None if row["price"] is None else Money(row["price"], row["currency"])
    return OtherVariant(VariantId(UUID(row["id"])), tuple(row["options"]), price, row["sold_out"])
