"""What the catalogue knows about a variant right now: the value that cart and checkout decide by. Pure."""

from dataclasses import dataclass

from app.ids import ProductId, VariantId
from app.money import Money


@dataclass(frozen=True, slots=True)
class OtherVariant:
    """What a withdrawn variant's product is still made in. `price` is None where it is not sold in the currency asked for."""

    id: VariantId
    options: tuple[dict[str, str], ...]
    price: Money | None
    sold_out: bool


@dataclass(frozen=True, slots=True)
class VariantFacts:
    """A variant as it can be bought at this moment. Texts are by locale; `available` None means: never runs out.

    A price in another currency than was asked for says that the variant is not sold in that.
    `others` are given for a withdrawn variant of a product that is still shown, and for no other.
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
    others: tuple[OtherVariant, ...] = ()

    @property
    def in_stock(self) -> bool:
        """Whether at least the smallest quantity that may be bought is there."""
        return self.available is None or self.available >= self.minimum

    @property
    def withdrawn_options(self) -> tuple[dict[str, str], ...]:
        """The names of those options whose value none of the others has; none where the options themselves have changed."""
        if any(len(options) != len(self.option_names) for options in (self.options, *(o.options for o in self.others))):
            return ()
        return tuple(
            name
            for at, name in enumerate(self.option_names)
            if all(other.options[at] != self.options[at] for other in self.others)
        )
