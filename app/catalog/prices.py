"""What a variant costs in a currency, as columns for statements: nothing where it is not sold in that."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, literal

from app.catalog.models import Variant, VariantPrice


class Prices:
    """The prices in `currency`; with none, each variant's own, which is what a store's own currency needs no join for."""

    def __init__(self, currency: str | None) -> None:
        self.currency = currency
        self.price: ColumnElement[Any] = self._column(Variant.price, VariantPrice.price)
        self.compare_at: ColumnElement[Any] = self._column(Variant.compare_at_price, VariantPrice.compare_at_price)
        self.name: ColumnElement[str] = Variant.currency if currency is None else literal(currency)  # type: ignore[assignment]

    def _column(self, own: Any, further: Any) -> ColumnElement[Any]:
        return own if self.currency is None else case((Variant.currency == self.currency, own), else_=further)

    def joined(self, statement: Select[Any]) -> Select[Any]:
        """`statement` about variants, with what the columns need."""
        if self.currency is None:
            return statement
        of_variant = and_(
            VariantPrice.store_id == Variant.store_id,
            VariantPrice.variant_id == Variant.id,
            VariantPrice.currency == self.currency,
        )
        return statement.outerjoin(VariantPrice, of_variant)
