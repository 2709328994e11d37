"""What the catalogue knows about a variant right now: the value that cart and checkout decide by. Pure."""

from dataclasses import dataclass

from app.ids import ProductId, VariantId
from app.money import Money


@dataclass(frozen=True, slots=True)
class VariantFacts:
    """A variant as it can be bought at this moment. Texts are by locale; `available` None means: never runs out.

    A price in another currency than was asked for says that the variant is not sold in that.
    """

    variant_id: VariantId
    product_id: ProductId
    handle: str
    title: dict[str, str]
    option_names: tuple[dict[str, str], ...]
    options: tuple[dict[str, str], ...]
    image: str | None
    unit_price: Money
    compare_at: Money | None
    available: int | None
    minimum: int
    maximum: int | None
    sellable: bool
    sku: str = ""
    tax_class: str = "standard"

    @property
    def in_stock(self) -> bool:
        """Whether at least the smallest quantity that may be bought is there."""
        return self.available is None or self.available >= self.minimum
